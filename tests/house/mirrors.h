#pragma once
// Every source has its test.

#include "tests/house/tree.h"

namespace asterism::house {

// src/<floor>/x.cpp without tests/<floor>/x_test.cpp (tables named all.cpp excepted).
Faults mirror_faults(const Tree& tree);

// Entries of the tables named all.cpp: a file that the table includes (interfaces excepted) without a mirrored test,
// and an entry {"name", maker, "sentence"} whose sentence is empty.
Faults table_faults(const Tree& tree);

}  // namespace asterism::house
