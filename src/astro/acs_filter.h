#pragma once
// The two filters of Hubble's ACS in which most of its extragalactic fields were taken. No installed table holds them,
// so they are drawn by hand through the published throughput of the whole telescope (wide field channel): two dozen
// points, without the ripples of the filters. Pivot wavelengths lie within 10 A of the handbook's of 2006, 5,918 and
// 8,060 A.

#include <string>

#include "astro/filter.h"

namespace asterism::astro {

// "acs-f606w" or "acs-f814w"; null for any other name.
const Filter* acs_filter(const std::string& name);

}  // namespace asterism::astro
