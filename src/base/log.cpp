#include "base/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <atomic>
#include <memory>

#include "base/clock.h"
#include "base/progress.h"

namespace asterism::base {
namespace {

std::atomic<LogLevel> lowest_level{LogLevel::info};
std::atomic<bool> as_json{false};

// spdlog does the locking and the writing; what a line looks like is decided here.
spdlog::logger& lines() {
  static auto* logger = [] {
    auto made = new spdlog::logger("asterism", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    return made;  // never destroyed: other static objects may still log
  }();
  return *logger;
}

void write_line(std::string_view line) {
  clear_progress_line();
  lines().log(spdlog::level::critical, spdlog::string_view_t(line.data(), line.size()));
}

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
  }
  return "error";
}

// "12:03:07 warning: "; information is the usual case and carries no name.
std::string prefix(LogLevel level) {
  const std::string time = utc_now_iso().substr(11, 8);
  return level == LogLevel::info ? time + ' ' : fmt::format("{} {}: ", time, name_of(level));
}

// Texts out of files may hold terminal escapes: only newlines and tabs pass.
std::string without_controls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const bool control = (uint8_t(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7F;
    if (control) {
      out += fmt::format("\\x{:02x}", uint8_t(c));
    } else {
      out += c;
    }
  }
  return out;
}

JsonLine json_prefix(LogLevel level) { return JsonLine().add("time", utc_now_iso(true)).add("level", name_of(level)); }

}  // namespace

void set_log_level(LogLevel lowest) { lowest_level = lowest; }
LogLevel log_level() { return lowest_level; }
void set_json_lines(bool on) { as_json = on; }
bool json_lines() { return as_json; }
bool stderr_is_terminal() { return isatty(STDERR_FILENO) == 1; }

void log_message(LogLevel level, std::string_view message) {
  if (level < log_level()) return;
  write_line(json_lines() ? json_prefix(level).add("message", message).str()
                          : prefix(level) + without_controls(message));
}

void log_event(LogLevel level, std::string_view event, const JsonLine& fields) {
  if (level < log_level()) return;
  if (json_lines()) {
    JsonLine line = json_prefix(level).add("event", event);
    for (const auto& [key, json] : fields.entries()) line.add_raw(key, json);
    write_line(line.str());
    return;
  }
  std::string line = prefix(level) + without_controls(event) + ':';
  for (const auto& [key, json] : fields.entries()) line += fmt::format(" {}={}", without_controls(key), json);
  write_line(line);
}

}  // namespace asterism::base
