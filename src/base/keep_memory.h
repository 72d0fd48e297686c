#pragma once
// For programs that make and free the same large buffers in every step, as training does.

namespace asterism::base {

// Freed buffers of up to 64 MiB stay with the process (up to 1 GiB beside what is in use) instead of going back to the
// system, which would hand them out again page by page, zeroed: a tenth of a training step. Call once, at the start of
// a program. Without glibc: does nothing, returns false.
bool keep_freed_memory();

}  // namespace asterism::base
