#include "base/folder_hash.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/sha256.h"

namespace asterism::base {

namespace fs = std::filesystem;

std::string sha256_folder(const fs::path& folder) {
  if (!fs::is_directory(folder)) user_error("{}: no such folder", folder.string());
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) names.push_back(entry.path().lexically_relative(folder).generic_string());
  std::sort(names.begin(), names.end());
  Sha256 hash;
  for (const auto& name : names) hash.update(name + " " + sha256_file(folder / name) + "\n");
  return hash.hex();
}

}  // namespace asterism::base
