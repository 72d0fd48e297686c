#include "tests/house/document_commands.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "tests/house/documents.h"
#include "tests/house/shell.h"

namespace asterism::house {

namespace {

constexpr const char* kProbes = " --no-such-option --nor-this";
constexpr int kMostMissing = 8;

// "asterism a && ./run b > c  # d" at `where`: one command for a, one for b.
void add_commands(const std::string& text, const std::string& where, bool in_text, std::vector<DocumentCommand>& out) {
  static const std::regex comment(R"re((^|\s+)#.*$)re"), rest(R"re(\s+([|>;]|2>).*$)re"),
      optional(R"re((^|\s)\[([^\]]*)\])re"), dots(R"re((\s|^|\w)\.\.\.(?=\s|$))re"),
      start(R"re(^\s*(?:\$ )?(?:[A-Z_]+=\S+ )*(\./run|(?:\S*/)?asterism)(?:\s+(.*))?$)re");
  std::string left = std::regex_replace(text, comment, "");
  while (!left.empty()) {
    const auto end = left.find("&&");
    std::smatch match;
    const std::string one = left.substr(0, end);
    if (std::regex_match(one, match, start)) {
      std::string arguments = std::regex_replace(match[2].str(), rest, "");
      arguments = std::regex_replace(std::regex_replace(arguments, optional, "$1$2"), dots, "$1");
      out.push_back({where, match[1] == "./run" ? "./run" : "asterism", arguments, in_text});
    }
    left = end == std::string::npos ? "" : left.substr(end + 2);
  }
}

std::vector<std::string> split_at_spaces(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), std::istream_iterator<std::string>()};
}

// Pieces of code in `paragraph`, which begins at line `first`; they may reach over the end of a line.
void add_pieces(const std::string& paragraph, const std::string& file, size_t first,
                std::vector<DocumentCommand>& out) {
  static const std::regex piece(R"re(`((?:\./run|(?:\S*/)?asterism)\s[^`]*)`)re"), newline(R"re(\n\s*)re");
  for (auto it = std::sregex_iterator(paragraph.begin(), paragraph.end(), piece); it != std::sregex_iterator(); ++it) {
    const auto lines = std::count(paragraph.begin(), paragraph.begin() + it->position(), '\n');
    const std::string where = file + ":" + std::to_string(first + size_t(lines));
    add_commands(std::regex_replace((*it)[1].str(), newline, " "), where, true, out);
  }
}

void add_commands_of(const Tree& tree, const std::string& file, std::vector<DocumentCommand>& out) {
  bool fenced = false, indented = true;  // indented: this line would be code if it began with four spaces
  std::string paragraph, command;
  size_t number = 0, first = 1, began = 0;
  for (const auto& line : tree.lines(file)) {
    ++number;
    const bool fence = line.find("```") == line.find_first_not_of(' ') && line.find("```") != std::string::npos;
    const bool blank = line.find_first_not_of(' ') == std::string::npos;
    const bool code = !fence && (fenced || (indented && starts_with(line, "    ")));
    if (fence) fenced = !fenced;
    indented = fence || blank || code;
    if (code) {
      if (command.empty()) began = number;
      command += line;
      if (ends_with(line, "\\")) {
        command.pop_back();
        continue;
      }
      add_commands(command, file + ":" + std::to_string(began), false, out);
      command.clear();
    }
    if (!indented) {
      if (paragraph.empty()) first = number;
      paragraph += line + "\n";
      continue;
    }
    add_pieces(paragraph, file, first, out);
    paragraph.clear();
  }
  add_pieces(paragraph, file, first, out);
}

// Answers of the program, each command line asked once.
class Parser {
 public:
  Parser(const Tree& tree, const std::string& program)
      : tree_(tree), program_("OMP_NUM_THREADS=1 " + quoted(program) + " ") {}

  std::string fault(const DocumentCommand& command) {
    const auto words = split_at_spaces(command.arguments);
    if (words.empty() || words[0] == "help" || words[0] == "--help" || words[0] == "--version") return {};
    if (command.program == "./run" && works_.count(words[0]) > 0 && commands_.count(words[0]) == 0)
      return fault_of_work(words);
    const auto lost = fault_of_names(command.arguments);
    return lost.empty() ? fault_of_arguments(command) : lost;
  }

