#include "tests/house/sizes.h"

#include <gtest/gtest.h>

namespace asterism::house {
namespace {

std::string empty_lines(size_t n) { return std::string(n, '\n'); }

TEST(Sizes, ThisTree) {
  const auto faults = size_faults(this_tree());
  EXPECT_TRUE(faults.empty()) << listed(faults);
}

TEST(Sizes, LongFilesAreFound) {
  PlantedTree planted;
  planted.file("src/a.cpp", empty_lines(401)).file("src/a.h", empty_lines(201)).file("src/a.py", empty_lines(401));
  EXPECT_EQ(size_faults(planted.tree()).size(), 3u);
  planted.file("src/a.cpp", empty_lines(400)).file("src/a.h", empty_lines(200)).file("src/a.py", empty_lines(400));
  EXPECT_TRUE(size_faults(planted.tree()).empty());
}

TEST(Sizes, LongFunctionsAreFoundWhereverTheyStand) {
  PlantedTree planted;
  planted.file("src/a.cpp",
               "namespace a {\nint f(int x) {\n" + empty_lines(58) + "}\nint g() {\n" + empty_lines(59) + "}\n}\n");
  EXPECT_EQ(size_faults(planted.tree()).size(), 1u);
  planted.file("src/a.cpp",
               "struct S {\n  template <class T = int>\n  T f(int x = 3) const {\n" + empty_lines(60) + "}\n};\n");
  EXPECT_EQ(size_faults(planted.tree()).size(), 1u);
  planted.file("src/a.cpp", "TEST(A, B) {\n" + empty_lines(60) + "}\n");
  EXPECT_EQ(size_faults(planted.tree()).size(), 1u);
}

TEST(Sizes, FunctionsAreToldFromOtherBraces) {
  const auto functions = functions_of(
      "#include \"x.h\"\n"
      "#define BLOCK(x) \\\n  {\n"
      "namespace a::b {\n"
      "enum class Kind { kOne, kTwo };\n"
      "const char* text = \"void f() {\";  // void g() {\n"
      "constexpr int table[] = {1, 2, f(3)};\n"
      "class Thing : public Base {\n public:\n"
      "  Thing(int n) : size_{n}, name_(\"}\") {\n    run();\n  }\n"
      "  bool operator==(const Thing& other) const {\n    return 1'000 == n;\n  }\n"
      "  std::vector<int> list() const override { return {1, 2}; }\n"
      " private:\n  int size_{0};\n};\n"
      "auto raw() -> std::string {\n  return R\"(}}}\n)\";\n}\n"
      "}  // namespace a::b\n");
  ASSERT_EQ(functions.size(), 4u);
  EXPECT_EQ(functions[0].lines(), 3u) << functions[0].head;
  EXPECT_EQ(functions[1].lines(), 3u) << functions[1].head;
  EXPECT_EQ(functions[2].lines(), 1u) << functions[2].head;
  EXPECT_EQ(functions[3].lines(), 4u) << functions[3].head;
}

TEST(Sizes, ExceptionsNeedAReasonAndANeed) {
  PlantedTree planted;
  planted.file("src/a.cpp", empty_lines(401));
  planted.file("tests/house/exceptions.txt", "# why\nsrc/a.cpp: one long table of lines\n");
  EXPECT_TRUE(size_faults(planted.tree()).empty());
  planted.file("tests/house/exceptions.txt", "src/a.cpp:\n");
  EXPECT_EQ(size_faults(planted.tree()).size(), 2u);  // no reason, so no exception
  planted.file("tests/house/exceptions.txt", "src/a.cpp: a table\nsrc/b.cpp: gone\n");
  EXPECT_EQ(size_faults(planted.tree()).size(), 1u);
  std::string eleven;
  for (char c = 'a'; c <= 'k'; ++c) {
    const std::string name = std::string("src/") + c + ".cpp";
    planted.file(name, empty_lines(401));
    eleven += name + ": a table\n";
  }
  planted.file("tests/house/exceptions.txt", eleven);
  EXPECT_EQ(size_faults(planted.tree()).size(), 1u);
}

}  // namespace
}  // namespace asterism::house
