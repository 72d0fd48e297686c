#pragma once
// The subcommands. Each is one file and one line in a table; the work itself is done by the floors below.

#include <string>
#include <vector>

namespace asterism::apps {

using Arguments = std::vector<std::string>;  // what follows the subcommand's name

struct Command {
  const char* name;
  const char* sentence;
  int (*run)(const Arguments&);  // nullptr in the data program: the model program has it
};

// Both programs know every command; each runs those of its own table.
const std::vector<Command>& commands();

// Finds the command, runs it and turns failures into messages and exit codes:
// 0 done, 2 wrong use, 3 bad data, 70 our fault, 75 interrupted with state saved.
int run(int argc, char** argv);

// Starts the model program beside this one with the same arguments. Does not return when it succeeds.
int start_model_program(char** argv);

// In the data program, which never loads libtorch:
int data_command(const Arguments& arguments);
int index_command(const Arguments& arguments);
int search_command(const Arguments& arguments);

// In the model program:
int train_command(const Arguments& arguments);
int tokenize_command(const Arguments& arguments);
int embed_command(const Arguments& arguments);
int predict_command(const Arguments& arguments);
int evaluate_command(const Arguments& arguments);
int model_command(const Arguments& arguments);
int tour_command(const Arguments& arguments);

}  // namespace asterism::apps
