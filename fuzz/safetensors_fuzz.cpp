// Any bytes as a safetensors file: read into views that lie inside the bytes, or refused with a DataError.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "base/error.h"
#include "io/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<std::byte> bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(data[i]);
  try {
    size_t total = 0;
    for (const auto& tensor : asterism::io::read_safetensors(bytes, "fuzz").tensors) {
      if (tensor.bytes.size() > 0 &&
          (tensor.bytes.data() < bytes.data() || tensor.bytes.data() + tensor.bytes.size() > bytes.data() + size))
        std::abort();
      total += tensor.bytes.size();
    }
    if (total > size) std::abort();
  } catch (const asterism::base::DataError&) {
  }
  return 0;
}