 private:
  const ShellResult& answer(const std::string& arguments) {
    const auto found = answers_.find(arguments);
    if (found != answers_.end()) return found->second;
    return answers_[arguments] = shell("cd " + quoted(folder_.root().string()) + " && " + program_ + arguments);
  }

  std::string fault_of_work(const std::vector<std::string>& words) const {
    for (size_t i = 1; words[0] == "peers" && i < words.size() && words[i] != "--"; ++i)
      if (words[i] != "NAME" && !tree_.has("bench/peers/" + words[i] + ".py"))
        return "there is no bench/peers/" + words[i] + ".py";
    return {};
  }

  // Recipes and settings that a command names.
  std::string fault_of_names(const std::string& arguments) {
    static const std::regex recipe(R"re((^|\s)(recipes/\S+\.toml))re"), setting(R"re(--set\s+["']?([\w.]+)=)re");
    for (auto it = std::sregex_iterator(arguments.begin(), arguments.end(), recipe); it != std::sregex_iterator(); ++it)
      if (!tree_.has((*it)[2].str())) return "there is no " + (*it)[2].str();
    if (!starts_with(arguments, "train ")) return {};
    for (auto it = std::sregex_iterator(arguments.begin(), arguments.end(), setting); it != std::sregex_iterator();
         ++it)
      if (!contains(answer("train --settings").output, "\n" + (*it)[1].str() + " "))
        return "no setting " + (*it)[1].str();
    return {};
  }

  // In the text what is missing is filled in, names at the front: an option in front of them could take them for
  // values.
  std::string fault_of_arguments(const DocumentCommand& command) {
    static const std::regex name("[a-z]+( [a-z]+)?"), missing(R"re(: ([^:]+)( is|: At least \d+) required)re"),
        start(R"re(^((data|model) )?\S+)re"), path(R"re((^|\s)[\w.-]*/[^\s"']*)re");
    std::string arguments = std::regex_replace(command.arguments, path, "$1path");  // fewer different ones to ask
    const bool help = contains(arguments, "--help");
    if (help || (command.in_text && std::regex_match(arguments, name))) {
      const auto& told = answer(arguments + (help ? "" : " --help"));
      return told.exit_code == 0 ? "" : told.output;
    }
    for (int i = 0; i < kMostMissing; ++i) {
      const std::string& said = answer(arguments + kProbes).output;
      std::smatch match;
      if (contains(said, "'--no-such-option' is not expected")) return {};
      if (contains(said, "'--nor-this' is not expected")) return "the last option has no value";
      if (said.empty()) return "no shell can read it";
      if (!command.in_text || !std::regex_search(said, match, missing)) return said;
      if (starts_with(match[1].str(), "-"))
        arguments += " " + match[1].str() + " 1";
      else
        arguments = std::regex_replace(arguments, start, "$& 1", std::regex_constants::format_first_only);
    }
    return "too much is missing";
  }

  const Tree& tree_;
  const std::string program_;
  const std::set<std::string> works_ = works_of_run(tree_), commands_ = subcommands(tree_);
  const PlantedTree folder_;  // where the program is asked: empty
  std::map<std::string, ShellResult> answers_;
};

}  // namespace

std::vector<DocumentCommand> document_commands(const Tree& tree) {
  std::vector<DocumentCommand> out;
  for (const auto& file : tree.files)
    if (ends_with(file, ".md") && file != "docs/log.md") add_commands_of(tree, file, out);
  return out;
}

Faults parse_faults(const Tree& tree, const std::string& program) {
  Parser parser(tree, program);
  Faults faults;
  for (const auto& command : document_commands(tree)) {
    const auto fault = parser.fault(command);
    if (!fault.empty())
      faults.push_back(command.where + ": '" + command.program + " " + command.arguments + "': " + fault);
  }
  return faults;
}

}  // namespace asterism::house
