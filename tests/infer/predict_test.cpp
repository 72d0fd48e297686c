#include "infer/predict.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/hats_read.h"
#include "io/json.h"
#include "io/parquet.h"
#include "tests/infer/tiny_sky.h"

namespace asterism::infer {
namespace {

using testing::HasSubstr;

std::string refusal(const PredictOptions& options) {
  try {
    predict(options);
    return "";
  } catch (const base::UserError& error) {
    return error.what();
  }
}

TEST(Predict, ColumnsSayWhatTheModelSays) {
  base::TemporaryFolder folder;
  write_sky(folder / "sky");
  const auto model = small_model();
  model->save(folder / "model");
  PredictOptions options;
  options.model = folder / "model";
  options.dataset = folder / "sky";
  options.out = folder / "out";
  options.targets = {"redshift"};
  options.draws = 5;
  EXPECT_TRUE(predict(options).complete);

  models::PredictRequest request;
  request.given = {"flux_g", "flux_r"};
  request.targets = {"redshift"};
  const auto objects = sky_objects();
  const auto posterior = model->predict(objects, request).scalars.at("redshift");
  const auto mean = posterior.mean_N(), median = posterior.median_N();
  std::map<std::string, int64_t> row_of;
  for (int64_t i = 0; i < objects.size(); ++i) row_of[objects.objects[size_t(i)].id] = i;
  const auto reader = data::HatsReader::open(folder / "out");
  reader.for_each({"redshift", "redshift_mean", "redshift_median", "redshift_q16", "redshift_q84"}, 1000,
                  [&](modalities::Batch&& batch, int64_t) {
                    auto scalar = [&](const char* name) {
                      return std::get<modalities::ScalarBlock>(batch.blocks.at(name));
                    };
                    for (size_t i = 0; i < batch.objects.size(); ++i) {
                      const int64_t row = row_of.at(batch.objects[i].id);
                      EXPECT_EQ(scalar("redshift_mean").present[i] != 0, row % 10 != 0);
                      if (row % 10 == 0) continue;
                      EXPECT_NEAR(scalar("redshift_mean").value[i], mean[row].item<double>(), 1e-4);
                      EXPECT_NEAR(scalar("redshift_median").value[i], median[row].item<double>(), 1e-4);
                      EXPECT_LT(scalar("redshift_q16").value[i], scalar("redshift_q84").value[i]);
                    }
                    return true;
                  });
  const auto field = reader.schema()->GetFieldByName("redshift_posterior");
  ASSERT_TRUE(field);
  const auto edges = io::parse_json(field->metadata()->Get("asterism:edges").ValueOrDie(), "edges");
  EXPECT_EQ(edges.size(), 17u);
  EXPECT_TRUE(reader.schema()->GetFieldByName("redshift_draws"));
}

TEST(Predict, RefusesWhatMakesNoSense) {
  base::TemporaryFolder folder;
  write_sky(folder / "sky");
  small_model()->save(folder / "model");
  PredictOptions options;
  options.model = folder / "model";
  options.dataset = folder / "sky";
  options.out = folder / "out";
  EXPECT_THAT(refusal(options), HasSubstr("no target"));
  options.targets = {"redshift"};
  options.given = {"redshift"};
  EXPECT_THAT(refusal(options), HasSubstr("both given and to be predicted"));
  options.given = {};
  options.targets = {"redshift", "redshift"};
  EXPECT_THAT(refusal(options), HasSubstr("predicted twice"));
  options.targets = {"redshfit"};
  EXPECT_THAT(refusal(options), HasSubstr("'redshift'"));
  options.targets = {"redshift"};
  options.sampler.samples = -3;
  EXPECT_THAT(refusal(options), HasSubstr("at least 1"));
  EXPECT_FALSE(std::filesystem::exists(folder / "out.partial"));
}

}  // namespace
}  // namespace asterism::infer
