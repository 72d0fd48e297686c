#pragma once
// How much memory this process uses.

#include <cstdint>

namespace asterism::base {

uint64_t resident_bytes();       // now; 0 where the system does not say
uint64_t peak_resident_bytes();  // the most since the start

}  // namespace asterism::base
