#include "base/resources.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <system_error>

#include "base/error.h"

namespace asterism::base {

namespace {
constexpr const char* kOverride = "ASTERISM_RESOURCES";

const char* override_folder() {
  const char* folder = std::getenv(kOverride);
  return folder != nullptr && *folder != '\0' ? folder : nullptr;
}
}  // namespace

std::filesystem::path executable_folder() {
  std::error_code error;
  const auto executable = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) {
    data_error(
        "cannot tell where the program lies (/proc/self/exe: {}); mount /proc, or set {} to the share/asterism folder",
        error.message(), kOverride);
  }
  return executable.parent_path();
}

std::filesystem::path resource_folder() {
  if (const char* folder = override_folder()) return folder;
  return executable_folder().parent_path() / "share" / "asterism";
}

std::filesystem::path resource(std::string_view name) {
  const std::filesystem::path relative{name};
  const bool climbs = std::any_of(relative.begin(), relative.end(), [](const auto& part) { return part == ".."; });
  if (name.empty() || name.find('\0') != std::string_view::npos || relative.is_absolute() || climbs) {
    user_error("resource '{}' is not a relative path inside the resource folder; write one like 'plotly.min.js'", name);
  }
  auto path = resource_folder() / relative;
  std::error_code error;
  if (std::filesystem::exists(path, error)) return path;
  data_error("no resource '{}': {} does not exist{}; {}", name, path.string(),
             error ? " or cannot be read (" + error.message() + ")" : std::string{},
             override_folder() != nullptr ? std::string("correct or unset ") + kOverride
                                          : std::string("build or install again, or set ") + kOverride);
}

}  // namespace asterism::base
