// Any bytes as an Avro file, and its records as alerts. Only DataError may come out.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/error.h"
#include "data/surveys/ztf_alert.h"
#include "io/avro.h"
#include "modalities/image.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace asterism;
  std::vector<std::byte> bytes(size);
  if (size > 0) std::memcpy(bytes.data(), data, size);
  try {
    auto file = io::AvroFile::from_bytes(std::move(bytes), "fuzz", 1 << 22);
    for (int i = 0; i < 8; ++i) {
      const auto record = file.next();
      if (!record) break;
      try {
        data::ztf_key(*record);
        data::ztf_points(*record);
        auto block = modalities::make_images(1, {{"a", 0, 0}, {"b", 0, 0}, {"c", 0, 0}}, data::kZtfStamp,
                                             data::kZtfStamp, "counts", 1, false);
        data::read_ztf_stamps(*record, "/nowhere/fuzz.avro", 0, block);
        modalities::check("stamps", block);
      } catch (const base::DataError&) {
      }
    }
  } catch (const base::DataError&) {
  }
  return 0;
}
