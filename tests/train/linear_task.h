#pragma once
// The smallest objective that exercises the whole loop: y = w x + b, with dropout, from two scalars.

#include <filesystem>
#include <string>

#include "base/error.h"
#include "base/random.h"
#include "data/memory_source.h"
#include "io/json.h"
#include "modalities/scalar.h"
#include "nn/device.h"
#include "nn/nothing_to_learn.h"
#include "train/objective.h"

namespace asterism::train {

// n objects with y = 3 x - 1 + noise.
inline modalities::Batch line_objects(int64_t n, uint64_t seed = 1) {
  modalities::Batch batch;
  auto x = modalities::make_scalars(n, "", false), y = modalities::make_scalars(n, "", false);
  for (int64_t i = 0; i < n; ++i) {
    base::Random random(seed, 0, uint64_t(i), "line");
    batch.objects.push_back({.survey = "test", .id = "object-" + std::to_string(i)});
    x.present[size_t(i)] = y.present[size_t(i)] = 1;
    x.value[size_t(i)] = random.normal();
    y.value[size_t(i)] = 3 * x.value[size_t(i)] - 1 + 0.1 * random.normal();
  }
  batch.blocks["x"] = x;
  batch.blocks["y"] = y;
  return batch;
}

class LineObjective : public Objective {
 public:
  explicit LineObjective(double dropout = 0.2) : dropout_(dropout) {
    slope_ = parameters_.add("slope", at::zeros({1, 4}));
    offset_ = parameters_.add("offset", at::zeros({1}));
  }
  std::string kind() const override { return "line"; }
  nn::Outcome step(const modalities::Batch& batch, const StepContext& context) override {
    const auto& x = std::get<modalities::ScalarBlock>(batch.blocks.at("x"));
    const auto& y = std::get<modalities::ScalarBlock>(batch.blocks.at("y"));
    if (x.n == 0 || x.present[0] == 0) nn::nothing_to_learn("nothing to learn here");
    const auto there = [&](const auto& values) {
      return nn::onto(slope_.device(), at::tensor(at::ArrayRef<double>(values.data(), values.size())).to(at::kFloat));
    };
    const auto x_N1 = there(x.value).unsqueeze(1), y_N = there(y.value);
    const auto features = at::dropout(x_N1.expand({x.n, 4}), dropout_, context.training);
    const auto predicted = at::linear(features, slope_, offset_).squeeze(1);
    nn::Outcome out;
    const at::Tensor is_asked = at::tensor(at::ArrayRef<uint8_t>(y.present.data(), y.present.size()));
    out.loss = at::where(nn::onto(slope_.device(), is_asked).to(at::kBool), predicted - y_N, 0).square().mean();
    out.figures["mean"] = predicted.detach().mean();
    out.weight = double(x.n);
    ++calls;
    if (on_step) on_step(context);
    return out;
  }
  nn::Parameters& parameters() override { return parameters_; }
  void prepare(const modalities::Batch& sample) override { prepared = sample.size(); }
  void save(const std::filesystem::path& folder) const override {
    std::filesystem::create_directories(folder);
    io::write_json(folder / "config.json",
                   {{"slope", slope().sum().item<double>()}, {"offset", offset().item<double>()}});
  }
  at::Tensor slope() const { return slope_.detach().clone(); }
  at::Tensor offset() const { return offset_.detach().clone(); }
  int64_t calls = 0, prepared = 0;
  std::function<void(const StepContext&)> on_step;
  void calibrate(std::span<const modalities::Batch> validation) override {
    if (on_calibrate) on_calibrate(validation);
  }
  std::function<void(std::span<const modalities::Batch>)> on_calibrate;

 private:
  double dropout_;
  nn::Parameters parameters_;
  at::Tensor slope_, offset_;
};

// The loss, without dropout, of the line that save() left in `folder`.
inline double loss_of_saved(const std::filesystem::path& folder, const modalities::Batch& objects) {
  const auto line = io::read_json(folder / "config.json");
  const auto& x = std::get<modalities::ScalarBlock>(objects.blocks.at("x")).value;
  const auto& y = std::get<modalities::ScalarBlock>(objects.blocks.at("y")).value;
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double off = line["slope"].get<double>() * x[i] + line["offset"].get<double>() - y[i];
    sum += off * off;
  }
  return sum / double(x.size());
}

inline data::MemorySource line_source(int64_t n = 64, int64_t batch_size = 8) {
  return data::MemorySource(line_objects(n), {.batch_size = batch_size, .seed = 5});
}

}  // namespace asterism::train
