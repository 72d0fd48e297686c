#include "tests/house/mirrors.h"

#include <regex>

namespace asterism::house {

namespace {

// "data/surveys/sdss.cpp" -> "tests/data/surveys/sdss_test.cpp"
std::string test_of(const std::string& below_src) {
  return "tests/" + below_src.substr(0, below_src.rfind('.')) + "_test.cpp";
}

bool is_interface(const std::string& header) {
  return std::regex_search(header, std::regex(R"re(\)[^;{}]*=\s*0\s*;)re"));
}

std::vector<std::string> matches(const std::string& text, const char* pattern) {
  const std::regex regex(pattern);
  std::vector<std::string> out;
  for (auto it = std::sregex_iterator(text.begin(), text.end(), regex); it != std::sregex_iterator(); ++it)
    out.push_back((*it)[1]);
  return out;
}

}  // namespace

Faults mirror_faults(const Tree& tree) {
  Faults faults;
  for (const auto& file : tree.files) {
    if (!starts_with(file, "src/") || !ends_with(file, ".cpp") || stem(file) == "all") continue;
    const auto test = test_of(after_first_folder(file));
    if (!tree.has(test)) faults.push_back(file + ": has no test " + test);
  }
  return faults;
}

Faults table_faults(const Tree& tree) {
  Faults faults;
  for (const auto& file : tree.files) {
    if (!starts_with(file, "src/") || !ends_with(file, "/all.cpp")) continue;
    const std::string text = tree.text(file), floor = first_folder(after_first_folder(file));
    for (const auto& header : matches(text, R"re(#include "([^"]+)")re")) {
      if (first_folder(header) != floor || stem(header) == "all" || is_interface(tree.text("src/" + header))) continue;
      if (!tree.has(test_of(header))) faults.push_back(file + ": " + header + " has no test " + test_of(header));
    }
    for (const auto& name : matches(text, R"re(\{\s*"([^"]*)"\s*,[^{}]*,\s*""\s*\})re"))
      faults.push_back(file + ": entry '" + name + "' has no sentence");
  }
  return faults;
}

}  // namespace asterism::house
