#include "infer/joint_draws.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "nn/optim.h"
#include "tests/models/tiny_sky.h"

namespace asterism::infer {
namespace {

using testing::HasSubstr;

models::AnyToAny model_of(const modalities::Batch& sky) {
  models::AnyToAny model(models::tiny::scalar_model());
  model.fit(sky);
  return model;
}

models::PredictRequest ask(std::vector<std::string> given, std::vector<std::string> targets) {
  models::PredictRequest request;
  request.given = std::move(given);
  request.targets = std::move(targets);
  request.sampler.seed = 3;
  return request;
}

at::Tensor all(int64_t n) { return at::ones({n}, at::kBool); }

std::string joint_refusal(const models::Predictor& model, const std::vector<std::string>& targets) {
  try {
    check_joint(model, targets);
    return "";
  } catch (const base::UserError& error) {
    return error.what();
  }
}

// Column by name, row i, as numbers.
std::vector<float> row_of(const NewColumns& columns, const std::string& name, int64_t i) {
  for (const auto& [field, array] : columns) {
    if (field->name() != name) continue;
    const auto& list = dynamic_cast<const arrow::FixedSizeListArray&>(*array);
    const auto& values = dynamic_cast<const arrow::FloatArray&>(*list.values());
    std::vector<float> out;
    for (int64_t k = 0; k < list.value_length(); ++k) out.push_back(values.Value(list.value_offset(i) + k));
    return out;
  }
  ADD_FAILURE() << "no column " << name;
  return {};
}

TEST(JointDraws, OnePlaceOfTheListsIsOneChain) {
  const auto sky = models::tiny::scalars(30);
  const auto model = model_of(sky);
  const auto request = ask({"flux_g"}, {"redshift", "flux_r"});
  NewColumns columns;
  add_joint_draws(model, sky, request, 4, all(30), columns);
  ASSERT_EQ(columns.size(), 2U);
  EXPECT_EQ(columns[1].first->metadata()->Get("unit").ValueOrDie(), "nmgy");
  auto chained = request;
  chained.sampler.samples = 4;
  const auto drawn = model.sample_joint(sky, chained);
  for (const int64_t i : {0, 17})
    for (size_t s = 0; s < 4; ++s)
      for (const char* target : {"redshift", "flux_r"})
        EXPECT_EQ(row_of(columns, std::string(target) + "_joint", i)[s],
                  float(std::get<modalities::ScalarBlock>(drawn[s].blocks.at(target)).value[size_t(i)]));
}

TEST(JointDraws, AnObjectIsDrawnAlikeInAnyCompany) {
  auto sky = models::tiny::sky(6);
  models::tiny::remove(sky, "flux_g", 2);
  models::AnyToAny model(models::tiny::sky_model(), models::tiny::codecs(sky));
  model.fit(sky);
  // with an image given draws are made one after the other, of scalars alone at once: the same draws
  for (const auto& given : {std::vector<std::string>{"image_legacy"}, std::vector<std::string>{"flux_g"}}) {
    NewColumns together, alone;
    const auto request = ask(given, {"flux_r", "redshift"});
    add_joint_draws(model, sky, request, 3, all(6), together);
    add_joint_draws(model, modalities::select(sky, {4}), request, 3, all(1), alone);
    for (const char* name : {"flux_r_joint", "redshift_joint"}) {
      const auto one = row_of(alone, name, 0), of_six = row_of(together, name, 4);
      ASSERT_EQ(one.size(), 3U);
      EXPECT_NE(one[0], one[1]);
      for (size_t s = 0; s < 3; ++s) EXPECT_NEAR(one[s], of_six[s], 1e-4 * std::abs(one[s]) + 1e-6);
    }
    auto chained = request;
    chained.sampler.samples = 3;
    const auto drawn = model.sample_joint(sky, chained);
    EXPECT_EQ(row_of(together, "redshift_joint", 1)[2],
              float(std::get<modalities::ScalarBlock>(drawn[2].blocks.at("redshift")).value[1]));
  }
}

TEST(JointDraws, NothingGivenIsNull) {
  const auto sky = models::tiny::scalars(3);
  const auto model = model_of(sky);
  NewColumns columns;
  auto present = all(3);
  present[1] = false;
  add_joint_draws(model, sky, ask({"flux_g"}, {"redshift", "flux_r"}), 2, present, columns);
  EXPECT_FALSE(columns[0].second->IsNull(0));
  EXPECT_TRUE(columns[0].second->IsNull(1));
}

// A model that has learned how two numbers hang together draws them together: the ratio of the fluxes of the tiny sky
// follows the redshift.
TEST(JointDraws, WhatHangsTogetherIsDrawnTogether) {
  auto settings = models::tiny::scalar_model();
  settings.width = 32;
  for (auto& [name, modality] : settings.modalities) modality.bins = 32;
  models::AnyToAny model(settings);
  const auto sky = models::tiny::scalars(3000);
  model.fit(sky);
  nn::AdamW optimiser(model.parameters(), {});
  for (int64_t step = 0; step < 200; ++step) {
    std::vector<int64_t> rows;
    for (int64_t i = 0; i < 256; ++i) rows.push_back((step * 256 + i) % 3000);
    model.parameters().zero_grad();
    model.loss(modalities::select(sky, rows), {1, step, true}).loss.backward();
    optimiser.step(5e-3 * std::min(1.0, 3 * double(200 - step) / 200));
  }
  NewColumns columns;
  const auto few = models::tiny::scalars(100, 50000);
  add_joint_draws(model, few, ask({"flux_g"}, {"redshift", "flux_r"}), 20, all(100), columns);
  const auto& g = std::get<modalities::ScalarBlock>(few.blocks.at("flux_g"));
  double sum_z = 0, sum_zz = 0, sum_q = 0, sum_qq = 0, sum_zq = 0, n = 0;
  for (int64_t i = 0; i < 100; ++i) {
    if (g.value[size_t(i)] < 0.5) continue;  // drowned in noise
    const auto z = row_of(columns, "redshift_joint", i), r = row_of(columns, "flux_r_joint", i);
    for (size_t s = 0; s < z.size(); ++s) {
      const double q = std::clamp(double(r[s]) / g.value[size_t(i)], 0.0, 4.0), x = z[s];
      sum_z += x, sum_zz += x * x, sum_q += q, sum_qq += q * q, sum_zq += x * q, n += 1;
    }
  }
  const double covariance = sum_zq / n - sum_z * sum_q / n / n;
  const double correlation =
      covariance / std::sqrt((sum_zz / n - sum_z * sum_z / n / n) * (sum_qq / n - sum_q * sum_q / n / n));
  EXPECT_GT(correlation, 0.5);
}

TEST(JointDraws, RefusesWhatCannotBeDrawnTogether) {
  const auto sky = models::tiny::sky(6);
  models::AnyToAny model(models::tiny::sky_model(), models::tiny::codecs(sky));
  EXPECT_EQ(joint_refusal(model, {"flux_r", "redshift"}), "");
  EXPECT_THAT(joint_refusal(model, {"redshift"}), HasSubstr("two or more"));
  EXPECT_THAT(joint_refusal(model, {"redshift", "image_legacy"}), HasSubstr("'image_legacy' is no scalar"));
  auto settings = models::tiny::scalar_model();
  settings.modalities["redshift"].input = "none";
  const models::AnyToAny blind(settings);
  EXPECT_THAT(joint_refusal(blind, {"redshift", "flux_r"}), HasSubstr("name it last"));
  EXPECT_EQ(joint_refusal(blind, {"flux_r", "redshift"}), "");
}

TEST(JointDraws, TellsWhatTrainingNeverShowedWithoutItsError) {
  data::Layout layout;
  for (const char* name : {"flux_g", "flux_r", "redshift"}) {
    data::ModalityColumn column;
    column.modality = name;
    column.error = std::string(name) == "redshift" ? data::ErrorKind::kNone : data::ErrorKind::kSigma;
    layout.modalities.push_back(column);
  }
  data::ValueRanges learned;
  const auto of = [&](const models::AnyToAnySettings& settings, const std::vector<std::string>& targets) {
    return never_bare(models::AnyToAny(settings), targets, learned, layout);
  };
  auto settings = models::tiny::scalar_model();
  EXPECT_THAT(of(settings, {"flux_r", "redshift"}), testing::ElementsAre("flux_r"));
  EXPECT_THAT(of(settings, {"redshift", "flux_r"}), testing::ElementsAre()) << "last, and one that has no errors";
  settings.pair_consistency = 0.1;
  EXPECT_THAT(of(settings, {"flux_r", "redshift"}), testing::ElementsAre());
  settings.pair_consistency = 0;
  // what is to be predicted is not in the data: the model's folder knows what it learned from
  learned["flux_r"] = {{"value", {}}, {"error", {}}};
  const auto without = std::remove_if(layout.modalities.begin(), layout.modalities.end(),
                                      [](const auto& column) { return column.modality == "flux_r"; });
  layout.modalities.erase(without, layout.modalities.end());
  EXPECT_THAT(of(settings, {"flux_r", "redshift"}), testing::ElementsAre("flux_r"));
  learned["flux_g"] = {{"value", {}}};
  EXPECT_THAT(of(settings, {"flux_g", "redshift"}), testing::ElementsAre()) << "errors in the data alone";
  settings.modalities["flux_r"].hide_error = 0.5;
  EXPECT_THAT(of(settings, {"flux_r", "redshift"}), testing::ElementsAre());
}

}  // namespace
}  // namespace asterism::infer
