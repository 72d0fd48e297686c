#pragma once
// What every subcommand's command line has in common.

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace asterism::apps {

// A CLI11 parser with --json, --quiet, --verbose and an example at the end of its help.
struct CommandLine {
  CommandLine(const std::string& name, const std::string& sentence, const std::string& example);
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  // False when help was asked for and printed: the command is done. UserError for wrong use, with the nearest option.
  bool parse(const std::vector<std::string>& arguments);

  CLI::App app;
  bool json = false, quiet = false, verbose = false;

 private:
  std::string name_;
};

// "a,b" and repeated options alike: {"a", "b"}. UserError for an empty name.
std::vector<std::string> split_commas(const std::vector<std::string>& texts);

// The same for names of which each counts once, what is given or asked for: UserError, which names it, for one that
// stands there twice. `option` is "--given".
std::vector<std::string> split_names(const std::string& option, const std::vector<std::string>& texts);

// UserError where the file `out` is one of `inputs` or lies among them (base/apart.h), or is there and not to be
// replaced: a forgotten OUT would cost somebody the last of the inputs.
void check_output(const std::vector<std::string>& inputs, const std::filesystem::path& out, bool replace);

// UserError where the name of a drawing does not end in .svg.
void check_svg(const std::filesystem::path& out);

// The options that were given, "--draws", whatever was said: what is given and has no effect is to be refused.
std::vector<std::string> told_options(const CLI::App& app);

// "name=1.5" of `option`: {"name", 1.5}. UserError for anything else.
std::pair<std::string, double> split_assignment(const std::string& option, const std::string& text);

}  // namespace asterism::apps
