#include "io/utf8.h"

#include <cstdint>

namespace asterism::io {
namespace {

// The length of the well-formed character at the front of `text`, 0 when there is none.
size_t character_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xc2 && first < 0xe0   ? 2
                        : first >= 0xe0 && first < 0xf0 ? 3
                        : first >= 0xf0 && first < 0xf5 ? 4
                                                        : 0;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xbf) return 0;
  }
  const uint8_t second = byte(1);
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool surrogate = first == 0xed && second > 0x9f;
  const bool too_large = first == 0xf4 && second > 0x8f;
  return overlong || surrogate || too_large ? 0 : length;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = character_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string repaired_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t length = character_length(text);
    out += length == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

void append_utf8(uint32_t code, std::string& text) {
  if (code < 0x80) {
    text += char(code);
  } else if (code < 0x800) {
    text += {char(0xC0 | (code >> 6)), char(0x80 | (code & 63))};
  } else if (code < 0x10000) {
    text += {char(0xE0 | (code >> 12)), char(0x80 | ((code >> 6) & 63)), char(0x80 | (code & 63))};
  } else if (code < 0x110000) {
    text += {char(0xF0 | (code >> 18)), char(0x80 | ((code >> 12) & 63)), char(0x80 | ((code >> 6) & 63)),
             char(0x80 | (code & 63))};
  } else {
    text += char(0xFF);
  }
}

}  // namespace asterism::io
