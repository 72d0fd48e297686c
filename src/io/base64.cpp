#include "io/base64.h"

#include <array>
#include <cstdint>

#include "base/error.h"

namespace asterism::io {
namespace {

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<int8_t, 256> kValues = [] {
  std::array<int8_t, 256> values{};
  for (auto& value : values) value = -1;
  for (size_t i = 0; i < kLetters.size(); ++i) values[static_cast<unsigned char>(kLetters[i])] = static_cast<int8_t>(i);
  return values;
}();

}  // namespace

std::string encode_base64(std::span<const std::byte> bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t have = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) group = group << 8 | (k < have ? static_cast<uint32_t>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; ++k) text += k <= have ? kLetters[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

std::vector<std::byte> decode_base64(std::string_view text, const std::string& source) {
  if (text.size() % 4 != 0) base::data_error("{}: base64 of {} characters is not a multiple of 4", source, text.size());
  std::vector<std::byte> bytes;
  bytes.reserve(text.size() / 4 * 3);
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  for (size_t i = 0; i < text.size(); i += 4) {
    const size_t letters = i + 4 == text.size() ? 4 - padding : 4;
    uint32_t group = 0;
    for (size_t k = 0; k < 4; ++k) {
      const int value = k < letters ? kValues[static_cast<unsigned char>(text[i + k])] : 0;
      if (value < 0) base::data_error("{}: character {} is no base64", source, i + k);
      group = group << 6 | static_cast<uint32_t>(value);
    }
    if ((group & ((1u << 8 * (4 - letters)) - 1)) != 0)
      base::data_error("{}: base64 has stray bits at its end", source);
    for (size_t k = 0; k + 1 < letters; ++k) bytes.push_back(static_cast<std::byte>(group >> (16 - 8 * k) & 255));
  }
  return bytes;
}

std::string data_uri(std::string_view type, std::span<const std::byte> bytes) {
  return fmt::format("data:{};base64,{}", type, encode_base64(bytes));
}

}  // namespace asterism::io
