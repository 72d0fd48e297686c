#include "base/signals.h"

#include <atomic>
#include <csignal>

namespace asterism::base {
namespace {

std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may touch lock-free atomics only");

void on_signal(int signal) {
  stop = true;
  if (signal == SIGINT) std::signal(SIGINT, SIG_DFL);
}

}  // namespace

void install_stop_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;  // reads and writes under way go on; loops ask the flag
  sigemptyset(&action.sa_mask);
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
}

bool stop_requested() { return stop; }
void stop_if_requested(const std::string& sentence) {
  if (stop) throw Interrupted(sentence);
}
void request_stop() { stop = true; }
void clear_stop_request() { stop = false; }

}  // namespace asterism::base
