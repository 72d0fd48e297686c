#include "tests/house/tree.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "tests/where.h"

namespace asterism::house {

namespace fs = std::filesystem;

namespace {
bool is_ours(const fs::path& relative) {
  const std::string top = relative.begin()->string();
  if (top == ".git" || top == "out" || starts_with(top, "build") || starts_with(top, ".deps")) return false;
  return relative.filename() != "__pycache__";
}
}  // namespace

bool Tree::has(std::string_view file) const { return std::binary_search(files.begin(), files.end(), file); }

std::string Tree::text(const std::string& file) const {
  std::ifstream in(root / file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> Tree::lines(const std::string& file) const {
  std::ifstream in(root / file);
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

Tree read_tree(const fs::path& root) {
  Tree tree{root, {}};
  for (auto entry = fs::recursive_directory_iterator(root); entry != fs::recursive_directory_iterator(); ++entry) {
    const auto relative = entry->path().lexically_relative(root);
    if (!is_ours(relative)) {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file()) {
      tree.files.push_back(relative.generic_string());
    }
  }
  std::sort(tree.files.begin(), tree.files.end());
  return tree;
}

const Tree& this_tree() {
  static const Tree tree = read_tree(asterism::tests::kSourceFolder);
  return tree;
}

PlantedTree::PlantedTree() {
  std::string name = (fs::temp_directory_path() / "asterism_house_XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder at " + name);
  root_ = name;
}

PlantedTree::~PlantedTree() {
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

PlantedTree& PlantedTree::file(const std::string& name, const std::string& text) {
  fs::create_directories((root_ / name).parent_path());
  std::ofstream(root_ / name, std::ios::binary) << text;
  return *this;
}

std::string listed(const Faults& faults) {
  std::string out = std::to_string(faults.size()) + " faults:\n";
  for (const auto& fault : faults) out += "  " + fault + "\n";
  return out;
}

bool starts_with(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }
bool ends_with(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}
bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string first_folder(std::string_view file) {
  const auto slash = file.find('/');
  return slash == std::string_view::npos ? std::string{} : std::string(file.substr(0, slash));
}

std::string after_first_folder(std::string_view file) {
  const auto slash = file.find('/');
  return std::string(slash == std::string_view::npos ? file : file.substr(slash + 1));
}

std::string stem(std::string_view file) {
  const auto slash = file.rfind('/');
  if (slash != std::string_view::npos) file.remove_prefix(slash + 1);
  return std::string(file.substr(0, file.find('.', 1)));
}

}  // namespace asterism::house
