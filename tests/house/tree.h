#pragma once
// The files of a source tree as the house checks see them, and small trees with a fault planted in them.
// Each check is a function of a Tree that returns one sentence a fault, beginning with the file; none means all is
// well.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace asterism::house {

using Faults = std::vector<std::string>;

struct Tree {
  std::filesystem::path root;
  std::vector<std::string> files;  // relative to root, sorted; without build folders, wheels and .git

  bool has(std::string_view file) const;
  std::string text(const std::string& file) const;
  std::vector<std::string> lines(const std::string& file) const;
};

Tree read_tree(const std::filesystem::path& root);

// The tree this test was built from.
const Tree& this_tree();

// A tree in a temporary folder, removed with the object.
class PlantedTree {
 public:
  PlantedTree();
  ~PlantedTree();
  PlantedTree(const PlantedTree&) = delete;
  PlantedTree& operator=(const PlantedTree&) = delete;

  PlantedTree& file(const std::string& name, const std::string& text);
  Tree tree() const { return read_tree(root_); }
  const std::filesystem::path& root() const { return root_; }

 private:
  std::filesystem::path root_;
};

// For messages of EXPECT_TRUE(faults.empty()) << listed(faults).
std::string listed(const Faults& faults);

bool starts_with(std::string_view text, std::string_view prefix);
bool ends_with(std::string_view text, std::string_view suffix);
bool contains(std::string_view text, std::string_view part);

// "src/data/surveys/sdss.cpp" -> "src", "data/surveys/sdss.cpp"; and the file name without folder and ending.
std::string first_folder(std::string_view file);
std::string after_first_folder(std::string_view file);
std::string stem(std::string_view file);

}  // namespace asterism::house
