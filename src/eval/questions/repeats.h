#pragma once
// Two observations of one kind of one object: image to image, spectrum to spectrum. Real repeats (rows of the data that
// are one object), and halves of one observation (halves.h).

#include <string>

#include "eval/question.h"

namespace asterism::eval {

// Rows of the test side that are one object: the same id before a '#', or within two arcseconds. The first row of each
// that has the modality, and the last: [query, own]; for objects with one row both are that row.
std::vector<std::pair<int64_t, int64_t>> repeated_rows(const Subject& subject, const Vectors& vectors,
                                                       const std::vector<int64_t>& test);

// "spectrum_boss -> another": is the last observation of an object that has several found, given its first, among the
// last ones of all objects? Nothing where fewer than `fewest` objects have two.
void ask_repeats(Answer& answer, const Subject& subject, const std::string& modality, const Split& split,
                 const AskOptions& options, int64_t fewest);

// "image_legacy, half -> other half", beside the nearest by plain features.
void ask_halves(Answer& answer, const std::string& modality, const Halves& halves, const AskOptions& options,
                int64_t fewest);

}  // namespace asterism::eval
