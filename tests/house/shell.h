#pragma once
// Runs a command in a shell, for tests of the scripts.

#include <string>

namespace asterism::house {

struct ShellResult {
  int exit_code = -1;
  std::string output;  // standard output and error together
};

ShellResult shell(const std::string& command);

// 'text' quoted so that the shell takes it as one word.
std::string quoted(const std::string& text);

}  // namespace asterism::house
