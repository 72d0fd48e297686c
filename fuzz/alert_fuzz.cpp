// Any text as an alert of ZTF in JSON. Only DataError may come out.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "data/surveys/ztf_alert.h"
#include "io/json.h"
#include "modalities/image.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace asterism;
  try {
    auto alert = io::parse_json({reinterpret_cast<const char*>(data), size}, "fuzz");
    data::ztf_key(alert);
    data::ztf_points(alert);
    const auto copy = alert;
    data::merge_ztf_alert(alert, copy);
    auto block = modalities::make_images(1, {{"a", 0, 0}, {"b", 0, 0}, {"c", 0, 0}}, data::kZtfStamp, data::kZtfStamp,
                                         "counts", 1, false);
    data::read_ztf_stamps(alert, "/nowhere/fuzz.jsonl", 0, block);
  } catch (const base::DataError&) {
  }
  return 0;
}
