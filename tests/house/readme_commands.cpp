#include "tests/house/readme_commands.h"

#include <algorithm>
#include <array>
#include <regex>
#include <set>
#include <sstream>

#include "tests/house/shell.h"

namespace asterism::house {

namespace {

constexpr const char* kObjects = "60";

struct Setting {
  const char *key, *value;
};
constexpr std::array<Setting, 4> kTraining = {{{"train.steps", "2"},
                                               {"train.prepare_objects", "64"},
                                               {"train.validate_batches", "1"},
                                               {"data.batch_size", "16"}}};

// "--set key=value", in the place of the value that is given already: `train` refuses a key given twice.
void set(std::string& command, const Setting& setting) {
  const std::string assignment = std::string(setting.key) + "=";
  const auto at = command.find(assignment);
  if (at == std::string::npos) {
    command += " --set " + assignment + setting.value;
    return;
  }
  const auto start = at + assignment.size();
  const auto end = std::min(command.find_first_of(" \"'", start), command.size());
  command.replace(start, end - start, setting.value);
}

std::vector<std::string> words_of(const std::string& command) {
  std::istringstream in(command);
  std::vector<std::string> out;
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

}  // namespace

std::vector<std::string> shown_commands(const Tree& tree, const std::string& file, const std::string& heading) {
  static const std::regex comment(R"re((^|\s+)#.*$)re");
  std::vector<std::string> out;
  bool under_heading = false, in_block = false;
  for (const auto& line : tree.lines(file)) {
    if (in_block) {
      if (starts_with(line, "```")) break;
      const auto command = std::regex_replace(line, comment, "");
      if (!command.empty()) out.push_back(command);
    } else if (starts_with(line, "#")) {
      under_heading = ends_with(line, "# " + heading);
    } else {
      in_block = under_heading && line == "```sh";
    }
  }
  return out;
}

std::string smallest(const std::string& command, const std::string& program) {
  static const std::regex objects(R"re((--objects) +[0-9]+)re");
  const std::string run = "./run ";
  if (!starts_with(command, run)) return command;
  std::string arguments = std::regex_replace(command.substr(run.size()), objects, std::string("$1 ") + kObjects);
  if (starts_with(arguments, "train "))
    for (const auto& setting : kTraining) set(arguments, setting);
  return "OMP_NUM_THREADS=1 " + quoted(program) + " " + arguments;
}

std::string value_of(const std::string& command, const std::string& option) {
  const auto words = words_of(command);
  const auto found = std::find(words.begin(), words.end(), option);
  return found == words.end() || found + 1 == words.end() ? std::string{} : *(found + 1);
}

std::vector<std::string> words_below(const std::vector<std::string>& commands, const std::string& folder) {
  std::set<std::string> out;
  for (const auto& command : commands)
    for (const auto& word : words_of(command))
      if (starts_with(word, folder + "/")) out.insert(word);
  return {out.begin(), out.end()};
}

}  // namespace asterism::house
