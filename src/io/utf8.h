#pragma once
// Text from files: is it UTF-8?

#include <cstdint>
#include <string>
#include <string_view>

namespace asterism::io {

// True for well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF). ASCII is UTF-8.
bool is_utf8(std::string_view text);

// The text with every byte that is not part of well-formed UTF-8 replaced by U+FFFD.
std::string repaired_utf8(std::string_view text);

// Appends one character. A code that is none (a surrogate, above U+10FFFF) gives bytes that is_utf8 refuses.
void append_utf8(uint32_t code, std::string& text);

}  // namespace asterism::io
