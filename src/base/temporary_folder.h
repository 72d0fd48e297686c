#pragma once
// A folder that is gone, with all it holds, at the end of the scope.

#include <filesystem>

namespace asterism::base {

class TemporaryFolder {
 public:
  TemporaryFolder();  // under TMPDIR or /tmp; UserError when none can be made
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace asterism::base
