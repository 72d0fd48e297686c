#pragma once
// Work on rows of groups that do not see each other (images, objects), each span of groups from its first product to
// its last on one thread of its own, backward as forward: the threads of a CPU meet twice a step in place of twice an
// operator. On a device, with one thread, with few rows, or where the spans' gradients of the weights would take more
// than 4 GiB (each has its own until all are done), the work is done as it stands. Letters: R rows, S rows of a span, D
// width.

#include <ATen/ATen.h>

#include <functional>
#include <vector>

#include "nn/ranges.h"

namespace asterism::nn {

// rows [S, D] of `groups`, which follow `first` others in the whole -> [S, any]. Called from several threads at once:
// it must only read what they share, and work the same whichever groups come with it.
using SpanWork = std::function<at::Tensor(const at::Tensor& rows_SD, const Ranges& groups, int64_t first)>;

// work(x, groups, 0), in spans. Gradients reach x and those of `weights` that ask for one: name every tensor that the
// work reads and that learns. They are added up in the order of the spans, whatever thread is done first.
at::Tensor through_spans(const at::Tensor& x_RD, const Ranges& groups, const std::vector<at::Tensor>& weights,
                         const SpanWork& work);

// Cuts groups into at most `most` spans of about as many rows: where each starts, and the number of groups.
std::vector<int64_t> even_spans(const Ranges& groups, int64_t most);

}  // namespace asterism::nn
