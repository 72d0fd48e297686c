#include "tests/house/names.h"

#include <algorithm>
#include <array>
#include <regex>

namespace asterism::house {

namespace {

bool is_forbidden_name(const std::string& name) {
  for (const char* bad : {"utils", "common", "misc", "helpers", "core", "manager"})
    if (name == bad || name == std::string(bad) + "_test") return true;
  return false;
}

bool is_code_folder(const std::string& folder) {
  for (const char* ours : {"src", "apps", "tests", "examples", "bench", "fuzz"})
    if (folder == ours) return true;
  return false;
}

// Written in two halves, so that this file passes its own check.
constexpr std::array<const char*, 10> kWords = {
    "/wo"
    "rk/",
    "/op"
    "t/",
    "/ro"
    "ot/",
    "/ho"
    "me/",
    "py"
    "pi.org",
    "python"
    "hosted.org",
    "deb.deb"
    "ian.org",
    "snapshot.deb"
    "ian.org",
    "download.py"
    "torch.org",
    "conda.ana"
    "conda.org"};

bool is_text(const std::string& text) {
  return !contains(std::string_view(text).substr(0, 4096), std::string_view("\0", 1));
}

}  // namespace

Faults name_faults(const Tree& tree) {
  static const std::regex snake(R"re(\.?[a-z0-9]+(_[a-z0-9]+)*(\.[a-z0-9_]+)*)re");
  Faults faults;
  for (const auto& file : tree.files) {
    std::string rest = file;
    const bool code = is_code_folder(first_folder(file)) && !starts_with(file, "fuzz/corpus/");
    while (!rest.empty()) {
      const bool is_folder = contains(rest, "/");
      const std::string part = is_folder ? first_folder(rest) : rest;
      rest = is_folder ? after_first_folder(rest) : "";
      if (is_forbidden_name(stem(part))) faults.push_back(file + ": '" + part + "' says nothing; name what it holds");
      if (code && ends_with(file, ".cpp") && !std::regex_match(part, snake))
        faults.push_back(file + ": '" + part + "' is not snake_case");
    }
  }
  return faults;
}

Faults word_faults(const Tree& tree) {
  Faults faults;
  for (const auto& file : tree.files) {
    const std::string text = tree.text(file);
    if (!is_text(text)) continue;
    for (const char* word : kWords) {
      const auto at = text.find(word);
      if (at == std::string::npos) continue;
      const auto line = 1 + std::count(text.begin(), text.begin() + std::ptrdiff_t(at), '\n');
      faults.push_back(file + ":" + std::to_string(line) + ": '" + word +
                       "' belongs to one machine, not to the project");
    }
  }
  return faults;
}

Faults call_faults(const Tree& tree) {
  Faults faults;
  for (const auto& file : tree.files)
    if (is_code_folder(first_folder(file)) && contains(tree.text(file), "at::parallel_for" + std::string("(")))
      faults.push_back(file + ": at::parallel_for would use one thread; nn/in_threads.h uses all");
  return faults;
}

}  // namespace asterism::house
