#pragma once
// What of a reconstruction is learned from and what is judged: shared by all questions of reconstructions.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "eval/question.h"
#include "eval/questions/task.h"

namespace asterism::eval {

// Rows of a reconstruction (not of the subject) on either side of the split, present in both blocks.
struct Sides {
  std::vector<int64_t> train, test;
};
Sides sides_of(const Reconstruction& made, const Split& split);
// The same, written into the answer's counts; nothing, and a note, where fewer than `fewest` are judged.
std::optional<Sides> judged_sides(Answer& answer, const std::string& modality, const Reconstruction& made,
                                  const Split& split, int64_t fewest = kFewest);

}  // namespace asterism::eval
