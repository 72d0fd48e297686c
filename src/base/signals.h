#pragma once
// SIGTERM and SIGINT as a flag: long loops ask between two steps, save, and leave with base::kExitInterrupted.

namespace asterism::base {

// Installs the handlers; once, from main. A second SIGINT ends the process at once, as usual.
void install_stop_signals();

// Has someone asked us to stop?
bool stop_requested();

// The same from inside, and back again: for servers and tests.
void request_stop();
void clear_stop_request();

}  // namespace asterism::base
