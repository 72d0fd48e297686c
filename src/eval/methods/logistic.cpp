#include "eval/methods/logistic.h"

#include <deque>

#include "base/error.h"
#include "eval/methods/neighbours.h"

namespace asterism::eval {
namespace {

constexpr int kMemory = 10, kMaxIterations = 300;
constexpr double kGradientTolerance = 1e-7;

struct Problem {
  at::Tensor x_MD, target_M, weight_M;  // features with a last column of ones; weights add up to the rows
  int64_t classes;
  double penalty;

  // The loss and its gradient with respect to the weights [D + 1, C]; the intercepts (last row) carry no penalty.
  double value(const at::Tensor& w, at::Tensor& gradient) const {
    const auto log_p = at::log_softmax(x_MD.mm(w), 1);
    const double rows = double(x_MD.size(0));
    auto residual = log_p.exp();
    const auto index = target_M.unsqueeze(1);
    residual.scatter_add_(1, index, at::full({x_MD.size(0), 1}, -1.0, at::kDouble));
    gradient = x_MD.t().mm(residual * weight_M.unsqueeze(1)) / rows;
    const auto body = w.slice(0, 0, w.size(0) - 1);
    gradient.slice(0, 0, w.size(0) - 1).add_(body, penalty);
    return -(log_p.gather(1, index).squeeze(1) * weight_M).mean().item<double>() +
           0.5 * penalty * body.square().sum().item<double>();
  }
};

struct Step {
  at::Tensor s, y;
  double rho;
};

// The L-BFGS direction from the last steps (two-loop recursion).
at::Tensor direction(const at::Tensor& gradient, const std::deque<Step>& memory) {
  auto q = gradient.clone();
  std::vector<double> alpha(memory.size());
  for (size_t i = memory.size(); i-- > 0;) {
    alpha[i] = memory[i].rho * (memory[i].s * q).sum().item<double>();
    q.sub_(memory[i].y, alpha[i]);
  }
  if (!memory.empty()) q.mul_(1 / (memory.back().rho * memory.back().y.square().sum().item<double>()));
  for (size_t i = 0; i < memory.size(); ++i) {
    const double beta = memory[i].rho * (memory[i].y * q).sum().item<double>();
    q.add_(memory[i].s, alpha[i] - beta);
  }
  return -q;
}

at::Tensor minimise(const Problem& problem, int64_t& iterations) {
  auto w = at::zeros({problem.x_MD.size(1), problem.classes}, at::kDouble);
  at::Tensor gradient;
  double value = problem.value(w, gradient);
  std::deque<Step> memory;
  for (iterations = 0; iterations < kMaxIterations; ++iterations) {
    if (gradient.abs().max().item<double>() < kGradientTolerance) break;
    auto d = direction(gradient, memory);
    double slope = (d * gradient).sum().item<double>();
    if (slope >= 0) {  // curvature lost to rounding: start again from steepest descent
      memory.clear();
      d = -gradient;
      slope = -gradient.square().sum().item<double>();
    }
    double length = 1, next_value = value;
    at::Tensor next, next_gradient;
    for (int tries = 0; tries < 40; ++tries, length *= 0.5) {
      next = w + length * d;
      next_value = problem.value(next, next_gradient);
      if (next_value <= value + 1e-4 * length * slope) break;
    }
    if (!(next_value < value)) break;
    const auto s = next - w, y = next_gradient - gradient;
    const double sy = (s * y).sum().item<double>();
    if (sy > 1e-300) memory.push_back({s, y, 1 / sy});
    if (memory.size() > kMemory) memory.pop_front();
    w = next;
    gradient = next_gradient;
    value = next_value;
  }
  return w;
}

at::Tensor with_ones(const at::Tensor& x) { return at::cat({x, at::ones({x.size(0), 1}, at::kDouble)}, 1); }

double left_out_loss(const at::Tensor& x, const at::Tensor& target, const at::Tensor& weight, const at::Tensor& fold,
                     int64_t classes, double penalty) {
  double loss = 0;
  int64_t iterations = 0;
  for (int64_t f = 0; f <= fold.max().item<int64_t>(); ++f) {
    const auto out = fold.eq(f).nonzero().flatten(), in = fold.ne(f).nonzero().flatten();
    if (out.numel() == 0 || in.numel() == 0) continue;
    const auto w = minimise(
        {x.index_select(0, in), target.index_select(0, in), weight.index_select(0, in), classes, penalty}, iterations);
    const auto log_p = at::log_softmax(x.index_select(0, out).mm(w), 1);
    const auto each = log_p.gather(1, target.index_select(0, out).unsqueeze(1)).squeeze(1);
    loss -= (each * weight.index_select(0, out)).sum().item<double>();
  }
  return loss;
}

}  // namespace

Logistic Logistic::fit(const at::Tensor& x_MD, std::span<const int64_t> labels, std::span<const int64_t> fold,
                       std::vector<double> penalties, bool classes_alike) {
  ASTERISM_CHECK(x_MD.dim() == 2 && int64_t(labels.size()) == x_MD.size(0) && !labels.empty() && !penalties.empty(),
                 "{} labels", labels.size());
  at::NoGradGuard no_grad;
  const auto scaler = Scaler::fit(x_MD);
  Logistic out;
  out.mean_D = scaler.mean_D;
  out.scale_D = scaler.scale_D;
  out.classes.assign(labels.begin(), labels.end());
  std::sort(out.classes.begin(), out.classes.end());
  out.classes.erase(std::unique(out.classes.begin(), out.classes.end()), out.classes.end());
  std::vector<int64_t> column;
  for (const int64_t label : labels)
    column.push_back(std::lower_bound(out.classes.begin(), out.classes.end(), label) - out.classes.begin());
  const auto target = at::tensor(column, at::kLong);
  const auto x = with_ones(scaler(x_MD));
  const auto classes = int64_t(out.classes.size());
  auto weight = at::ones({x.size(0)}, at::kDouble);
  if (classes_alike) {
    const auto count = at::bincount(target, {}, classes).to(at::kDouble);
    weight = (double(x.size(0)) / double(classes) / count).index_select(0, target);
  }
  out.penalty = penalties.front();
  if (penalties.size() > 1 && !fold.empty()) {
    const auto fold_M = at::from_blob(const_cast<int64_t*>(fold.data()), {x.size(0)}, at::kLong);
    double best = INFINITY;
    for (const double penalty : penalties) {
      const double loss = left_out_loss(x, target, weight, fold_M, classes, penalty);
      if (loss < best) {
        best = loss;
        out.penalty = penalty;
      }
    }
  }
  const auto w = minimise({x, target, weight, classes, out.penalty}, out.iterations);
  out.weight_DC = w.slice(0, 0, w.size(0) - 1).contiguous();
  out.intercept_C = w.select(0, w.size(0) - 1).contiguous();
  return out;
}

at::Tensor Logistic::probabilities(const at::Tensor& x_ND) const {
  return at::softmax(((x_ND.to(at::kDouble) - mean_D) / scale_D).mm(weight_DC) + intercept_C, 1);
}

std::vector<int64_t> Logistic::predict(const at::Tensor& x_ND) const {
  const auto best = probabilities(x_ND).argmax(1).contiguous();
  std::vector<int64_t> out;
  for (int64_t i = 0; i < best.numel(); ++i) out.push_back(classes[size_t(best.const_data_ptr<int64_t>()[i])]);
  return out;
}

}  // namespace asterism::eval
