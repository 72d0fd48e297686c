#include "base/progress.h"

#include <fmt/format.h>

#include <atomic>
#include <cmath>
#include <cstdio>

#include "base/log.h"

namespace asterism::base {
namespace {

constexpr double kTerminalPeriod_s = 0.1, kPlainPeriod_s = 5;

std::atomic<bool> line_on_screen{false};

// 1234567 -> "1,234,567"
std::string grouped(uint64_t n) {
  std::string digits = std::to_string(n);
  for (auto i = int64_t(digits.size()) - 3; i > 0; i -= 3) digits.insert(size_t(i), 1, ',');
  return digits;
}

std::string rate_text(double rate) {
  if (rate >= 100) return grouped(uint64_t(std::llround(rate))) + "/s";
  return fmt::format("{:.3g}/s", rate);
}

}  // namespace

void clear_progress_line() {
  if (line_on_screen.exchange(false)) std::fputs("\r\x1b[K", stderr);
}

Progress::Progress(std::string what, uint64_t total, std::string unit, uint64_t already_done)
    : what_(std::move(what)), unit_(std::move(unit)), total_(total), done_(already_done), already_done_(already_done) {
  next_show_s_ = stderr_is_terminal() && !json_lines() ? kTerminalPeriod_s : kPlainPeriod_s;
}

Progress::~Progress() {
  try {
    finish();
  } catch (...) {  // NOLINT: a message that cannot be written must not end the program
  }
}

void Progress::add(uint64_t n) {
  const std::lock_guard lock(mutex_);
  done_ += n;
  if (!finished_ && watch_.seconds() >= next_show_s_) show(false);
}

void Progress::note(std::string text) {
  const std::lock_guard lock(mutex_);
  note_ = std::move(text);
}

void Progress::finish() {
  const std::lock_guard lock(mutex_);
  if (finished_) return;
  finished_ = true;
  show(true);
}

uint64_t Progress::done() const {
  const std::lock_guard lock(mutex_);
  return done_;
}

double Progress::rate() const {
  const std::lock_guard lock(mutex_);
  return double(done_ - already_done_) / std::max(watch_.seconds(), 1e-9);
}

std::string Progress::line(double seconds) const {
  const double rate = double(done_ - already_done_) / std::max(seconds, 1e-9);
  std::string text = what_;
  if (total_ > 0) {
    text += fmt::format("  {:.0f}%  {} of {} {}", 100 * double(done_) / double(total_), grouped(done_), grouped(total_),
                        unit_);
  } else {
    text += fmt::format("  {} {}", grouped(done_), unit_);
  }
  text += "  " + rate_text(rate);
  if (finished_) {
    text += "  in " + format_duration(seconds);
  } else if (total_ > done_ && rate > 0) {
    text += "  " + format_duration(double(total_ - done_) / rate) + " left";
  }
  return note_.empty() ? text : text + "  (" + note_ + ")";
}

void Progress::show(bool last) {
  if (log_level() > LogLevel::info) return;
  const double seconds = watch_.seconds();
  if (json_lines()) {
    JsonLine fields;
    fields.add("what", what_).add("done", done_).add("unit", unit_).add("seconds", seconds).add("finished", last);
    if (total_ > 0) fields.add("total", total_);
    if (!note_.empty()) fields.add("note", note_);
    log_event(LogLevel::info, "progress", fields);
    next_show_s_ = seconds + kPlainPeriod_s;
  } else if (stderr_is_terminal() && !last) {
    std::fprintf(stderr, "\r%s\x1b[K", line(seconds).c_str());
    line_on_screen = true;
    next_show_s_ = seconds + kTerminalPeriod_s;
  } else {
    log_message(LogLevel::info, line(seconds));
    next_show_s_ = seconds + kPlainPeriod_s;
  }
}

}  // namespace asterism::base
