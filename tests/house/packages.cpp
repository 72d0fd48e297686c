#include "tests/house/packages.h"

#include <map>
#include <set>
#include <sstream>

#include "tests/house/shell.h"

namespace asterism::house {
namespace {

std::set<std::string> base_packages(const Tree& tree) {
  const auto text = tree.text("run");
  const std::string opening = "base_packages=(";
  const auto begin = text.find(opening);
  if (begin == std::string::npos) return {};
  std::istringstream words(text.substr(begin + opening.size(), text.find(')', begin) - begin - opening.size()));
  std::set<std::string> out;
  for (std::string word; words >> word;) out.insert(word);
  return out;
}

// "/usr/include/x.h" -> the first file that includes it.
std::map<std::string, std::string> system_headers(const Tree& tree) {
  const std::string opening = "#include <";
  std::map<std::string, std::string> out;
  for (const auto& file : tree.files) {
    if (!ends_with(file, ".cpp") && !ends_with(file, ".h")) continue;
    if (first_folder(file) == "bench") continue;
    for (const auto& line : tree.lines(file)) {
      if (!starts_with(line, opening)) continue;
      const auto header = "/usr/include/" + line.substr(opening.size(), line.find('>') - opening.size());
      if (std::filesystem::is_regular_file(header)) out.emplace(header, file);
    }
  }
  return out;
}

}  // namespace

Faults package_faults(const Tree& tree) {
  if (shell("command -v dpkg-query").exit_code != 0) return {};
  const auto installed = base_packages(tree);
  Faults faults;
  for (const auto& [header, file] : system_headers(tree)) {
    const auto found =
        shell("dpkg-query -S " + quoted(header) + " 2>/dev/null");  // "libpng-dev:amd64: /usr/include/png.h"
    const auto package = found.output.substr(0, found.output.find(':'));
    if (found.exit_code != 0 || package == "libc6-dev" || package == "linux-libc-dev") continue;
    if (!installed.contains(package))
      faults.push_back(file + " includes " + header + " of " + package + ", which base_packages in run lacks");
  }
  return faults;
}

}  // namespace asterism::house
