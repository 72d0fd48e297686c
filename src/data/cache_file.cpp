#include "data/cache_file.h"

#include <array>
#include <cstring>

namespace asterism::data {
namespace {

// Eight bytes of 0 and 1 for each byte of bits.
const std::array<uint64_t, 256>& spread_bits() {
  static const std::array<uint64_t, 256> table = [] {
    std::array<uint64_t, 256> out{};
    for (size_t byte = 0; byte < 256; ++byte) {
      uint8_t flags[8];
      for (size_t i = 0; i < 8; ++i) flags[i] = uint8_t((byte >> i) & 1);
      std::memcpy(&out[byte], flags, 8);
    }
    return out;
  }();
  return table;
}

}  // namespace

CacheFile::CacheFile(const std::filesystem::path& path) : where_(path.string()), first_{0} {
  const auto file = io::IpcFile::open(path);
  for (int i = 0; i < file.num_batches(); ++i) {
    batches_.push_back(file.batch(i));
    first_.push_back(first_.back() + batches_.back()->num_rows());
  }
}

void unpack_bits(const uint8_t* bits, int64_t first, int64_t n, uint8_t* out) {
  const auto& table = spread_bits();
  const int shift = int(first % 8);
  const uint8_t* from = bits + first / 8;
  int64_t i = 0;
  for (; i + 8 <= n; i += 8, ++from) {
    const uint8_t byte = shift == 0 ? *from : uint8_t((*from >> shift) | (from[1] << (8 - shift)));
    std::memcpy(out + i, &table[byte], 8);
  }
  for (; i < n; ++i) out[i] = uint8_t((bits[(first + i) / 8] >> ((first + i) % 8)) & 1);
}

std::shared_ptr<arrow::Array> fixed_lists(const std::shared_ptr<arrow::Array>& values, int64_t size) {
  return std::make_shared<arrow::FixedSizeListArray>(arrow::fixed_size_list(values->type(), int32_t(size)),
                                                     size == 0 ? 0 : values->length() / size, values);
}

}  // namespace asterism::data
