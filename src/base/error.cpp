#include "base/error.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace asterism::base {

void fail_check(const char* file, int line, const char* expression, const std::string& message) {
  std::string_view place = file;
  if (auto at = place.rfind("src/"); at != std::string_view::npos) place.remove_prefix(at);
  throw CheckError(fmt::format("{}:{}: check '{}' failed{}{}. This is a defect of asterism; please report it.", place,
                               line, expression, message.empty() ? "" : ": ", message));
}

namespace {

constexpr size_t kBegun = 3;  // letters from which on a word may be the beginning of a name

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& choices) {
  // A name that was begun, or went on too long, is as near as one letter.
  const auto rank = [&](const std::string& choice) {
    const size_t distance = edit_distance(word, choice);
    const bool begun =
        (word.size() >= kBegun && choice.starts_with(word)) || (choice.size() >= kBegun && word.starts_with(choice));
    return std::pair(begun ? std::min<size_t>(distance, 1) : distance, distance);
  };
  const auto best =
      std::min_element(choices.begin(), choices.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return best == choices.end() ? std::string{} : *best;
}

std::string quoted_list(const std::vector<std::string>& words) {
  std::string out;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " and " : ", ";
    out += "'" + words[i] + "'";
  }
  return out;
}

}  // namespace asterism::base
