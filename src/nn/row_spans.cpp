#include "nn/row_spans.h"

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/error.h"
#include "nn/autocast.h"
#include "nn/in_threads.h"

namespace asterism::nn {
namespace {

using torch::autograd::variable_list;

constexpr int64_t kLeastRows = 256;               // of a span: below, waking a thread costs more than it saves
constexpr int64_t kMostBytes = int64_t(4) << 30;  // of gradients of weights, of which every span has its own

struct Span {
  Ranges groups;
  int64_t first = 0, row = 0;  // groups and rows before it
  at::Tensor in, out;          // with the graph between them, where one is wanted
};

std::vector<Span> cut(const Ranges& groups, int64_t most) {
  const auto starts = even_spans(groups, most);
  std::vector<Span> out;
  for (size_t k = 0; k + 1 < starts.size(); ++k) {
    Span span;
    span.first = starts[k];
    span.row = groups.starts[size_t(starts[k])];
    for (int64_t g = starts[k]; g < starts[k + 1]; ++g) span.groups.add(groups.length(g));
    out.push_back(std::move(span));
  }
  return out;
}

// each(k) for every span, at once.
template <class Each>
void at_once(size_t spans, const Each& each) {
  in_threads(int64_t(spans), 1, [&](int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; ++k) each(size_t(k));
  });
}

struct Graphs : torch::CustomClassHolder {
  std::vector<Span> spans;
  std::vector<at::Tensor> weights;
};

// Sums of what the spans say, in their order; undefined where none says anything.
variable_list added_up(std::vector<variable_list> parts) {
  variable_list out = std::move(parts.front());
  for (size_t k = 1; k < parts.size(); ++k)
    for (size_t i = 0; i < out.size(); ++i) {
      if (!parts[k][i].defined()) continue;
      if (out[i].defined())
        out[i].add_(parts[k][i]);
      else
        out[i] = std::move(parts[k][i]);
    }
  return out;
}

struct Spans : torch::autograd::Function<Spans> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& x_RD,
                            const at::TensorList& weights, std::vector<Span> spans, const SpanWork& work) {
    auto graphs = c10::make_intrusive<Graphs>();
    graphs->spans = std::move(spans);
    graphs->weights = weights.vec();
    at_once(graphs->spans.size(), [&](size_t k) {
      const at::AutoGradMode learn(true);
      auto& span = graphs->spans[k];
      span.in = x_RD.detach().narrow(0, span.row, span.groups.rows()).detach().set_requires_grad(x_RD.requires_grad());
      span.out = work(span.in, span.groups, span.first);
    });
    std::vector<at::Tensor> out;
    for (const auto& span : graphs->spans) out.push_back(span.out.detach());
    context->saved_data["graphs"] = c10::IValue::make_capsule(graphs);
    return at::cat(out);
  }

  static variable_list backward(torch::autograd::AutogradContext* context, const variable_list& gradients) {
    auto* graphs = static_cast<Graphs*>(context->saved_data["graphs"].toCapsule().get());
    const bool reaches_x = graphs->spans.front().in.requires_grad();
    std::vector<at::Tensor> of_x(graphs->spans.size());
    std::vector<variable_list> of_weights(graphs->spans.size());
    at_once(graphs->spans.size(), [&](size_t k) {
      auto& span = graphs->spans[k];
      ASTERISM_CHECK(span.out.defined(), "a graph of spans goes backward once");
      auto inputs = graphs->weights;
      if (reaches_x) inputs.push_back(span.in);
      auto found = torch::autograd::grad({span.out}, inputs, {gradients[0].narrow(0, span.row, span.groups.rows())},
                                         false, false, true);
      if (reaches_x) {
        of_x[k] = found.back().defined() ? found.back() : at::zeros_like(span.in);
        found.pop_back();
      }
      of_weights[k] = std::move(found);
      span.out = at::Tensor();
    });
    variable_list out{reaches_x ? at::cat(of_x) : at::Tensor()};
    for (auto& gradient : added_up(std::move(of_weights))) out.push_back(std::move(gradient));
    out.resize(out.size() + 2);  // the spans and the work
    return out;
  }
};

}  // namespace

std::vector<int64_t> even_spans(const Ranges& groups, int64_t most) {
  ASTERISM_CHECK(most > 0, "{} spans", most);
  std::vector<int64_t> out{0};
  for (int64_t k = 1; k < most; ++k) {
    const int64_t wanted = groups.rows() * k / most;
    const auto after = std::lower_bound(groups.starts.begin(), groups.starts.end(), wanted);
    auto start = int64_t(after - groups.starts.begin());
    if (start > 0 && wanted - groups.starts[size_t(start - 1)] < groups.starts[size_t(start)] - wanted) --start;
    if (start > out.back() && start < groups.groups()) out.push_back(start);
  }
  out.push_back(groups.groups());
  return out;
}

at::Tensor through_spans(const at::Tensor& x_RD, const Ranges& groups, const std::vector<at::Tensor>& weights,
                         const SpanWork& work) {
  ASTERISM_CHECK(groups.rows() == x_RD.size(0), "{} rows in groups of {}", x_RD.size(0), groups.rows());
  const int64_t most = std::min(threads_here(), groups.rows() / kLeastRows);
  // narrower products are chosen by the thread that asks for them
  if (!x_RD.is_cpu() || most < 2 || precision_on_cpu() != Precision::fp32) return work(x_RD, groups, 0);
  auto spans = cut(groups, most);
  if (spans.size() < 2) return work(x_RD, groups, 0);
  std::vector<at::Tensor> learning;
  int64_t bytes = 0;
  for (const auto& weight : weights) {
    if (!weight.defined() || !weight.requires_grad()) continue;
    learning.push_back(weight);
    bytes += weight.numel() * weight.element_size();
  }
  if (at::GradMode::is_enabled() && (x_RD.requires_grad() || !learning.empty())) {
    if (bytes * int64_t(spans.size()) > kMostBytes) return work(x_RD, groups, 0);
    return Spans::apply(x_RD, at::TensorList(learning), std::move(spans), work);
  }
  at_once(spans.size(), [&](size_t k) {
    auto& span = spans[k];
    span.out = work(x_RD.narrow(0, span.row, span.groups.rows()), span.groups, span.first);
  });
  std::vector<at::Tensor> out;
  for (const auto& span : spans) out.push_back(span.out);
  return at::cat(out);
}

}  // namespace asterism::nn
