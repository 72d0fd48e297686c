#include "data/published_id.h"

namespace asterism::data {

std::string_view cleaned_id(std::string_view text) {
  if (text.size() >= 3 && text[0] == 'b' && (text[1] == '\'' || text[1] == '"') && text.back() == text[1])
    text = text.substr(2, text.size() - 3);
  const size_t first = text.find_first_not_of(' '), last = text.find_last_not_of(' ');
  return first == std::string_view::npos ? "" : text.substr(first, last - first + 1);
}

}  // namespace asterism::data
