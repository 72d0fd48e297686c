#pragma once
// Which tokens of each object are given and which are asked for, in one training step (Mizrahi et al. 2023, section 3;
// the differences are marked).
//
// For every object, from the stream (seed, epoch, object, "budget"):
//   1. one part of the mixture, by weight; an object that has none of the inputs that the part must give leaves the
//   step
//      (or "nothing given" would mean "a faint object, of which no spectrum was taken", and its answer be theirs);
//   2. the target budget, uniform in its range, shared out by a Dirichlet draw over the modalities that the object HAS
//      (4M draws over all); all scalars together are one member of that draw, so that one-token modalities neither
//      starve nor leave slots empty (4M gives each its own share and loses what it cannot use); what a modality cannot
//      take goes to the others (4M drops it);
//   3. inside an image or spectrum the masked share of its target tokens is cos(pi u / 2), the rest is shown to the
//      decoder (Chang et al. 2022), so that sampling needs the encoder once; half of the time special tokens (the norm
//      of a spectrum) are among them and masked: sampling draws them first, and one token among a hundred is asked for
//      too seldom to be learned;
//   4. the input budget in the same way over what is left: a scalar that is asked for is not given, nor is any patch
//      that overlaps a target token of the same modality on the sky or in wavelength, nor a special position (a scale)
//      beside an asked-for special token, nor a summary beside anything that is asked of
//      its modality.
// 4M draws inputs first; targets first leaves something to predict when every input is given.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "models/any_to_any_settings.h"
#include "models/draw_key.h"

namespace asterism::models {

// Where the positions of a modality lie: `special` ones first (no place), then rows x columns in reading order.
struct Grid {
  int64_t special = 0, rows = 1, columns = 1;
  bool of_whole = false;  // positions are no places: each speaks of everything
  bool summary = false;   // so does the last of the special ones (inputs)
  int64_t positions() const { return special + rows * columns; }
};

// From low to high along one axis: pixels from the centre of the image, or Angstrom. Nothing where low >= high.
struct Stretch {
  double low = 0, high = 0;
};

// What the rows and columns of a grid look at, special positions aside. Empty: they cut one field into equal parts,
// the same field for inputs and targets.
struct Places {
  std::vector<Stretch> rows;     // [rows]; empty: all rows look at everything
  std::vector<Stretch> columns;  // [columns], or [n, columns] where objects differ (wavelength grids)
};

// What one modality of a batch of n objects can give and be asked for.
struct Candidate {
  std::string name;
  bool scalar = true;
  Grid input_grid, target_grid;
  Places input_places, target_places;
  std::vector<uint8_t> usable_NP;  // [n, input_grid.positions()]: this position can be given; empty: never an input
  std::vector<uint8_t> askable_N;  // [n]: its codes are known; empty: never a target
  double input_weight = 1, target_weight = 1;
};

// Marks the input positions (0 -> 1) that see anything of target position t of an object.
void cover(const Candidate& candidate, int64_t object, int64_t t, std::vector<uint8_t>& covered);

// Rows of one modality, by object in batch order.
struct Rows {
  std::vector<int64_t> object, position;
  std::vector<uint8_t> shown;  // targets only: 1 = known to the decoder, not predicted
  int64_t size() const { return int64_t(object.size()); }
};

// Places that the budgets of a batch open, and how many of them hold a token of an object. The rest is what starvation
// costs: a padded batch would compute it for nothing. Parts that give all inputs have no input budget and count no
// input places.
struct Slots {
  int64_t open = 0, filled = 0;
  double share() const { return open > 0 ? double(filled) / double(open) : 1; }
};

struct Draw {
  std::vector<Rows> inputs, targets;  // one a candidate
  Slots input_slots, target_slots;
};

// Draws for all objects of a batch; `hashes` are their ObjectKey::hash(). An object's rows do not depend on the others.
Draw draw_budgets(const std::vector<Candidate>& candidates, const std::vector<uint64_t>& hashes,
                  const std::map<std::string, MixtureSettings>& mixture, const DrawKey& key);

// Every usable position of the candidates that `given` marks: what a finished model reads.
std::vector<Rows> all_inputs(const std::vector<Candidate>& candidates, int64_t n, const std::vector<uint8_t>& given);

// `budget` shared over members with these capacities: Dirichlet(alpha), systematic rounding, what is over capacity
// drawn again over the rest. The sum is min(budget, sum of capacities).
std::vector<int64_t> share_out(base::Random& random, int64_t budget, const std::vector<int64_t>& capacities,
                               const std::vector<double>& alphas);

}  // namespace asterism::models
