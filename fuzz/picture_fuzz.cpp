// Any bytes as a picture: JPEG and PNG, with 8 and with 16 bits. Only DataError may come out.

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/error.h"
#include "io/image_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace asterism;
  const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(data), size);
  try {
    io::decode_picture(bytes, "fuzz");
  } catch (const base::DataError&) {
  }
  try {
    io::decode_png16(bytes, "fuzz");
  } catch (const base::DataError&) {
  }
  return 0;
}
