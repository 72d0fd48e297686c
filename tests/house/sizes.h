#pragma once
// How long files and functions may be.

#include <string>
#include <vector>

#include "tests/house/tree.h"

namespace asterism::house {

inline constexpr size_t kFileLines = 400;
inline constexpr size_t kHeaderLines = 200;
inline constexpr size_t kFunctionLines = 60;
inline constexpr size_t kExceptions = 10;

struct Function {
  std::string head;  // its text up to the opening brace, on one line
  size_t first_line = 0, last_line = 0;
  size_t lines() const { return last_line - first_line + 1; }
};

// The functions (with bodies) of a C++ file, by its braces: good enough for code that clang-format has laid out.
// A lambda belongs to the function around it.
std::vector<Function> functions_of(const std::string& cpp);

// The same text with comments, literals and preprocessor lines blanked; lines and braces stay where they are.
std::string without_comments_and_literals(const std::string& cpp);

// Files and functions that are too long, unless tests/house/exceptions.txt names the file ("path: reason"); an
// exception without a reason, for a file that needs none, or the eleventh, is a fault too.
Faults size_faults(const Tree& tree);

}  // namespace asterism::house
