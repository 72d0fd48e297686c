#pragma once
// What the documents promise: links that lead somewhere, commands that exist.

#include <set>
#include <string>

#include "tests/house/tree.h"

namespace asterism::house {

// Links and pictures in *.md whose file is not there, or whose #heading is not in it. Addresses on the web are left
// alone.
Faults link_faults(const Tree& tree);

// What docs/extending.md names in `code`: files that are not there (of one with NAME or COMMAND in it, its folder), and
// tests (Suite.Name, or the suite alone where it is a contract) that no file of tests holds.
Faults extending_faults(const Tree& tree);

// What ./run and asterism can do, from the usage text of `run` and the table in apps/data/main.cpp.
std::set<std::string> works_of_run(const Tree& tree);
std::set<std::string> subcommands(const Tree& tree);

// Commands in fenced blocks of *.md ("./run X", "asterism X", with or without a leading "$ ") that do not exist.
Faults command_faults(const Tree& tree);

}  // namespace asterism::house
