#include "infer/warn_unlike.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "infer/embed.h"
#include "infer/predict.h"
#include "tests/infer/tiny_sky.h"

namespace asterism::infer {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(WarnUnlike, FiveLinesAndHowManyMore) {
  modalities::Batch faint, bright;
  std::vector<std::string> names;
  for (int i = 0; i < 7; ++i) {
    names.push_back("flux_" + std::to_string(i));
    auto block = modalities::make_scalars(100, "nanomaggy", false);
    block.present.assign(100, 1);
    block.value.assign(100, 1);
    faint.blocks[names.back()] = block;
    block.value.assign(100, 50);
    bright.blocks[names.back()] = block;
  }
  faint.objects.resize(100);
  bright.objects.resize(100);
  data::UnlikeObjects unlike(data::ranges_of(faint), names);
  unlike.add(faint);
  testing::internal::CaptureStderr();
  warn_of(unlike);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  unlike.add(bright);
  testing::internal::CaptureStderr();
  warn_of(unlike);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("flux_0: 100 of 200"), HasSubstr("flux_4: "), Not(HasSubstr("flux_5: ")),
                    HasSubstr("and 2 more of the kind")));
}

// What predict and embed say of data that their model was not made for, and do not say of its own.
TEST(WarnUnlike, PredictAndEmbedSayIt) {
  const base::TemporaryFolder folder;
  write_sky(folder / "sky");
  small_model()->save(folder / "model");
  const auto ranges = data::ranges_of(sky_objects());
  for (const double scale : {1.0, 100.0}) {
    auto of_sample = ranges;
    auto& range = of_sample.at("flux_g").at("value");
    range.low *= scale;
    range.high *= scale;
    data::write_ranges(folder / "model", of_sample);
    PredictOptions predicting;
    predicting.model = folder / "model";
    predicting.dataset = folder / "sky";
    predicting.out = folder / ("predicted" + std::to_string(int(scale)));
    predicting.targets = {"redshift"};
    EmbedOptions embedding;
    embedding.model = folder / "model";
    embedding.dataset = folder / "sky";
    embedding.out = folder / ("embedded" + std::to_string(int(scale)));
    testing::internal::CaptureStderr();
    predict(predicting);
    const auto predicted = testing::internal::GetCapturedStderr();
    testing::internal::CaptureStderr();
    embed(embedding);
    const auto embedded = testing::internal::GetCapturedStderr();
    for (const auto& said : {predicted, embedded}) {
      if (scale == 1)
        EXPECT_THAT(said, Not(HasSubstr("not like")));
      else
        EXPECT_THAT(said, AllOf(HasSubstr("not like what the model learned from"), HasSubstr("flux_g: ")));
    }
  }
}

}  // namespace
}  // namespace asterism::infer
