#include "tests/house/floors.h"

#include <algorithm>
#include <map>
#include <optional>
#include <regex>
#include <sstream>

namespace asterism::house {

namespace {

constexpr size_t kReadmeLines = 15;

struct Include {
  bool quoted = false;
  std::string path;
};

std::optional<Include> include_of(const std::string& line) {
  static const std::regex pattern(R"re(^\s*#\s*include\s*([<"])([^">]+)[">])re");
  std::smatch match;
  if (!std::regex_search(line, match, pattern)) return std::nullopt;
  Include include;
  include.quoted = match[1] == "\"";
  include.path = match[2];
  return include;
}

bool is_torch(const std::string& path) {
  for (const char* prefix : {"ATen/", "torch/", "c10/", "caffe2/"})
    if (starts_with(path, prefix)) return true;
  return false;
}

bool is_cpp(const std::string& file) { return ends_with(file, ".h") || ends_with(file, ".cpp"); }

// Empty where a file of `floor` (nullptr: an app, which may include all) may include this.
std::string fault_of(const Include& include, const Floor* floor, bool torch_allowed,
                     const std::map<std::string, Floor>& floors) {
  if (include.path == "torch/torch.h") return "torch/torch.h is never included: <ATen/ATen.h> or narrower";
  if (is_torch(include.path) && !torch_allowed) return "libtorch (" + include.path + ") below the line of LAYERS";
  if (!include.quoted) return {};
  const std::string target = first_folder(include.path);
  if (floor == nullptr && target == "apps") return {};
  const auto found = floors.find(target);
  if (found == floors.end())
    return "\"" + include.path + "\" is on no floor; write \"floor/file.h\", or <...> for others";
  if (found->second.has_torch && !torch_allowed) return "\"" + include.path + "\" is above the line of LAYERS";
  if (floor == nullptr || target == floor->name || floor->below.count(target) > 0) return {};
  return "floor " + floor->name + " may not include floor " + target + " (LAYERS)";
}

}  // namespace

std::vector<Floor> read_floors(const Tree& tree) {
  std::vector<Floor> floors;
  bool torch = false;
  for (const auto& line : tree.lines("LAYERS")) {
    if (starts_with(line, "---")) torch = true;
    const auto colon = line.find(':');
    if (starts_with(line, "#") || starts_with(line, "---") || colon == std::string::npos) continue;
    Floor floor;
    floor.name = line.substr(0, colon);
    floor.has_torch = torch;
    std::istringstream below(line.substr(colon + 1));
    for (std::string word; below >> word;) floor.below.insert(word);
    floors.push_back(floor);
  }
  return floors;
}

Faults floor_faults(const Tree& tree) {
  Faults faults;
  std::map<std::string, Floor> floors;
  for (const auto& floor : read_floors(tree)) {
    for (const auto& below : floor.below)
      if (floors.count(below) == 0)
        faults.push_back("LAYERS: " + floor.name + " names " + below + ", which is not below it");
    floors[floor.name] = floor;
  }
  for (const auto& file : tree.files) {
    const bool in_src = starts_with(file, "src/"), in_apps = starts_with(file, "apps/");
    if (!in_src && !in_apps) continue;
    const auto found = floors.find(first_folder(after_first_folder(file)));
    if (in_src && found == floors.end()) {
      faults.push_back(file + ": lies on no floor of LAYERS");
      continue;
    }
    if (!is_cpp(file)) continue;
    const Floor* floor = in_src ? &found->second : nullptr;
    const bool torch = in_src ? floor->has_torch : starts_with(file, "apps/model/");
    const auto lines = tree.lines(file);
    for (size_t i = 0; i < lines.size(); ++i) {
      const auto include = include_of(lines[i]);
      const auto fault = include ? fault_of(*include, floor, torch, floors) : std::string{};
      if (!fault.empty()) faults.push_back(file + ":" + std::to_string(i + 1) + ": " + fault);
    }
  }
  return faults;
}

Faults readme_faults(const Tree& tree) {
  Faults faults;
  for (const auto& floor : read_floors(tree)) {
    const std::string readme = "src/" + floor.name + "/README.md";
    if (!tree.has(readme)) {
      faults.push_back(readme + ": missing; every floor says what it is for and where to start");
    } else if (const auto n = tree.lines(readme).size(); n > kReadmeLines) {
      faults.push_back(readme + ": " + std::to_string(n) + " lines, at most " + std::to_string(kReadmeLines));
    }
  }
  return faults;
}

}  // namespace asterism::house
