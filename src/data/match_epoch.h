#pragma once
// Positions of two tables in the same year, where they can move.

#include <optional>
#include <string>

#include "data/match_input.h"

namespace asterism::data {

// The year in which two tables are compared.
struct MatchEpoch {
  std::optional<double> year;  // none: positions are taken as they are
  std::string why;             // one sentence for the user; "" where neither table has proper motions
};

// `asked`: --epoch. Without it: where a table has proper motions and epochs and the other one has epochs, that is the
// other's epoch (b's where both move). UserError when a year is asked for and no table has proper motions with epochs.
MatchEpoch match_epoch(const MatchInput& a, const MatchInput& b, std::optional<double> asked);

// Moves the rows that have a proper motion and an epoch to that year; others stay. Without an asked year a table whose
// epochs are not all within 0.01 yr of it and whose rows do not move is refused: UserError asking for --epoch.
void move_to(const MatchEpoch& epoch, bool asked, const MatchInput& table, SkyColumns& rows);

}  // namespace asterism::data
