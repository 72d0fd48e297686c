#pragma once
// One fixed pool of threads for the whole process. Work is cut into chunks that depend on (n, grain) alone, never on
// the number of threads, so a result made chunk by chunk is the same on every machine.

#include <cstddef>
#include <type_traits>

namespace asterism::base {

// Processors this process may run on (its affinity mask), at least 1.
int hardware_threads();

// Threads that parallel_for uses, the caller included: set_threads(), else ASTERISM_THREADS, else hardware_threads().
// A UserError when ASTERISM_THREADS is not a number from 1 to 4096.
int threads();
void set_threads(int n);  // n >= 1; 0 returns to the default. Not while a parallel_for runs.

namespace detail {
using ChunkFunction = void (*)(void* context, std::size_t begin, std::size_t end);
void run_chunks(std::size_t n, std::size_t grain, ChunkFunction function, void* context);
}  // namespace detail

// Calls f(begin, end) for [0, grain), [grain, 2 grain), ... up to n, on several threads, and returns when all are done.
// An exception stops the handing out of further chunks and is thrown again here: that of the lowest chunk that failed,
// whatever the timing. A parallel_for inside another, or while another thread's runs, runs on the calling thread.
// Needs grain >= 1.
template <class F>
void parallel_for(std::size_t n, std::size_t grain, F&& f) {
  using Body = std::remove_reference_t<F>;
  detail::run_chunks(
      n, grain, [](void* context, std::size_t begin, std::size_t end) { (*static_cast<Body*>(context))(begin, end); },
      const_cast<void*>(static_cast<const void*>(&f)));
}

}  // namespace asterism::base
