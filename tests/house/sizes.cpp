#include "tests/house/sizes.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <regex>

namespace asterism::house {

namespace {

constexpr const char* kExceptionsFile = "tests/house/exceptions.txt";

// Length of the literal or comment that starts at `at`; 0 where none does.
size_t blank_length(const std::string& text, size_t at) {
  const auto rest = std::string_view(text).substr(at);
  const auto until = [&](std::string_view end, size_t from) {
    const auto found = rest.find(end, from);
    return found == std::string_view::npos ? rest.size() : found + end.size();
  };
  if (starts_with(rest, "//")) return std::min(rest.find('\n'), rest.size());
  if (starts_with(rest, "/*")) return until("*/", 2);
  if (starts_with(rest, "R\"")) {
    const auto open = rest.find('(');
    return open == std::string_view::npos ? 0 : until(")" + std::string(rest.substr(2, open - 2)) + "\"", open);
  }
  const bool digit_separator = rest[0] == '\'' && at > 0 && std::isalnum(static_cast<unsigned char>(text[at - 1])) != 0;
  if ((rest[0] != '"' && rest[0] != '\'') || digit_separator) return 0;
  for (size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '\\') {
      ++i;
    } else if (rest[i] == rest[0] || rest[i] == '\n') {
      return i + 1;
    }
  }
  return rest.size();
}

size_t preprocessor_length(const std::string& text, size_t at) {
  size_t i = at;
  while (i < text.size() && (text[i] != '\n' || text[i - 1] == '\\')) ++i;
  return i - at;
}

enum class BlockKind { kContainer, kFunction, kOther };

// The head without template<...> and without what stands in parentheses.
std::string bare_of(const std::string& head) {
  std::string bare;
  int round = 0;
  for (const char c : head) {
    if (c == ')') --round;
    if (round == 0) bare += c;
    if (c == '(') ++round;
  }
  static const std::regex parameters(R"re(template\s*<[^{}()]*>)re");
  return std::regex_replace(bare, parameters, " ");
}

// What a block is, by its head: the text since the last ; { or } at namespace or class level.
BlockKind kind_of(const std::string& bare) {
  static const std::regex space(R"re(\bnamespace\b|^\s*extern\s*$)re"), type(R"re(\b(class|struct|union|enum)\b)re"),
      alignment(R"re(alignas\(\))re"), operators(R"re(operator\s*[=!<>+*/-]*)re");
  const std::string rest = std::regex_replace(bare, alignment, "");
  const bool assigns = contains(std::regex_replace(rest, operators, ""), "=");
  const bool calls = contains(rest, ")");
  if (std::regex_search(rest, space)) return BlockKind::kContainer;
  if (std::regex_search(rest, type) && !assigns && !calls) return BlockKind::kContainer;
  return calls && !assigns ? BlockKind::kFunction : BlockKind::kOther;
}

// The brace after "Thing::Thing(int n) : size_" opens no body but the value of a member.
bool is_member_value(const std::string& bare) {
  static const std::regex list(R"re(\)\s*(noexcept(\(\))?\s*)?:(?!:).*[\w>]\s*$)re");
  return std::regex_search(bare, list);
}

std::string one_line(const std::string& text) {
  auto out = std::regex_replace(text, std::regex(R"re(\s+)re"), " ");
  if (!out.empty() && out[0] == ' ') out.erase(0, 1);
  return out.substr(0, 80);
}

struct Exception {
  std::string reason;
  bool needed = false;
};

std::map<std::string, Exception> read_exceptions(const Tree& tree, Faults& faults) {
  std::map<std::string, Exception> out;
  for (const auto& line : tree.lines(kExceptionsFile)) {
    if (line.empty() || line[0] == '#') continue;
    const auto colon = line.find(": ");
    if (colon == std::string::npos || colon + 2 >= line.size()) {
      faults.push_back(std::string(kExceptionsFile) + ": '" + line + "' gives no reason; write 'path: reason'");
    } else {
      out[line.substr(0, colon)].reason = line.substr(colon + 2);
    }
  }
  if (out.size() > kExceptions) {
    faults.push_back(std::string(kExceptionsFile) + ": " + std::to_string(out.size()) + " exceptions, at most " +
                     std::to_string(kExceptions));
  }
  return out;
}

Faults faults_of_file(const Tree& tree, const std::string& file) {
  Faults faults;
  const bool header = ends_with(file, ".h");
  const size_t limit = header ? kHeaderLines : kFileLines;
  if (const size_t n = tree.lines(file).size(); n > limit) {
    faults.push_back(file + ": " + std::to_string(n) + " lines, at most " + std::to_string(limit));
  }
  if (!header && !ends_with(file, ".cpp")) return faults;
  for (const auto& function : functions_of(tree.text(file))) {
    if (function.lines() <= kFunctionLines) continue;
    faults.push_back(file + ":" + std::to_string(function.first_line) + ": " + std::to_string(function.lines()) +
                     " lines in '" + function.head + "', at most " + std::to_string(kFunctionLines));
  }
  return faults;
}

}  // namespace

