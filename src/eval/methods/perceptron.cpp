#include "eval/methods/perceptron.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <string>

#include "base/error.h"
#include "base/random.h"
#include "eval/methods/neighbours.h"
#include "nn/linear.h"
#include "nn/optim.h"
#include "nn/parameters.h"
#include "nn/scope.h"

namespace asterism::eval {
namespace {

using Loss = std::function<at::Tensor(const at::Tensor& out_BT, const at::Tensor& rows_B)>;

// Kept units count for those that are dropped.
at::Tensor kept(const at::Tensor& shape_BH, double dropout, base::Random& random) {
  auto out = at::empty(shape_BH.sizes(), at::kFloat);
  auto* numbers = out.mutable_data_ptr<float>();
  const auto factor = float(1 / (1 - dropout));
  for (int64_t i = 0; i < out.numel(); ++i) numbers[i] = random.uniform() < dropout ? 0.0F : factor;
  return out;
}

// The layers after training; x_MD is scaled.
std::vector<nn::Linear> learn(nn::Parameters& parameters, const at::Tensor& x_MD, int64_t targets, const Loss& loss_of,
                              const PerceptronSettings& s) {
  const nn::Scope root(parameters, s.seed);
  std::vector<nn::Linear> layers;
  int64_t width = x_MD.size(1);
  for (size_t i = 0; i <= s.hidden.size(); ++i) {
    const int64_t next = i < s.hidden.size() ? s.hidden[i] : targets;
    layers.emplace_back(root / std::to_string(i), width, next);
    width = next;
  }
  nn::AdamWSettings adam{.learning_rate = s.learning_rate, .beta2 = 0.999, .weight_decay = 0};
  nn::AdamW optimiser(parameters, adam);
  const at::AutoGradMode with_gradients(true);
  const int64_t rows = x_MD.size(0), batches = (rows + s.batch - 1) / s.batch;
  const int64_t epochs = std::max(s.epochs, (s.least_steps + batches - 1) / batches);
  std::vector<int64_t> order(size_t(rows), 0);
  std::iota(order.begin(), order.end(), 0);
  for (int64_t epoch = 0; epoch < epochs; ++epoch) {
    base::Random random(s.seed, uint64_t(epoch), 0, "perceptron");
    random.shuffle(order);
    for (int64_t first = 0; first < rows; first += s.batch) {
      const auto some =
          at::tensor(at::IntArrayRef(order).slice(size_t(first), size_t(std::min(s.batch, rows - first))));
      auto h = x_MD.index_select(0, some);
      for (size_t i = 0; i < layers.size(); ++i) {
        h = layers[i](h);
        if (i + 1 == layers.size()) break;
        h = at::relu(h);
        if (s.dropout > 0) h = h * kept(h, s.dropout, random);
      }
      parameters.zero_grad();
      loss_of(h, some).backward();
      optimiser.step(s.learning_rate);
    }
  }
  return layers;
}

}  // namespace

Perceptron Perceptron::fit(const at::Tensor& x_MD, const at::Tensor& y_MT, const PerceptronSettings& settings) {
  ASTERISM_CHECK(x_MD.dim() == 2 && y_MT.dim() == 2 && y_MT.size(0) == x_MD.size(0) && x_MD.size(0) > 0,
                 "{} rows for {}", y_MT.size(0), x_MD.size(0));
  Perceptron out;
  const auto scaler = Scaler::fit(x_MD), targets = Scaler::fit(y_MT);
  out.mean_D_ = scaler.mean_D;
  out.scale_D_ = scaler.scale_D;
  out.shift_T_ = targets.mean_D;
  out.factor_T_ = at::where(targets.scale_D.isinf(), 0.0, targets.scale_D);  // a constant one
  const auto wanted = targets(y_MT).to(at::kFloat);
  nn::Parameters parameters;
  const auto layers = learn(
      parameters, scaler(x_MD).to(at::kFloat), y_MT.size(1),
      [&](const at::Tensor& y, const at::Tensor& rows) { return (y - wanted.index_select(0, rows)).square().mean(); },
      settings);
  out.keep(layers);
  return out;
}

Perceptron Perceptron::fit_classes(const at::Tensor& x_MD, const at::Tensor& class_M, int64_t classes,
                                   const PerceptronSettings& settings) {
  ASTERISM_CHECK(x_MD.dim() == 2 && class_M.dim() == 1 && class_M.size(0) == x_MD.size(0) && x_MD.size(0) > 0,
                 "{} classes for {} rows", class_M.size(0), x_MD.size(0));
  Perceptron out;
  const auto scaler = Scaler::fit(x_MD);
  out.mean_D_ = scaler.mean_D;
  out.scale_D_ = scaler.scale_D;
  out.shift_T_ = at::zeros({classes}, at::kDouble);
  out.factor_T_ = at::ones({classes}, at::kDouble);
  nn::Parameters parameters;
  const auto layers = learn(
      parameters, scaler(x_MD).to(at::kFloat), classes,
      [&](const at::Tensor& y, const at::Tensor& rows) {
        return at::cross_entropy_loss(y, class_M.index_select(0, rows));
      },
      settings);
  out.keep(layers);
  return out;
}

void Perceptron::keep(const std::vector<nn::Linear>& layers) {
  for (const auto& layer : layers) {
    weights_.push_back(layer.weight.detach());
    biases_.push_back(layer.bias.detach());
  }
}

at::Tensor Perceptron::predict(const at::Tensor& x_ND) const {
  const at::NoGradGuard no_grad;
  auto h = ((x_ND.to(at::kDouble) - mean_D_) / scale_D_).to(at::kFloat);
  for (size_t i = 0; i < weights_.size(); ++i) {
    h = at::linear(h, weights_[i], biases_[i]);
    if (i + 1 < weights_.size()) h = at::relu(h);
  }
  return h.to(at::kDouble) * factor_T_ + shift_T_;
}

}  // namespace asterism::eval
