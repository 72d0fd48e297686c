#pragma once
// SHA-256 (FIPS 180-4): names for data and the published split rules. Not for secrets.

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace asterism::base {

class Sha256 {
 public:
  using Digest = std::array<uint8_t, 32>;
  Sha256& update(const void* data, std::size_t bytes);
  Sha256& update(std::string_view text) { return update(text.data(), text.size()); }
  Digest digest();    // ends the message; make a new Sha256 for the next one
  std::string hex();  // the same as 64 lower-case digits

 private:
  void block(const uint8_t* data);
  std::array<uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<uint8_t, 64> buffer_{};
  uint64_t length_ = 0;
};

std::string sha256_hex(std::string_view text);
std::string sha256_file(const std::filesystem::path& path);  // hex; UserError when it cannot be read

}  // namespace asterism::base
