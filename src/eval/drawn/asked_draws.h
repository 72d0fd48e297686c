#pragma once
// Which images and spectra are drawn given what, of which objects, and which objects that were learned from stand
// beside them.

#include <cstdint>
#include <string>
#include <vector>

#include "data/batch_source.h"
#include "eval/collect.h"
#include "models/any_to_any.h"

namespace asterism::eval {

inline constexpr int64_t kPoolObjects = 256;  // to learn from, for the mean and for draws that know nothing

// p(target | given). Rows are those of `collected`; M objects, S draws.
struct AskedDraws {
  std::string target, title;  // title: of what is given
  std::vector<std::string> given;
  std::vector<int64_t> rows;                     // M: the first objects of the test side that have both
  std::vector<std::vector<int64_t>> neighbours;  // [M][S]: nearest of the others by `features`; empty: none
  std::string features;                          // the tables that say who is near
  std::vector<int64_t> pool;                     // objects that have the target, evenly out of all to learn from
  int64_t train = 0;                             // objects that neighbours were looked for among
  std::vector<std::string> notes;
};

// UserError where the model is no any-to-any model with an image or spectrum among its targets.
const models::AnyToAny& check_drawn_blocks(const models::Model& model);

// Goes through the data once. Each image and spectrum that the model predicts, given each set of options.given without
// it; where none is named, given each other image or spectrum alone, and all scalars. An object has a set where it has
// all of its images and spectra and, where there are scalars, any of them. At most options.reconstructions objects of a
// target and set. UserError: a set that names what the model does not read of these data, and nothing to ask.
std::vector<AskedDraws> asked_draws(const models::AnyToAny& model, data::BatchSource& source, data::BatchSource* learn,
                                    const CollectOptions& options, const Collected& collected);

}  // namespace asterism::eval
