#pragma once
// The commands that a document shows, made small enough to be run by a test.

#include <string>
#include <vector>

#include "tests/house/tree.h"

namespace asterism::house {

// The lines of the first ```sh block under a heading ("## heading"), in order, without comments; empty where there is
// none.
std::vector<std::string> shown_commands(const Tree& tree, const std::string& file, const std::string& heading);

// The same command at its smallest size: few objects, two steps of training, small batches. './run' becomes `program`,
// started with one thread; a line that does not begin with './run' stays as it is.
std::string smallest(const std::string& command, const std::string& program);

// The word after `option` ("--id"); empty where the command does not have it.
std::string value_of(const std::string& command, const std::string& option);

// Every word of the commands that begins with `folder` and a slash, once, sorted.
std::vector<std::string> words_below(const std::vector<std::string>& commands, const std::string& folder);

}  // namespace asterism::house
