#include "nn/in_threads.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/TensorIterator.h>
#include <ATen/ThreadLocalState.h>

#include <algorithm>

#include "base/error.h"
#include "nn/bytes_here.h"

namespace asterism::nn {

int64_t threads_here() { return at::in_parallel_region() ? 1 : at::get_num_threads(); }

void in_threads(int64_t count, int64_t grain, const std::function<void(int64_t, int64_t)>& work) {
  if (count <= 0) return;
  ASTERISM_CHECK(grain > 0, "a grain of {}", grain);
  const int64_t threads = threads_here(), each = std::max(grain, (count + threads - 1) / threads);
  const int64_t parts = (count + each - 1) / each;
  if (parts < 2) return work(0, count);
  // One byte a part: where a part's byte lies says which it is. Nothing is written to it.
  auto bytes = at::empty({parts}, at::kByte);
  const auto* first = static_cast<const char*>(bytes.const_data_ptr());
  auto iterator = at::TensorIterator::nullary_op(bytes);
  const at::ThreadLocalState state;
  const bool in_bytes = BytesHere::now();
  iterator.for_each(
      [&](char** data, const int64_t*, int64_t size, int64_t rows) {
        ASTERISM_CHECK(rows == 1, "{} rows of parts", rows);
        const int64_t from = data[0] - first, begin = from * each, end = std::min(count, (from + size) * each);
        const at::ThreadLocalStateGuard guard(state);
        const BytesHere as_caller(in_bytes);
        if (begin < end) work(begin, end);
      },
      1);
}

}  // namespace asterism::nn
