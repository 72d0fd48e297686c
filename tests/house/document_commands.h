#pragma once
// Every command that the documents show, parsed by the programs themselves without being run.

#include <string>
#include <vector>

#include "tests/house/tree.h"

namespace asterism::house {

struct DocumentCommand {
  std::string where;      // "docs/tour.md:5"
  std::string program;    // "./run" or "asterism"
  std::string arguments;  // as they stand there, without comments, brackets of what may be left out, and "..."
  bool in_text = false;   // in `ticks`: what is required may be missing there
};

// Of all *.md but docs/log.md, whose commands are those of their day: each line of an indented or fenced block that
// begins with ./run or asterism (behind "$ " or VARIABLE=value; lines that end in \ go on), and each such piece of code
// in the text. Those joined by && are told apart; what follows a pipe or > is left away.
std::vector<DocumentCommand> document_commands(const Tree& tree);

// The commands that `program` (asterism, a path) would not take: wrong or missing options and arguments, values of
// another type, recipes that are not in the tree, settings that no recipe has, works that ./run does not know. No
// command is run: an option that nobody has stands behind it, of which the parser must be the first to complain.
Faults parse_faults(const Tree& tree, const std::string& program);

}  // namespace asterism::house
