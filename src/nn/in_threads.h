#pragma once
// A range of indices in the threads that libtorch's own operators use. (at::parallel_for is a template of a header: it
// uses threads only where the compiler that reads it was told of OpenMP, and of the OpenMP that libtorch was built
// with. Ours is not, and did everything in one thread.)

#include <cstdint>
#include <functional>

namespace asterism::nn {

// work(begin, end) for parts of 0 .. count - 1 that together are all of it, of at least `grain` indices each but the
// last; at once where there are threads to be had and this is not within such work already, each part by whichever
// thread is free. Within it libtorch's operators use one thread. What the caller set for its thread (gradients,
// autocast) holds in all of them. An exception of any part reaches the caller.
void in_threads(int64_t count, int64_t grain, const std::function<void(int64_t begin, int64_t end)>& work);

// How many parts could be worked on at once here: 1 within such work.
int64_t threads_here();

}  // namespace asterism::nn
