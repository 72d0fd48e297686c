#pragma once
// Where the tests' own tree is. Linked, not compiled in as macros: so the test programs of two clones compile to the
// same objects and the compiler's cache serves both.

namespace asterism::tests {

extern const char* const kSourceFolder;  // the clone
extern const char* const kBuildFolder;   // its build folder

}  // namespace asterism::tests
