#pragma once
// The files that somebody named on the command line: files as they are, folders searched.

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"

namespace asterism::data {

// Named files, and those within named folders for which `fits` is true, sorted. UserError when one is missing or none
// is found; `what` says in words what was looked for.
template <class F>
std::vector<std::filesystem::path> input_files(const std::vector<std::filesystem::path>& inputs, F fits,
                                               const std::string& what) {
  namespace fs = std::filesystem;
  std::vector<fs::path> out;
  for (const auto& input : inputs) {
    if (fs::is_regular_file(input)) {
      out.push_back(input);
    } else if (fs::is_directory(input)) {
      for (const auto& entry : fs::recursive_directory_iterator(input)) {
        if (entry.is_regular_file() && fits(entry.path())) out.push_back(entry.path());
      }
    } else {
      base::user_error("there is no file or folder {}", input.string());
    }
  }
  if (out.empty())
    base::user_error("no {} in {}", what,
                     inputs.empty() ? "no folder at all"
                                    : inputs.front().string() + (inputs.size() > 1 ? " and the others given" : ""));
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace asterism::data
