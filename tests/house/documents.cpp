#include "tests/house/documents.h"

#include <algorithm>
#include <cctype>
#include <regex>
#include <sstream>

namespace asterism::house {

namespace {

// As code hosts make them: lower case, spaces to hyphens, punctuation dropped.
std::string anchor_of(const std::string& heading) {
  std::string out;
  for (const char c : heading) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-') {
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (c == ' ') {
      out += '-';
    }
  }
  return out;
}

struct Line {
  std::string text;
  size_t number = 0;
  bool fenced = false;
};

std::vector<Line> lines_of(const Tree& tree, const std::string& file) {
  std::vector<Line> out;
  bool fenced = false;
  for (const auto& text : tree.lines(file)) {
    const bool is_fence = starts_with(text.substr(std::min(text.find_first_not_of(' '), text.size())), "```");
    if (is_fence) fenced = !fenced;
    Line line;
    line.text = text;
    line.number = out.size() + 1;
    line.fenced = fenced && !is_fence;
    out.push_back(line);
  }
  return out;
}

bool has_heading(const Tree& tree, const std::string& file, const std::string& anchor) {
  for (const auto& line : lines_of(tree, file)) {
    if (line.fenced || !starts_with(line.text, "#")) continue;
    const auto start = line.text.find_first_not_of("# ");
    if (start != std::string::npos && anchor_of(line.text.substr(start)) == anchor) return true;
  }
  return false;
}

std::string link_fault(const Tree& tree, const std::string& file, const std::string& link) {
  if (std::regex_search(link, std::regex("^[a-z]+:"))) return {};
  const auto hash = link.find('#');
  const std::string path = link.substr(0, hash);
  const auto target =
      path.empty() ? file : (std::filesystem::path(file).parent_path() / path).lexically_normal().generic_string();
  if (starts_with(target, "..")) return "'" + link + "' leads out of the tree";
  if (!std::filesystem::exists(tree.root / target)) return "'" + link + "' leads nowhere";
  if (hash == std::string::npos || !ends_with(target, ".md")) return {};
  return has_heading(tree, target, link.substr(hash + 1)) ? "" : "'" + link + "': no such heading in " + target;
}

// Every test of the tree as "Suite.Name", and the suites.
std::set<std::string> tests_of(const Tree& tree) {
  static const std::regex test(R"re(\bTEST(?:_[FP])?\((\w+),\s*(\w+)\))re");
  std::set<std::string> out;
  for (const auto& file : tree.files) {
    if (!starts_with(file, "tests/") || (!ends_with(file, ".cpp") && !ends_with(file, ".h"))) continue;
    const std::string text = tree.text(file);
    for (auto it = std::sregex_iterator(text.begin(), text.end(), test); it != std::sregex_iterator(); ++it) {
      out.insert((*it)[1]);
      out.insert(it->str(1) + "." + it->str(2));
    }
  }
  return out;
}

std::string command_fault(const std::string& line, const std::set<std::string>& works,
                          const std::set<std::string>& commands) {
  static const std::regex pattern(R"re(^\s*(?:\$ )?(?:[A-Z_]+=\S+ )*(\./run|(?:\S*/)?asterism)(?:\s+([^\s#]+))?)re");
  std::smatch match;
  if (!std::regex_search(line, match, pattern)) return {};
  const std::string program = match[1], word = match[2];
  if (word.empty() || word[0] == '-' || word == "help" || commands.count(word) > 0) return {};
  if (program == "./run" && works.count(word) > 0) return {};
  return "there is no command '" + program + " " + word + "'";
}

}  // namespace

Faults link_faults(const Tree& tree) {
  static const std::regex link(R"re(\]\(<?([^)>\s]+)>?(?:\s+"[^"]*")?\))re"), code(R"re(`[^`]*`)re");
  Faults faults;
  for (const auto& file : tree.files) {
    if (!ends_with(file, ".md")) continue;
    for (const auto& line : lines_of(tree, file)) {
      if (line.fenced) continue;
      const std::string text = std::regex_replace(line.text, code, "");
      for (auto it = std::sregex_iterator(text.begin(), text.end(), link); it != std::sregex_iterator(); ++it) {
        const auto fault = link_fault(tree, file, (*it)[1]);
        if (!fault.empty()) faults.push_back(file + ":" + std::to_string(line.number) + ": " + fault);
      }
    }
  }
  return faults;
}

Faults extending_faults(const Tree& tree) {
  const std::string page = "docs/extending.md";
  static const std::regex code(R"re(`([^`]+)`)re"), path(R"re((src|tests|apps|recipes|fuzz|docs|bench)/[\w./-]+)re"),
      test(R"re([A-Z]\w*\.[A-Z]\w*|[A-Z]\w*Contract|Tokenizer[A-Z]\w+)re"), placeholder("NAME|COMMAND|FLOOR");
  const auto tests = tests_of(tree);
  Faults faults;
  size_t number = 0;
  for (const auto& line : tree.lines(page)) {
    ++number;
    for (auto it = std::sregex_iterator(line.begin(), line.end(), code); it != std::sregex_iterator(); ++it) {
      const std::string said = (*it)[1];
      std::smatch open;  // of a file that is to be written, the folder
      const bool to_write = std::regex_search(said, open, placeholder);
      const std::string file = to_write ? said.substr(0, said.rfind('/', size_t(open.position()))) : said;
      if (std::regex_match(said, path) ? !std::filesystem::exists(tree.root / file)
                                       : std::regex_match(said, test) && tests.count(said) == 0)
        faults.push_back(page + ":" + std::to_string(number) + ": there is no '" + said + "'");
    }
  }
  return faults;
}

std::set<std::string> works_of_run(const Tree& tree) {
  std::set<std::string> works;
  static const std::regex entry(R"re(^  ([a-z]+)  ?.*)re");
  bool usage = false;
  for (const auto& line : tree.lines("run")) {
    if (starts_with(line, "usage()")) usage = true;
    if (line == "TEXT") usage = false;
    std::smatch match;
    if (usage && std::regex_match(line, match, entry)) works.insert(match[1]);
  }
  return works;
}

std::set<std::string> subcommands(const Tree& tree) {
  const std::string text = tree.text("apps/data/main.cpp");
  static const std::regex entry(R"re(\{\s*"([a-z-]+)"\s*,)re");
  std::set<std::string> out;
  for (auto it = std::sregex_iterator(text.begin(), text.end(), entry); it != std::sregex_iterator(); ++it)
    out.insert((*it)[1]);
  return out;
}

Faults command_faults(const Tree& tree) {
  const auto works = works_of_run(tree), commands = subcommands(tree);
  Faults faults;
  for (const auto& file : tree.files) {
    if (!ends_with(file, ".md")) continue;
    for (const auto& line : lines_of(tree, file)) {
      const auto fault = line.fenced ? command_fault(line.text, works, commands) : std::string{};
      if (!fault.empty()) faults.push_back(file + ":" + std::to_string(line.number) + ": " + fault);
    }
  }
  return faults;
}

}  // namespace asterism::house
