#include "train/update.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/temporary_folder.h"
#include "tests/train/linear_task.h"

namespace asterism::train {
namespace {

TEST(Update, PiecesOfUnequalSizeAddUpToTheWhole) {
  const auto batch = line_objects(10);
  LineObjective objective(0);
  const auto whole = gradient_of(objective, batch, {}, 1, nn::Precision::fp32);
  const auto expected = objective.parameters().parameters().at("slope").grad().clone();
  objective.parameters().zero_grad();
  const auto pieces = gradient_of(objective, batch, {}, 3, nn::Precision::fp32);
  EXPECT_NEAR(pieces.loss.item<double>(), whole.loss.item<double>(), 1e-6);
  EXPECT_EQ(pieces.weight, 10);
  EXPECT_TRUE(at::allclose(objective.parameters().parameters().at("slope").grad(), expected, 1e-5, 1e-6));
  EXPECT_NEAR(pieces.figures.at("mean").item<double>(), whole.figures.at("mean").item<double>(), 1e-6);
}

// One survey of several is in few of the pieces: what is told of it is of those.
TEST(Update, AFigureIsTheMeanOfThePiecesThatHaveIt) {
  struct Surveys : LineObjective {
    Surveys() : LineObjective(0) {}
    nn::Outcome step(const modalities::Batch& batch, const StepContext& context) override {
      auto out = LineObjective::step(batch, context);
      if (batch.objects.front().id == "object-0") out.figures["first"] = at::scalar_tensor(2.5);
      return out;
    }
  } objective;
  const auto pieces = gradient_of(objective, line_objects(10), {}, 5, nn::Precision::fp32);
  EXPECT_EQ(pieces.figures.at("first").item<double>(), 2.5);
}

TEST(Update, MorePiecesThanObjects) {
  LineObjective objective(0);
  EXPECT_EQ(gradient_of(objective, line_objects(3), {}, 8, nn::Precision::fp32).weight, 3);
}

TEST(Update, DropoutDependsOnSeedAndStepAlone) {
  const auto batch = line_objects(10);
  LineObjective objective(0.5);
  auto loss = [&](uint64_t seed, int64_t step) {
    return gradient_of(objective, batch, {.seed = seed, .step = step}, 1, nn::Precision::fp32).loss.item<double>();
  };
  at::NoGradGuard no_grad;
  objective.parameters().parameters().at("slope").fill_(1);
  at::AutoGradMode with_grad(true);
  const double first = loss(1, 1);
  at::rand({7});  // someone else draws in between
  EXPECT_EQ(loss(1, 1), first);
  EXPECT_NE(loss(1, 2), first);
  EXPECT_NE(loss(2, 1), first);
}

TEST(Update, SaysWhyThereIsNothing) {
  auto batch = line_objects(4);
  std::get<modalities::ScalarBlock>(batch.blocks.at("x")).present.assign(4, 0);
  LineObjective objective;
  const auto out = gradient_of(objective, batch, {}, 2, nn::Precision::fp32);
  EXPECT_EQ(out.weight, 0);
  EXPECT_EQ(out.why_nothing, "nothing to learn here");
}

// Objects that are told apart have no loss alone: the broken one is found beside two that are whole.
TEST(Update, NamesTheObjectThatBreaksALossOfSeveralAtOnce) {
  struct Coupled : LineObjective {
    Coupled() : LineObjective(0) {}
    nn::Outcome step(const modalities::Batch& batch, const StepContext& context) override {
      const auto& present = std::get<modalities::ScalarBlock>(batch.blocks.at("y")).present;
      if (std::count(present.begin(), present.end(), 1) < 2) nn::nothing_to_learn("fewer than two objects");
      return LineObjective::step(batch, context);
    }
  } objective;
  auto batch = line_objects(12);
  for (const size_t row : {0, 7}) std::get<modalities::ScalarBlock>(batch.blocks.at("y")).value[row] = 1e300;
  const base::TemporaryFolder folder;
  const auto file = folder / "nonfinite.json";
  const auto told = [&] {
    try {
      fail_not_finite(objective, batch, {.step = 4}, nn::Precision::fp32, "loss", INFINITY, file);
    } catch (const base::DataError& error) {
      return std::string(error.what());
    }
  }();
  EXPECT_NE(told.find("object-0 (by its y), "), std::string::npos) << told;
  EXPECT_NE(told.find("object-7 (by its y)."), std::string::npos) << told;
  EXPECT_NE(told.find("(2 in all)"), std::string::npos) << told;
  for (auto& value : std::get<modalities::ScalarBlock>(batch.blocks.at("y")).value) value = 1e300;
  EXPECT_THROW(fail_not_finite(objective, batch, {}, nn::Precision::fp32, "loss", INFINITY, file), base::DataError);
  EXPECT_TRUE(io::read_json(file)["guilty"].empty()) << "all are broken: nobody is to blame";
}

TEST(Update, AMisuseIsNoBatchWithoutObjects) {
  LineObjective objective;
  objective.on_step = [](const StepContext&) { base::user_error("a setting is wrong"); };
  try {
    gradient_of(objective, line_objects(4), {}, 2, nn::Precision::fp32);
    FAIL();
  } catch (const nn::NothingToLearn&) {
    FAIL() << "training would pass it over";
  } catch (const base::UserError& error) {
    EXPECT_STREQ(error.what(), "a setting is wrong");
  }
}

}  // namespace
}  // namespace asterism::train
