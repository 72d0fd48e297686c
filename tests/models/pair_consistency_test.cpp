#include "models/pair_consistency.h"

#include <gtest/gtest.h>

#include <cmath>

#include "nn/optim.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

using Network = AnyToAny::Network;

AnyToAnySettings consistency_settings(const std::string& head) {
  auto settings = tiny::scalar_model();
  settings.scalar_head = head;
  return settings;
}

// A network with the scales and bins, and the weights, of a model of the same settings.
struct PairConsistencyFixture {
  explicit PairConsistencyFixture(const std::string& head = "bins") : model(consistency_settings(head)) {
    model.fit(batch);
    net = std::make_unique<Network>(consistency_settings(head), Codecs{}, at::kFloat);
    net->scalars->fit(batch);
    for (size_t m = 0; m < net->names.size(); ++m) {
      const auto& block = batch.blocks.at(net->names[m]);
      net->codecs.at(net->names[m])->fit(block);
      net->heads[m]->fit(std::get<modalities::ScalarBlock>(block));
    }
  }
  at::Tensor differences(const modalities::Batch& of, int64_t epoch = 1) const {
    const std::vector<uint8_t> all(net->names.size(), 1);
    const auto observed = net->observe(of, all, all, nullptr);
    return pair_differences(*net, observed, {5, epoch, true});
  }
  modalities::Batch batch = tiny::scalars(60);
  AnyToAny model;
  std::unique_ptr<Network> net;
};

double ln_p(const AnyToAny& model, const modalities::Batch& object, const std::string& target,
            const std::string& given) {
  PredictRequest request;
  request.targets = {target};
  if (given.empty())
    request.unconditional = true;
  else
    request.given = {given};
  const double truth = std::get<modalities::ScalarBlock>(object.blocks.at(target)).value[0];
  return model.predict(object, request)
      .scalars.at(target)
      .log_density_N(at::full({1}, truth, at::kDouble))
      .item<double>();
}

// Each is the difference of one of the three pairs, as the finished model tells it.
TEST(PairConsistency, IsWhatThePosteriorsSay) {
  for (const char* head : {"bins", "mixture"}) {
    const PairConsistencyFixture f(head);
    const auto found = f.differences(f.batch);
    ASSERT_EQ(found.size(0), 60) << head;
    std::map<std::string, int> seen;
    for (const int64_t i : {0, 3, 11, 20, 33, 47}) {
      auto object = modalities::select(f.batch, {i});
      for (auto& [name, block] : object.blocks) {
        auto& scalar = std::get<modalities::ScalarBlock>(block);
        scalar.has_error = false;
        scalar.error.assign(1, 0);
      }
      double nearest = 1e9;
      std::string which;
      for (const auto& [a, b] : {std::pair("flux_g", "flux_r"), {"flux_g", "redshift"}, {"flux_r", "redshift"}}) {
        const double difference = ln_p(f.model, object, a, "") + ln_p(f.model, object, b, a) -
                                  ln_p(f.model, object, b, "") - ln_p(f.model, object, a, b);
        const double off = std::abs(std::abs(difference) - std::abs(found[i].item<double>()));
        if (off < nearest) nearest = off, which = std::string(a) + b;
      }
      EXPECT_LT(nearest, 2e-4) << head << " " << i;
      ++seen[which];
    }
    EXPECT_GT(seen.size(), 1U) << head;
  }
}

TEST(PairConsistency, AnObjectsPairIsItsOwn) {
  PairConsistencyFixture f;
  const auto all = f.differences(f.batch), one = f.differences(modalities::select(f.batch, {7}));
  EXPECT_NEAR(all[7].item<double>(), one[0].item<double>(), 1e-4);
  EXPECT_FALSE(at::allclose(all, f.differences(f.batch, 2)));  // another epoch, other pairs
  auto poor = f.batch;
  for (const char* name : {"flux_g", "flux_r"}) tiny::remove(poor, name, 4);
  EXPECT_EQ(f.differences(poor).size(0), 59);
  poor.blocks.erase("flux_g");
  poor.blocks.erase("flux_r");
  EXPECT_EQ(f.differences(poor).size(0), 0);
}

TEST(PairConsistency, TrainingWithItMakesOneDistribution) {
  const auto train = tiny::scalars(2000);
  double off[2];
  for (const double weight : {0.0, 3.0}) {
    auto settings = tiny::scalar_model();
    settings.pair_consistency = weight;
    AnyToAny model(settings);
    model.fit(train);
    nn::AdamW optimiser(model.parameters(), {});
    for (int64_t step = 0; step < 120; ++step) {
      std::vector<int64_t> rows;
      for (int64_t i = 0; i < 128; ++i) rows.push_back((step * 128 + i) % 2000);
      model.parameters().zero_grad();
      const auto outcome = model.loss(modalities::select(train, rows), {1, step, true});
      EXPECT_EQ(outcome.figures.contains("pair_difference"), weight > 0);
      outcome.loss.backward();
      optimiser.step(5e-3 * std::min(1.0, 3 * double(120 - step) / 120));
    }
    double sum = 0;
    for (int64_t i = 0; i < 60; ++i) {
      auto object = tiny::scalars(1, 90000 + i);
      auto& g = std::get<modalities::ScalarBlock>(object.blocks.at("flux_g"));
      g.has_error = false;
      g.error.assign(1, 0);
      const double difference = ln_p(model, object, "flux_g", "") + ln_p(model, object, "redshift", "flux_g") -
                                ln_p(model, object, "redshift", "") - ln_p(model, object, "flux_g", "redshift");
      if (std::isfinite(difference)) sum += std::abs(difference);
    }
    off[weight > 0] = sum;
  }
  EXPECT_LT(off[1], 0.7 * off[0]);
}

}  // namespace
}  // namespace asterism::models
