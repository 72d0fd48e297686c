#include "eval/factored.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "data/memory_source.h"
#include "tests/models/tiny_sky.h"

namespace asterism::eval {
namespace {

using testing::HasSubstr;

struct FactoredFixture {
  modalities::Batch sky = models::tiny::scalars(40);
  models::AnyToAny model{models::tiny::scalar_model()};
  Collected collected;
  FactoredFixture() {
    model.fit(sky);
    models::tiny::remove(sky, "flux_r", 3);
    collected.subject.objects = sky.objects;
    collected.split.test = {2, 3, 7, 30};
  }
  std::string refusal(const std::vector<std::pair<std::string, std::string>>& pairs) {
    data::MemorySource source(sky, {.batch_size = 16, .shuffle = false, .drop_last = false});
    try {
      add_factored(model, source, pairs, collected);
      return "";
    } catch (const base::UserError& error) {
      return error.what();
    }
  }
};

TEST(Factored, HoldsWhatTheModelSaysOfTestObjectsThatHaveBoth) {
  FactoredFixture f;
  ASSERT_EQ(f.refusal({{"flux_r", "redshift"}, {"flux_g", "flux_r"}}), "");
  ASSERT_EQ(f.collected.subject.factored.size(), 2U);
  const auto& pair = f.collected.subject.factored[0];
  EXPECT_EQ(pair.rows, (std::vector<int64_t>{2, 7, 30}));
  const auto object = modalities::select(f.sky, {7});
  const auto truth =
      at::full({1}, std::get<modalities::ScalarBlock>(object.blocks.at("redshift")).value[0], at::kDouble);
  models::PredictRequest request;
  request.targets = {"redshift"};
  request.given = {"flux_r"};
  auto without_error = object;
  std::get<modalities::ScalarBlock>(without_error.blocks.at("flux_r")).has_error = false;
  const auto given = f.model.predict(without_error, request).scalars.at("redshift").log_density_N(truth);
  EXPECT_NEAR(pair.ln_b_given_a[1], given.item<double>(), 1e-6);
  const auto with_error = f.model.predict(object, request).scalars.at("redshift").log_density_N(truth);
  EXPECT_GT(std::abs(with_error.item<double>() - given.item<double>()), 1e-6);  // the check above tells them apart
  request.given = {};
  request.unconditional = true;
  const auto prior = f.model.predict(object, request).scalars.at("redshift").log_density_N(truth);
  EXPECT_NEAR(pair.ln_b[1], prior.item<double>(), 1e-6);
}

TEST(Factored, RefusesWhatIsNoPairOfTheModel) {
  FactoredFixture f;
  EXPECT_THAT(f.refusal({{"flux_r", "flux_r"}}), HasSubstr("paired with itself"));
  EXPECT_THAT(f.refusal({{"flux_r", "redshfit"}}), HasSubstr("the nearest that it does is 'redshift'"));
  f.sky.blocks.erase("flux_g");
  EXPECT_THAT(f.refusal({{"flux_g", "redshift"}}), HasSubstr("the data have no 'flux_g'"));
}

}  // namespace
}  // namespace asterism::eval
