#include "nn/in_threads.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/TensorIterator.h>
#include <ATen/ThreadLocalState.h>

#include <algorithm>
#include <atomic>

#include "base/error.h"
#include "nn/bytes_here.h"

namespace asterism::nn {
namespace {

constexpr int64_t kParts = 8;  // that a thread takes, if all are equally fast

}  // namespace

int64_t threads_here() { return at::in_parallel_region() ? 1 : at::get_num_threads(); }

void in_threads(int64_t count, int64_t grain, const std::function<void(int64_t, int64_t)>& work) {
  if (count <= 0) return;
  ASTERISM_CHECK(grain > 0, "a grain of {}", grain);
  const int64_t threads = threads_here();
  if (threads < 2 || count <= grain) return work(0, count);
  // Several parts a thread, each taken by whichever is free: cores are not equally fast, nor are parts.
  const int64_t each = std::max(grain, (count + kParts * threads - 1) / (kParts * threads));
  const int64_t parts = (count + each - 1) / each;
  std::atomic<int64_t> next{0};
  // One byte a thread, to which nothing is written.
  auto bytes = at::empty({std::min(threads, parts)}, at::kByte);
  auto iterator = at::TensorIterator::nullary_op(bytes);
  const at::ThreadLocalState state;
  const bool in_bytes = BytesHere::now();
  iterator.for_each(
      [&](char**, const int64_t*, int64_t, int64_t) {
        const at::ThreadLocalStateGuard guard(state);
        const BytesHere as_caller(in_bytes);
        for (int64_t part = next++; part < parts; part = next++) work(part * each, std::min(count, (part + 1) * each));
      },
      1);
}

}  // namespace asterism::nn
