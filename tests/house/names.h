#pragma once
// Names and words that the house does not want.

#include "tests/house/tree.h"

namespace asterism::house {

// Files and folders called utils, common, misc, helpers, core or manager; file names other than snake_case in src,
// apps, tests, examples, bench and fuzz.
Faults name_faults(const Tree& tree);

// Paths of one machine, and hosts of package registries, in any text file.
Faults word_faults(const Tree& tree);
// Calls of libtorch's at::parallel_for, a template that works in one thread where the compiler has no OpenMP.
Faults call_faults(const Tree& tree);

}  // namespace asterism::house
