#pragma once
// The three ways anything fails here. The command line turns UserError into exit 2, DataError into exit 3 and
// CheckError into exit 70; a server turns them into 400, 422 and 500 for the one request.
//
// A message says what happened, where, and what to do next; one sentence each, no stack of wrapped texts.

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asterism::base {

// The user asked for something that cannot be: a wrong flag, setting or request. Name the nearest valid choice.
class UserError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A file is not what it should be: name the file, HDU or row group, row, column, the value found and the value allowed.
class DataError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Our own fault: a broken promise inside the program.
class CheckError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void fail_check(const char* file, int line, const char* expression, const std::string& message);

// Formats like fmt::format and throws: base::user_error("no survey '{}'; the nearest is '{}'", a, b).
template <class... Args>
[[noreturn]] void user_error(fmt::format_string<Args...> text, Args&&... args) {
  throw UserError(fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
[[noreturn]] void data_error(fmt::format_string<Args...> text, Args&&... args) {
  throw DataError(fmt::format(text, std::forward<Args>(args)...));
}

// The entry of `choices` with the smallest edit distance to `word` (ties: the first); empty when there are no choices.
std::string nearest(std::string_view word, const std::vector<std::string>& choices);

// "'gaia', 'sdss' and 'desi'": for messages that list what is allowed.
std::string quoted_list(const std::vector<std::string>& words);

inline constexpr int kExitUser = 2;
inline constexpr int kExitData = 3;
inline constexpr int kExitInternal = 70;
inline constexpr int kExitInterrupted = 75;  // SIGTERM: state saved, run again with --resume

}  // namespace asterism::base

// ASTERISM_CHECK(n == rows, "{} values for {} rows", n, rows): throws CheckError with the expression and the place.
#define ASTERISM_CHECK(expression, ...)                                                                            \
  do {                                                                                                             \
    if (!(expression)) ::asterism::base::fail_check(__FILE__, __LINE__, #expression, fmt::format("" __VA_ARGS__)); \
  } while (false)
