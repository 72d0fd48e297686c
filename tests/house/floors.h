#pragma once
// Who may include whom: LAYERS, read and enforced.

#include <set>
#include <string>
#include <vector>

#include "tests/house/tree.h"

namespace asterism::house {

struct Floor {
  std::string name;
  std::set<std::string> below;  // floors it may include, besides itself
  bool has_torch = false;       // above the line
};

// The floors in the order of LAYERS.
std::vector<Floor> read_floors(const Tree& tree);

// LAYERS that names a floor before it stands; folders of src/ that are no floor; includes in src/ that go up or
// sideways, that are quoted without a floor, that bring libtorch below the line or torch/torch.h anywhere; apps/data
// above the line.
Faults floor_faults(const Tree& tree);

// Each floor has a README.md of at most 15 lines.
Faults readme_faults(const Tree& tree);

}  // namespace asterism::house
