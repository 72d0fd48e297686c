// Any text as a VOTable. Only DataError may come out.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "io/votable.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    asterism::io::parse_votable({reinterpret_cast<const char*>(data), size}, "fuzz");
  } catch (const asterism::base::DataError&) {
  }
  return 0;
}