std::string without_comments_and_literals(const std::string& cpp) {
  std::string out = cpp;
  bool line_is_empty = true;
  for (size_t i = 0; i < cpp.size();) {
    size_t n = line_is_empty && cpp[i] == '#' ? preprocessor_length(cpp, i) : blank_length(cpp, i);
    if (n == 0) {
      line_is_empty = cpp[i] == '\n' || (line_is_empty && std::isspace(static_cast<unsigned char>(cpp[i])) != 0);
      ++i;
      continue;
    }
    for (; n > 0; --n, ++i)
      if (cpp[i] != '\n') out[i] = ' ';
  }
  return out;
}

std::vector<Function> functions_of(const std::string& cpp) {
  static const std::regex access(R"re((public|private|protected)\s*)re");
  const std::string text = without_comments_and_literals(cpp);
  std::vector<Function> functions;
  std::vector<BlockKind> open;
  std::string head;
  size_t line = 1, head_line = 1;
  int inside = 0;  // braces inside a function or an initialiser, where only braces count
  for (const char c : text) {
    if (c == '\n') ++line;
    if (inside > 0) {
      inside += c == '{' ? 1 : c == '}' ? -1 : 0;
      if (inside == 0 && open.back() == BlockKind::kFunction) functions.back().last_line = line;
      if (inside == 0) open.pop_back();
    } else if (c == '{') {
      const std::string bare = bare_of(head);
      const bool value = is_member_value(bare);
      open.push_back(value ? BlockKind::kOther : kind_of(bare));
      if (open.back() != BlockKind::kContainer) inside = 1;
      if (open.back() == BlockKind::kFunction) functions.push_back({one_line(head), head_line, line});
      value ? head.push_back('}') : head.clear();
    } else if (c == '}' || c == ';') {
      if (c == '}' && !open.empty()) open.pop_back();
      head.clear();
    } else if (c == ':' && std::regex_match(head, access)) {
      head.clear();
    } else if (!head.empty() || std::isspace(static_cast<unsigned char>(c)) == 0) {
      if (head.empty()) head_line = line;
      head += c;
    }
  }
  return functions;
}

Faults size_faults(const Tree& tree) {
  Faults faults;
  auto exceptions = read_exceptions(tree, faults);
  for (const auto& file : tree.files) {
    const bool measured = file == "run" || ends_with(file, ".cpp") || ends_with(file, ".h") || ends_with(file, ".py") ||
                          ends_with(file, ".cmake");
    if (!measured) continue;
    const auto found = faults_of_file(tree, file);
    const auto exception = exceptions.find(file);
    if (exception == exceptions.end()) {
      faults.insert(faults.end(), found.begin(), found.end());
    } else {
      exception->second.needed = !found.empty();
    }
  }
  for (const auto& entry : exceptions)
    if (!entry.second.needed)
      faults.push_back(std::string(kExceptionsFile) + ": " + entry.first + " needs no exception");
  return faults;
}

}  // namespace asterism::house
