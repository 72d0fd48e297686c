#pragma once
// What a bare machine lacks: `run` must install the Debian package of every header that the sources include.

#include "tests/house/tree.h"

namespace asterism::house {

// Headers in angle brackets under /usr/include whose package is not in base_packages of `run`; those of the C library
// are always there. Nothing where there is no dpkg-query. bench/ is left out: ./run bench asks for its library itself.
Faults package_faults(const Tree& tree);

}  // namespace asterism::house
