#pragma once
// The JSON header of a safetensors file, read as a stream: what does not belong there is refused where it stands, so
// that a hostile header of 100 MB builds nothing.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace asterism::io {

inline constexpr uint64_t kMaxSafetensorsHeader = 100'000'000;  // as the format's own library
inline constexpr std::string_view kMetadataKey = "__metadata__";

// One tensor as the header has it; nothing is checked against the data yet.
struct HeaderEntry {
  std::string name, dtype;
  std::vector<uint64_t> shape;
  uint64_t begin = 0, end = 0;  // data_offsets
};

struct HeaderEntries {
  std::vector<HeaderEntry> tensors;  // in the order of the header
  std::map<std::string, std::string> metadata;
};

// DataError naming `source`, tensor and byte: bad syntax or UTF-8, unknown or repeated keys, values of another type.
HeaderEntries parse_safetensors_header(std::string_view text, const std::string& source);

}  // namespace asterism::io
