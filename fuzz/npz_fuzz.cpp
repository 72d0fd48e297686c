// Any bytes as a NumPy archive and as one array. Only DataError may come out.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/error.h"
#include "io/npz.h"

namespace {

void read_everything(const asterism::io::NpyArray& array) {
  using asterism::base::DataError;
  for (const auto& field : array.fields) {
    try {
      array.values<double>(field.name);
    } catch (const DataError&) {
    }
    try {
      array.values<int32_t>(field.name);
    } catch (const DataError&) {
    }
    try {
      array.texts(field.name);
    } catch (const DataError&) {
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace asterism;
  std::vector<std::byte> bytes(size);
  if (size > 0) std::memcpy(bytes.data(), data, size);
  try {
    read_everything(io::parse_npy(bytes, "fuzz"));
  } catch (const base::DataError&) {
  }
  try {
    const auto file = io::NpzFile::from_bytes(std::move(bytes), "fuzz", 1 << 24);
    for (const auto& name : file.names()) {
      try {
        read_everything(file.read(name));
      } catch (const base::DataError&) {
      }
    }
  } catch (const base::DataError&) {
  }
  return 0;
}
