// LZF out of HDF5 chunks: any bytes, into rooms of several sizes. Nothing may be read or written outside.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "io/lzf.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  for (const size_t room : {size_t{0}, size_t{1}, size, size * 4, size_t{4096}}) {
    std::vector<std::byte> out(room);
    const auto written = asterism::io::lzf_decompress({reinterpret_cast<const std::byte*>(data), size}, out);
    if (written && *written > room) __builtin_trap();
  }
  return 0;
}
