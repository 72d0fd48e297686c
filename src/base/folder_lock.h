#pragma once
// One process at a time in a folder.
//
//   const base::FolderLock lock(run);  // UserError while another process is at work there
//
// An exclusive flock() on the file `.lock` in it, which tells who holds it. The system lets go of it when the process
// ends, however it ends: what a killed one leaves hinders nobody.

#include <filesystem>

namespace asterism::base {

class FolderLock {
 public:
  // The folder must exist. UserError naming the process that holds it, or where the file cannot be made. A filesystem
  // without locks is a warning.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  std::filesystem::path file_;
  int descriptor_ = -1;
};

}  // namespace asterism::base
