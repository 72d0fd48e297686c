#include "eval/collect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"
#include "base/temporary_folder.h"
#include "data/memory_source.h"
#include "data/split.h"
#include "eval/evaluate.h"
#include "eval/questions/image_reconstruction.h"
#include "modalities/image.h"
#include "modalities/scalar.h"
#include "models/adapted.h"
#include "tests/infer/tiny_sky.h"
#include "tokenizers/image_codec.h"

namespace asterism::eval {
namespace {

data::MemorySource source(int64_t batch_size = 32) {
  return data::MemorySource(infer::sky_objects(), {.batch_size = batch_size, .shuffle = false, .drop_last = false});
}

// A model that predicts nothing.
class VectorsAlone : public models::Model {
 public:
  std::string kind() const override { return "vectors"; }
  std::vector<std::string> modalities() const override { return {"flux_g", "flux_r"}; }
  int64_t width() const override { return 2; }
  Embedded embed(const modalities::Batch& batch, const models::EmbedRequest&) const override {
    return {at::ones({batch.size(), 2}), at::ones({batch.size()}, at::kBool)};
  }
  nn::Parameters& parameters() override { return parameters_; }
  void save(const std::filesystem::path&) const override {}

 private:
  nn::Parameters parameters_;
};

TEST(Collect, VectorsPosteriorsLabelsAndSides) {
  const auto model = infer::small_model();
  auto objects = source();
  const auto collected = collect(*model, objects, {});
  const auto n = int64_t(collected.subject.objects.size());
  EXPECT_EQ(n, infer::kObjects);
  ASSERT_TRUE(collected.subject.vectors.contains("scalars"));
  EXPECT_EQ(collected.subject.vectors.at("scalars").vectors_ND.sizes(), (at::IntArrayRef{n, 16}));
  EXPECT_EQ(collected.subject.vectors.at("scalars").present[0], 0);  // object 0 has no photometry
  EXPECT_EQ(collected.labels.size(), 1u);                            // fluxes are no labels
  ASSERT_EQ(collected.subject.posteriors.at("redshift").size(), 1u);
  EXPECT_EQ(collected.subject.posteriors.at("redshift")[0].given, "flux_g flux_r");
  EXPECT_EQ(collected.subject.features.at("magnitudes and colours").values_NF.size(0), n);
  EXPECT_EQ(int64_t(collected.split.train.size() + collected.split.test.size()), n);
  for (const int64_t row : collected.split.test)
    EXPECT_LT(data::split_number(collected.subject.objects[size_t(row)].id), data::kTestBelow);
}

TEST(Collect, FlagsAndConstantsAreNoLabels) {
  const auto model = infer::small_model();
  auto batch = infer::sky_objects();
  for (const char* name : {"redshift_ok", "flag_mask_u", "epoch"}) {
    auto block = modalities::make_scalars(batch.size(), "", false);
    for (int64_t i = 0; i < batch.size(); ++i) {
      block.present[size_t(i)] = 1;
      block.value[size_t(i)] = std::string(name) == "epoch" ? 2015.5 : double(i % 2);
    }
    batch.blocks[name] = block;
  }
  data::MemorySource objects(batch, {.batch_size = 32, .shuffle = false, .drop_last = false});
  auto collected = collect(*model, objects, {});
  EXPECT_EQ(collected.labels.size(), 1u);  // redshift
  EXPECT_THAT(collected.subject.not_asked, testing::UnorderedElementsAre("redshift_ok", "flag_mask_u", "epoch"));
  collected = collect(*model, objects, {.labels = {"redshift_ok", "epoch"}});  // a flag may be asked about by name
  EXPECT_TRUE(collected.labels.contains("redshift_ok"));
  EXPECT_FALSE(collected.labels.contains("epoch"));
}

TEST(Collect, WhateverTheBatches) {
  const auto model = infer::small_model();
  auto small = source(7), large = source(1000);
  const auto a = collect(*model, small, {}), b = collect(*model, large, {});
  EXPECT_TRUE(
      at::allclose(a.subject.vectors.at("scalars").vectors_ND, b.subject.vectors.at("scalars").vectors_ND, 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(a.subject.features.at("magnitudes and colours").values_NF,
                           b.subject.features.at("magnitudes and colours").values_NF));
  EXPECT_EQ(a.split.test, b.split.test);
}

TEST(Collect, LimitAndFurtherInputs) {
  const auto model = infer::small_model();
  auto objects = source();
  const auto collected = collect(*model, objects, {.given = {{"flux_g"}}, .limit = 50});
  EXPECT_EQ(collected.subject.objects.size(), 50u);
  EXPECT_EQ(collected.subject.posteriors.at("redshift").size(), 2u);
}

TEST(Collect, OtherDataAreLearnedFromAndOfTheRestTheTestSideIsJudged) {
  const auto model = infer::small_model();
  auto others = infer::sky_objects();
  for (auto& object : others.objects) object.survey = "another";
  data::MemorySource learned(others, {.batch_size = 7, .shuffle = false, .drop_last = false});
  auto judged = source(), alone = source(), same = source(7);
  const auto both = collect(*model, judged, {}, &learned);
  const auto plain = collect(*model, alone, {});
  ASSERT_EQ(int64_t(both.split.train.size()), infer::kObjects);  // all of them, whatever their side
  EXPECT_EQ(both.split.test.front(), 0);
  EXPECT_EQ(both.not_learned, 0);
  const auto of_itself = collect(*model, judged, {}, &same);
  EXPECT_EQ(of_itself.split.train.size(), plain.split.train.size());
  EXPECT_EQ(of_itself.not_learned, int64_t(plain.split.test.size()));
  ASSERT_EQ(both.split.test.size(), plain.split.test.size());
  for (size_t i = 0; i < plain.split.test.size(); ++i)
    EXPECT_EQ(both.subject.objects[size_t(both.split.test[i])].id,
              plain.subject.objects[size_t(plain.split.test[i])].id);
}

TEST(Collect, DataThatLackWhatOthersHaveAreRefused) {
  const auto model = infer::small_model();
  auto without = infer::sky_objects();
  without.blocks.erase("flux_r");
  data::MemorySource learned(without, {.batch_size = 32, .shuffle = false, .drop_last = false});
  auto judged = source();
  try {
    collect(*model, judged, {}, &learned);
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("lack 'flux_r'"));
  }
}

// An own survey whose files give no variance, in nanomaggies: 10 sigma is not 10 nanomaggies.
TEST(Collect, ImagesWithoutAVarianceAreJudgedByTheNoiseOfTheirBorder) {
  constexpr int64_t kImages = 80;
  constexpr double kSigma = 0.01;
  modalities::Batch batch;
  auto images = modalities::make_images(kImages, {{"des-g", 4800, 1500}, {"des-r", 6400, 1500}}, 24, 24, "nanomaggy",
                                        0.262, false);
  for (int64_t i = 0; i < kImages; ++i) {
    base::Random random(3, 0, uint64_t(i), "galaxy");
    batch.objects.push_back({"own", std::to_string(i), false, 0, 0});
    images.present[size_t(i)] = 1;
    for (int64_t at = i * 2 * 576; at < (i + 1) * 2 * 576; ++at) {
      const double y = double(at % 576 / 24) - 11.5, x = double(at % 24) - 11.5;
      images.flux[size_t(at)] = float(std::exp(-(x * x + y * y) / 8) + kSigma * random.normal());
      images.ivar[size_t(at)] = 1;
      images.mask[size_t(at)] = 0;
    }
  }
  batch.blocks["image_own"] = images;
  tokenizers::ImageCodecSettings settings;
  settings.size = 24;
  settings.embed = settings.widths[0] = settings.widths[1] = 4;
  tokenizers::ImageCodec codec(settings, 1);
  codec.fit(images);
  data::MemorySource objects(batch, {.batch_size = 16, .shuffle = false, .drop_last = false});
  auto collected = collect(codec, "image_own", objects, {});
  auto& made = collected.subject.reconstructions.at("image_own");
  const auto& observed = std::get<modalities::ImageBlock>(made.observed);
  EXPECT_TRUE(made.border_noise);
  ASSERT_TRUE(observed.has_ivar);
  EXPECT_NEAR(1 / std::sqrt(observed.ivar[0]), kSigma, 0.3 * kSigma);
  made.rebuilt = made.observed;  // by the best of codecs
  collected.split = {};
  for (int64_t i = 0; i < kImages; ++i) (i % 2 == 0 ? collected.split.test : collected.split.train).push_back(i);
  const auto answer = ImageReconstructionQuestion({.bootstrap = {.resamples = 20}})
                          .ask(collected.subject, collected.labels, collected.split);
  EXPECT_THAT(answer.notes, testing::Contains(testing::HasSubstr("that of each image's border")));
  const auto judged = [&](const char* measure) {
    return std::any_of(answer.scores.begin(), answer.scores.end(),
                       [&](const auto& score) { return score.subject == "image_own" && score.measure == measure; });
  };
  EXPECT_TRUE(judged("aperture flux bias")) << "of galaxies of 25 nanomaggies with an error of a tenth";
  EXPECT_TRUE(judged("colour bias [mag]"));
}

TEST(Collect, TheSameInputsTwiceAreRefused) {
  const auto model = infer::small_model();
  auto objects = source();
  EXPECT_THROW(collect(*model, objects, {.given = {{"flux_g"}, {"flux_g"}}}), base::UserError);
}

TEST(Collect, ManyToLearnFromAndFewToJudge) {
  const auto model = infer::small_model();
  auto objects = source(16), again = source(16);
  const auto full = collect(*model, objects, {});
  const auto few = collect(*model, again, {.test_limit = 3, .vectors = false});
  EXPECT_TRUE(few.subject.vectors.empty());
  ASSERT_EQ(few.split.test.size(), 3u);
  EXPECT_EQ(few.split.train.size(), full.split.train.size());
  const auto& posteriors = few.subject.posteriors.at("redshift")[0];
  EXPECT_EQ(posteriors.probability_MK.size(0), 3);
  ASSERT_EQ(posteriors.row.size(), few.subject.objects.size());
  for (const int64_t row : few.split.train) EXPECT_EQ(posteriors.row[size_t(row)], -1);
  // The same rows as without a limit, wherever they stand.
  const auto& all = full.subject.posteriors.at("redshift")[0];
  for (size_t i = 0; i < 3; ++i) {
    const int64_t here = few.split.test[i], there = full.split.test[i];
    EXPECT_EQ(few.subject.objects[size_t(here)].id, full.subject.objects[size_t(there)].id);
    EXPECT_TRUE(at::allclose(posteriors.probability_MK[posteriors.row[size_t(here)]],
                             all.probability_MK[all.row[size_t(there)]], 1e-6, 1e-9));
  }
}

// A backbone with a head for one label is judged by its posteriors, as an any-to-any model is.
TEST(Collect, PosteriorsOfEveryModelThatPredicts) {
  const base::TemporaryFolder folder;
  infer::small_model()->save(folder / "backbone");
  models::AdaptedSettings settings;
  settings.backbone = (folder / "backbone").string();
  settings.adapt = "linear";
  settings.target = "redshift";
  settings.bins = 16;
  models::Adapted model(settings);
  model.fit(infer::sky_objects());
  auto objects = source();
  const auto collected = collect(model, objects, {.given = {{"flux_g"}}});
  ASSERT_TRUE(collected.subject.posteriors.contains("redshift"));
  EXPECT_EQ(collected.subject.posteriors.at("redshift").size(), 2u);
  const auto answers = ask_all(collected, {.bootstrap = {.resamples = 20}}, {"photo_z", "calibration"});
  for (const auto& answer : answers) EXPECT_FALSE(answer.scores.empty()) << answer.question;
  EXPECT_THROW(collect(model, objects, {.given = {{"flux_q"}}}), base::UserError);
}

// A sky with one scalar more, value(i) of object i.
template <class F>
modalities::Batch sky_with(const std::string& name, F&& value) {
  auto batch = infer::sky_objects();
  auto block = modalities::make_scalars(batch.size(), "", false);
  for (int64_t i = 0; i < batch.size(); ++i) {
    block.present[size_t(i)] = 1;
    block.value[size_t(i)] = value(i);
  }
  batch.blocks[name] = block;
  return batch;
}

// Whatever the label is called: the model says that it is one.
TEST(Collect, WhatAModelGivesProbabilitiesOfClassesIsJudgedAsClasses) {
  const base::TemporaryFolder folder;
  infer::small_model()->save(folder / "backbone");
  models::AdaptedSettings settings;
  settings.backbone = (folder / "backbone").string();
  settings.adapt = "linear";
  settings.target = "morphology";
  settings.task = "classification";
  settings.classes = 3;
  models::Adapted model(settings);
  const auto batch = sky_with("morphology", [](int64_t i) { return double(i % 3); });
  model.fit(batch);
  data::MemorySource objects(batch, {.batch_size = 32, .shuffle = false, .drop_last = false});
  const auto collected = collect(model, objects, {.labels = {"morphology"}});
  EXPECT_TRUE(collected.labels.at("morphology").is_class);
  const auto answers = ask_all(collected, {.bootstrap = {.resamples = 20}}, {"class_posteriors", "calibration"});
  ASSERT_EQ(answers.size(), 2u);
  for (const auto& answer : answers)
    EXPECT_EQ(answer.scores.empty(), answer.question == "calibration") << answer.question;
}

// SExtractor's class_star runs from 0 to 1: rounded, it would be another quantity.
TEST(Collect, ALabelThatIsNoWholeNumberIsNoClass) {
  const auto model = infer::small_model();
  const auto batch = sky_with("class_star", [](int64_t i) { return double(i % 7) / 7; });
  data::MemorySource objects(batch, {.batch_size = 32, .shuffle = false, .drop_last = false});
  EXPECT_FALSE(collect(*model, objects, {}).labels.at("class_star").is_class);
  EXPECT_THROW(collect(*model, objects, {.classes = {"class_star"}}), base::UserError);
  EXPECT_THROW(collect(*model, objects, {.classes = {"morfology"}}), base::UserError) << "no such label";
}

// A posterior in one unit says nothing of labels in another.
TEST(Collect, LabelsInAnotherUnitThanThePosteriorAreRefused) {
  const base::TemporaryFolder folder;
  infer::small_model()->save(folder / "backbone");
  models::AdaptedSettings settings;
  settings.backbone = (folder / "backbone").string();
  settings.adapt = "linear";
  settings.target = "size";
  settings.bins = 16;
  models::Adapted model(settings);
  auto batch = sky_with("size", [](int64_t i) { return 0.5 + double(i % 11); });
  auto& size = std::get<modalities::ScalarBlock>(batch.blocks.at("size"));
  size.unit = "arcsec";
  model.fit(batch);
  size.unit = "arcmin";
  data::MemorySource objects(batch, {.batch_size = 32, .shuffle = false, .drop_last = false});
  try {
    collect(model, objects, {.labels = {"size"}});
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("'size' is in 'arcmin'"));
  }
}

TEST(Collect, InputsOfPosteriorsThatAreNoneAreRefused) {
  auto objects = source();
  const auto refused = [&](const models::Model& model, const CollectOptions& options) -> std::string {
    try {
      collect(model, objects, options);
      return "";
    } catch (const base::UserError& error) {
      return error.what();
    }
  };
  EXPECT_THAT(refused(*infer::small_model(), {.labels = {"flux_r"}, .given = {{"flux_g"}}}),
              testing::HasSubstr("the model predicts 'redshift', and none of them is a label"));
  const VectorsAlone vectors;
  EXPECT_THAT(refused(vectors, {.given = {{"nonsense"}}}), testing::HasSubstr("no posteriors"));
  EXPECT_EQ(refused(vectors, {}), "");
}

TEST(Collect, RefusesWhatIsNotThere) {
  const auto model = infer::small_model();
  auto objects = source();
  auto refusal = [&](const CollectOptions& options) -> std::string {
    try {
      collect(*model, objects, options);
      return "";
    } catch (const base::UserError& error) {
      return error.what();
    }
  };
  EXPECT_THAT(refusal({.labels = {"redshfit"}}), testing::HasSubstr("'redshift'"));
  EXPECT_THAT(refusal({.labels = {"flux_g", "flux_r", "redshift"}}), testing::HasSubstr("nothing is left"));
}

}  // namespace
}  // namespace asterism::eval
