#pragma once
// LZF, the fast compression of Marc Lehmann that h5py offers as an HDF5 filter: literal runs and back references.

#include <cstddef>
#include <optional>
#include <span>

namespace asterism::io {

// Decompresses into `out`; the number of bytes written. Nothing where the data are damaged or `out` is too small.
std::optional<size_t> lzf_decompress(std::span<const std::byte> packed, std::span<std::byte> out);

}  // namespace asterism::io
