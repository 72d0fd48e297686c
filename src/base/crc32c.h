#pragma once
// CRC-32C (Castagnoli), as in iSCSI, ext4, LevelDB and TensorBoard's record files: finds flipped bits in blocks of a
// file.

#include <cstddef>
#include <cstdint>

namespace asterism::base {

// The checksum of `bytes` bytes; `before` is that of what came before them, so parts can be chained. The processor's
// instruction where there is one (several GB/s), a table elsewhere.
uint32_t crc32c(const void* data, std::size_t bytes, uint32_t before = 0);

namespace detail {
uint32_t crc32c_by_table(const void* data, std::size_t bytes, uint32_t before);
}

}  // namespace asterism::base
