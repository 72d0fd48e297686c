#include "eval/drawn_together.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "data/memory_source.h"
#include "infer/joint_draws.h"
#include "tests/models/tiny_sky.h"

namespace asterism::eval {
namespace {

using testing::HasSubstr;

struct DrawnFixture {
  modalities::Batch sky = models::tiny::scalars(40);
  models::AnyToAny model{models::tiny::scalar_model()};
  CollectOptions options;
  Collected collected;
  DrawnFixture() {
    model.fit(sky);
    models::tiny::remove(sky, "flux_r", 3);
    collected.subject.objects = sky.objects;
    collected.split.test = {2, 3, 7, 30};
    for (const char* name : {"flux_r", "redshift"}) {
      const auto& block = std::get<modalities::ScalarBlock>(sky.blocks.at(name));
      auto& label = collected.labels[name];
      label.value.assign(block.value.begin(), block.value.end());
      label.present.assign(block.present.begin(), block.present.end());
    }
    options.joint = {{"flux_r", "redshift"}};
  }
  std::string refusal() {
    data::MemorySource source(sky, {.batch_size = 16, .shuffle = false, .drop_last = false});
    try {
      check_drawn_together(model, options.joint);
      add_drawn_together(model, source, options, collected);
      return "";
    } catch (const base::UserError& error) {
      return error.what();
    }
  }
};

TEST(DrawnTogether, HoldsWhatTheModelDrawsOfTestObjectsThatHaveAll) {
  DrawnFixture f;
  ASSERT_EQ(f.refusal(), "");
  ASSERT_EQ(f.collected.subject.drawn.size(), 1U);
  const auto& drawn = f.collected.subject.drawn[0];
  EXPECT_EQ(drawn.rows, (std::vector<int64_t>{2, 7, 30}));
  EXPECT_EQ(drawn.draws_MSD.sizes(), (std::vector<int64_t>{3, kJointDraws, 2}));
  EXPECT_EQ(drawn.given.find("redshift"), std::string::npos) << "what is asked for is not given: " << drawn.given;
  models::PredictRequest request;
  request.given = {"flux_g"};
  request.targets = {"flux_r", "redshift"};
  const auto alone = infer::draw_together(f.model, modalities::select(f.sky, {7}), request, kJointDraws).value_NSD;
  EXPECT_TRUE(at::allclose(drawn.draws_MSD.slice(0, 1, 2), alone, 1e-4, 1e-4)) << "whoever it is drawn with";
}

TEST(DrawnTogether, RefusesWhatCannotBeDrawnOrJudged) {
  DrawnFixture f;
  f.options.joint = {{"flux_r", "redshfit"}};
  EXPECT_THAT(f.refusal(), HasSubstr("the nearest that it predicts is 'redshift'"));
  f.options.joint = {{"flux_r", "flux_r"}};
  EXPECT_THAT(f.refusal(), HasSubstr("named twice"));
  f.options.joint = {{"redshift"}};
  EXPECT_THAT(f.refusal(), HasSubstr("several targets"));
  f.options.joint = {{"flux_g", "redshift"}};
  EXPECT_THAT(f.refusal(), HasSubstr("'flux_g' is no label"));
}

}  // namespace
}  // namespace asterism::eval
