#pragma once
// Which files a folder holds, names and bytes: says with what model a dataset was made.

#include <filesystem>
#include <string>

namespace asterism::base {

// SHA-256 over the names, below the folder, and hashes of its files, in order of the names. UserError: no such folder.
std::string sha256_folder(const std::filesystem::path& folder);

}  // namespace asterism::base
