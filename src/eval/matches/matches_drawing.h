#pragma once
// An observation and its nearest of another kind, as a drawing.

#include "eval/matches/matches.h"
#include "report/drawing.h"

namespace asterism::eval {

// On the left what was asked with, below it where its own answer came; on the right the nearest, nearest first, each on
// the object's own (grey) where it has one; that of the object itself in red.
report::Drawing draw(const Matches& matches);

}  // namespace asterism::eval
