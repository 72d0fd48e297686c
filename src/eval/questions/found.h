#pragma once
// What retrieval says of one direction: places of each query's own, as scores with intervals, beside chance.

#include <cstdint>
#include <string>
#include <vector>

#include "eval/question.h"

namespace asterism::eval {

// Ranks of one direction ("image_legacy -> spectrum_desi"), of vectors or of a baseline, among so many observations.
// Adds recall@k and median rank, and the ranks themselves.
void add_found(Answer& answer, const AskOptions& options, Ranks ranks);
// Recall and rank of chance: min(1, k / among), (among + 1) / 2.
void add_chance(Answer& answer, const AskOptions& options, const std::string& direction, int64_t among);
// How much more vectors find than a baseline that has just been added, query by query: recall of the two, bootstrapped
// in pairs.
void add_gain(Answer& answer, const AskOptions& options, const Ranks& vectors, const Ranks& baseline,
              const std::string& called);
// Recall against k, with chance.
report::Figure recall_figure(const Ranks& ranks);

}  // namespace asterism::eval
