#include "io/lzf.h"

#include <algorithm>

namespace asterism::io {

// A control byte c below 32: c + 1 literal bytes follow. Else a copy of (c >> 5) + 2 bytes (7: plus the next byte) from
// ((c & 31) << 8) + next byte + 1 bytes back, which may overlap what it writes.
std::optional<size_t> lzf_decompress(std::span<const std::byte> packed, std::span<std::byte> out) {
  size_t in = 0, at = 0;
  while (in < packed.size()) {
    const auto control = std::to_integer<size_t>(packed[in++]);
    if (control < 32) {
      const size_t run = control + 1;
      if (packed.size() - in < run || out.size() - at < run) return std::nullopt;
      std::copy_n(packed.begin() + std::ptrdiff_t(in), run, out.begin() + std::ptrdiff_t(at));
      in += run;
      at += run;
      continue;
    }
    size_t length = (control >> 5) + 2;
    if (length == 9) {
      if (in >= packed.size()) return std::nullopt;
      length += std::to_integer<size_t>(packed[in++]);
    }
    if (in >= packed.size()) return std::nullopt;
    const size_t back = ((control & 31) << 8) + std::to_integer<size_t>(packed[in++]) + 1;
    if (back > at || out.size() - at < length) return std::nullopt;
    for (size_t i = 0; i < length; ++i, ++at) out[at] = out[at - back];
  }
  return at;
}

}  // namespace asterism::io
