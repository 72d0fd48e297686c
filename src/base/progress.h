#pragma once
// How far a long job is, on stderr: a line that rewrites itself on a terminal, a plain line every few seconds when
// piped, JSON lines with --json, nothing with --quiet.
//   embedding  34%  3,400 of 10,000 objects  812/s  8 s left  (loss 0.31)

#include <cstdint>
#include <mutex>
#include <string>

#include "base/clock.h"

namespace asterism::base {

// add() may be called from several threads.
class Progress {
 public:
  // total 0: unknown, no percentage and no time left. already_done: what an earlier run did; not counted in the rate.
  Progress(std::string what, uint64_t total, std::string unit = "objects", uint64_t already_done = 0);
  ~Progress();  // finish()
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void add(uint64_t n = 1);
  void note(std::string text);  // a few words shown at the end of the line, e.g. the loss
  void finish();                // the last line, with the total time; later calls do nothing

  uint64_t done() const;
  double rate() const;  // per second since the start

 private:
  void show(bool last);
  std::string line(double seconds) const;

  mutable std::mutex mutex_;
  std::string what_, unit_, note_;
  uint64_t total_, done_, already_done_;
  Stopwatch watch_;
  double next_show_s_ = 0;
  bool finished_ = false;
};

// Clears a line that a Progress is rewriting, so that another message can be written; it is drawn again at its next
// turn.
void clear_progress_line();

}  // namespace asterism::base
