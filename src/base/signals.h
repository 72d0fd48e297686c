#pragma once
// SIGTERM and SIGINT as a flag: long loops ask between two steps, save, and leave with base::kExitInterrupted.

#include <stdexcept>
#include <string>

namespace asterism::base {

// Work that was stopped by a signal and left nothing half-written: exit 75.
class Interrupted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Installs the handlers; once, from main. A second SIGINT ends the process at once, as usual.
void install_stop_signals();

// Has someone asked us to stop?
bool stop_requested();
// Throws Interrupted with this sentence if so.
void stop_if_requested(const std::string& sentence);

// The same from inside, and back again: for servers and tests.
void request_stop();
void clear_stop_request();

}  // namespace asterism::base
