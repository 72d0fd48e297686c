#pragma once
// Positions of two or more tables in the same year, where they can move.

#include <optional>
#include <string>
#include <vector>

#include "data/match_input.h"

namespace asterism::data {

// The year in which tables are compared.
struct MatchEpoch {
  std::optional<double> year;  // none: positions are taken as they are
  std::string why;             // one sentence for the user; "" where no table has proper motions
};

// `asked`: --epoch. Without it the epoch that the last table states whose epoch another one, that has proper motions
// and epochs, can be moved to. UserError when a year is asked for and no table has proper motions with epochs, and for
// an epoch that is no year from 1800 to 2200.
MatchEpoch match_epoch(const std::vector<const MatchInput*>& tables, std::optional<double> asked);

// Moves the rows that have a proper motion and an epoch to that year; others stay. Without an asked year a table whose
// epochs are not all within 0.01 yr of it and whose rows do not move is refused: UserError asking for --epoch. So is an
// epoch of a row to be moved that is no year from 1800 to 2200.
void move_to(const MatchEpoch& epoch, bool asked, const MatchInput& table, SkyColumns& rows);

}  // namespace asterism::data
