#include "similar/index_check.h"

#include "base/crc32c.h"
#include "base/error.h"
#include "base/log.h"
#include "base/mapped_file.h"
#include "io/json.h"
#include "similar/object_index.h"

namespace asterism::similar {

uint32_t objects_checksum(const std::filesystem::path& folder) {
  const base::MappedFile file(folder / kObjectsFile);
  return base::crc32c(file.data(), file.size());
}

bool check_objects(const std::filesystem::path& folder) {
  const auto file = folder / kAboutFile;
  if (!std::filesystem::exists(file)) return false;
  const auto about = io::read_json(file);
  if (!about.is_object() || !about.contains("objects_crc32c")) return false;
  const auto& promised = about["objects_crc32c"];
  if (!promised.is_number_unsigned())
    base::data_error("{}: 'objects_crc32c' is no number; the file is damaged, make the index again.", file.string());
  const auto found = objects_checksum(folder);
  if (found != promised.get<uint64_t>())
    base::data_error("{}: CRC-32C {:08x}, {} promises {:08x}; the file is damaged, make the index again.",
                     (folder / kObjectsFile).string(), found, kAboutFile, promised.get<uint64_t>());
  return true;
}

uint64_t check_object_index(const std::filesystem::path& folder) {
  const auto index = ObjectIndex::open(folder);
  index.vectors().check();
  if (!check_objects(folder))
    base::log_warning("{}: made by an earlier version, without a checksum: its table is read, but not compared",
                      folder.string());
  return index.vectors().size();
}

}  // namespace asterism::similar
