#include "io/rice.h"

#include <algorithm>
#include <bit>

namespace asterism::io {
namespace {

class BitReader {
 public:
  BitReader(std::span<const std::byte> bytes, size_t first_byte) : bytes_(bytes), at_(first_byte * 8) {}
  size_t left() const { return bytes_.size() * 8 - at_; }
  size_t bytes_read() const { return (at_ + 7) / 8; }
  void skip(size_t bits) { at_ += bits; }  // no more than are left

  unsigned take(unsigned bits) {  // no more than are left
    unsigned value = 0;
    for (unsigned i = 0; i < bits; ++i, ++at_) {
      value = value << 1 | (std::to_integer<unsigned>(bytes_[at_ / 8]) >> (7 - at_ % 8) & 1u);
    }
    return value;
  }

  // Steps over zeros and the one that ends them. False where none comes.
  bool skip_unary() {
    while (at_ < bytes_.size() * 8) {
      const auto rest = static_cast<uint8_t>(std::to_integer<unsigned>(bytes_[at_ / 8]) << (at_ % 8));
      if (rest != 0) {
        at_ += static_cast<size_t>(std::countl_zero(rest)) + 1;
        return true;
      }
      at_ = (at_ / 8 + 1) * 8;
    }
    return false;
  }

 private:
  std::span<const std::byte> bytes_;
  size_t at_;  // in bits
};

}  // namespace

std::optional<size_t> rice_bytes(std::span<const std::byte> stream, int64_t pixels, int block, int pixel_bytes) {
  const unsigned selector_bits = pixel_bytes == 1 ? 3 : pixel_bytes == 2 ? 4 : 5;
  const unsigned uncoded = pixel_bytes == 1 ? 6 : pixel_bytes == 2 ? 14 : 25;  // as the selector's number less one
  const auto first = static_cast<size_t>(pixel_bytes);  // the first pixel stands in front, as it is
  if (block < 1 || pixels < 0 || stream.size() < first) return std::nullopt;
  BitReader bits(stream, first);
  for (int64_t at = 0; at < pixels; at += block) {
    const auto count = static_cast<size_t>(std::min<int64_t>(block, pixels - at));
    if (bits.left() < selector_bits) return std::nullopt;
    const unsigned selector = bits.take(selector_bits);
    if (selector == 0) continue;  // all differences are zero
    const unsigned low_bits = selector - 1;
    if (low_bits > uncoded) return std::nullopt;
    if (low_bits == uncoded) {
      if (bits.left() < count * first * 8) return std::nullopt;
      bits.skip(count * first * 8);
      continue;
    }
    for (size_t i = 0; i < count; ++i) {
      if (!bits.skip_unary() || bits.left() < low_bits) return std::nullopt;
      bits.skip(low_bits);
    }
  }
  return bits.bytes_read();
}

}  // namespace asterism::io
