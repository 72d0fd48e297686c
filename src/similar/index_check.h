#pragma once
// Whether an index's folder is as it was written.

#include <cstdint>
#include <filesystem>
#include <optional>

namespace asterism::similar {

inline constexpr const char *kVectorsFile = "vectors.index", *kObjectsFile = "objects.parquet",
                            *kAboutFile = "about.json";

// CRC-32C of the table of objects in the folder: about.json keeps it.
uint32_t objects_checksum(const std::filesystem::path& folder);

// Compares the table of objects with its checksum. DataError where it differs; false where an earlier version wrote
// none.
bool check_objects(const std::filesystem::path& folder);

// Reads everything and compares it with its checksums. DataError naming the file and where it differs; a table without
// a checksum is a warning. Returns the number of rows.
uint64_t check_object_index(const std::filesystem::path& folder);

}  // namespace asterism::similar
