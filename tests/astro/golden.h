#pragma once
// Rows of tests/golden/astro.txt (written by make_astro.py) that begin with one word.

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/where.h"

namespace asterism::astro {

inline std::vector<std::vector<std::string>> golden_rows(const std::string& kind) {
  std::ifstream file(std::string(asterism::tests::kSourceFolder) + "/tests/golden/astro.txt");
  std::vector<std::vector<std::string>> rows;
  std::string line, word;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    words >> word;
    if (word != kind) continue;
    rows.emplace_back();
    while (words >> word) rows.back().push_back(word);
  }
  EXPECT_FALSE(rows.empty()) << "no rows of kind " << kind << " in tests/golden/astro.txt";
  return rows;
}

}  // namespace asterism::astro
