#include "base/apart.h"

#include <algorithm>
#include <string>

#include "base/error.h"

namespace asterism::base {
namespace {

namespace fs = std::filesystem;

fs::path plain(const fs::path& given) {
  std::error_code ignored;
  const auto path = fs::weakly_canonical(fs::absolute(given, ignored), ignored).lexically_normal();
  return path.has_filename() ? path : path.parent_path();  // "sky/" is "sky"
}

bool holds(const fs::path& outer, const fs::path& inner) {
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

}  // namespace

void check_apart(const fs::path& input, const fs::path& output) {
  for (const auto& path : {input, output})
    if (path.empty() || path.string().find("://") != std::string::npos) return;
  const auto in = plain(input), out = plain(output);
  if (in == out) user_error("'{}' is what is read: give another output", output.string());
  if (holds(in, out))
    user_error("'{}' lies inside '{}', which is read: give an output elsewhere", output.string(), input.string());
  if (holds(out, in))
    user_error("'{}', which is read, lies inside '{}': give another output", input.string(), output.string());
}

}  // namespace asterism::base
