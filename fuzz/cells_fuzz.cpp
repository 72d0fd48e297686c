// Any text as an ECSV file, a list of numbers in a cell, a unit and a position. Only DataError may come out.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "astro/sexagesimal.h"
#include "astro/units.h"
#include "base/error.h"
#include "data/surveys/number_list.h"
#include "io/ecsv.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace asterism;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    io::parse_ecsv(text, "fuzz");
  } catch (const base::DataError&) {
  }
  try {
    data::parse_number_list(text, "fuzz");
  } catch (const base::DataError&) {
  }
  try {
    astro::parse_unit(text);
  } catch (const base::DataError&) {
  }
  astro::parse_sexagesimal(text);
  return 0;
}
