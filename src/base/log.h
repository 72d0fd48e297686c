#pragma once
// Messages to the person at the terminal, always on stderr: stdout is for data.
//   text mode:  12:03:07 warning: 3 rows of 1000 have no redshift
//   JSON mode:  {"time":"2025-06-01T12:03:07.123Z","level":"warning","message":"3 rows of 1000 have no redshift"}
// Safe from any thread.

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/json_line.h"

namespace asterism::base {

enum class LogLevel { debug, info, warning, error };

// What is shown from here on: --verbose debug, default info, --quiet warning.
void set_log_level(LogLevel lowest);
LogLevel log_level();

// --json: logs, events and progress become JSON lines.
void set_json_lines(bool on);
bool json_lines();

bool stderr_is_terminal();

void log_message(LogLevel level, std::string_view message);

// A structured line: `event` says which kind it is, `fields` what it holds.
//   log_event(LogLevel::info, "checkpoint", JsonLine().add("step", 500).add("path", p));
//   text: 12:03:07 checkpoint: step=500 path="run/500"      JSON:
//   {"time":...,"level":"info","event":"checkpoint","step":500,...}
void log_event(LogLevel level, std::string_view event, const JsonLine& fields);

template <class... Args>
void log_at(LogLevel level, fmt::format_string<Args...> text, Args&&... args) {
  if (level >= log_level()) log_message(level, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void log_debug(fmt::format_string<Args...> text, Args&&... args) {
  log_at(LogLevel::debug, text, std::forward<Args>(args)...);
}
template <class... Args>
void log_info(fmt::format_string<Args...> text, Args&&... args) {
  log_at(LogLevel::info, text, std::forward<Args>(args)...);
}
template <class... Args>
void log_warning(fmt::format_string<Args...> text, Args&&... args) {
  log_at(LogLevel::warning, text, std::forward<Args>(args)...);
}
template <class... Args>
void log_error(fmt::format_string<Args...> text, Args&&... args) {
  log_at(LogLevel::error, text, std::forward<Args>(args)...);
}

}  // namespace asterism::base
