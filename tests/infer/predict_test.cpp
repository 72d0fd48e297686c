#include "infer/predict.h"

#include <arrow/api.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/hats_read.h"
#include "io/json.h"
#include "io/parquet.h"
#include "tests/infer/alike.h"
#include "tests/infer/tiny_sky.h"
#include "tests/models/tiny_sky.h"

namespace asterism::infer {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string predict_refusal(const PredictOptions& options) {
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

// Draws of one object of two targets do not rise together: each has numbers of its own.
TEST(Predict, TargetsAreDrawnIndependently) {
  base::TemporaryFolder folder;
  write_sky(folder / "sky");
  readable_model()->save(folder / "model");
  PredictOptions options;
  options.model = folder / "model";
  options.dataset = folder / "sky";
  options.out = folder / "out";
  options.given = {"flux_g"};
  options.targets = {"redshift", "flux_r"};
  options.draws = 100;
  ASSERT_TRUE(predict(options).complete);
  const auto reader = data::HatsReader::open(folder / "out");
  const auto table = io::read_parquet(reader.files()[0].path);
  const auto ranks = [&](const char* name) {
    const auto lists = std::static_pointer_cast<arrow::FixedSizeListArray>(table->GetColumnByName(name)->chunk(0));
    for (int64_t row = 0; row < lists->length(); ++row) {
      if (lists->IsNull(row)) continue;
      const auto values = std::static_pointer_cast<arrow::FloatArray>(lists->value_slice(row));
      return at::tensor(std::vector<float>(values->raw_values(), values->raw_values() + 100)).argsort().argsort();
    }
    return at::Tensor();
  };
  const auto z = ranks("redshift_draws"), r = ranks("flux_r_draws");
  const double moved = (z - r).abs().to(at::kFloat).mean().item<double>();
  EXPECT_GT(moved, 20) << "of 100 ranks; 33 where nothing ties them, 0 where one number draws both";
}

// In bytes a posterior is nearly the same, and not the same; the file says how it was made.
TEST(Predict, PrecisionIsHeededAndSaid) {
  base::TemporaryFolder folder;
  write_sky(folder / "sky");
  small_model()->save(folder / "model");
  std::map<std::string, std::vector<double>> means;
  for (const std::string precision : {"fp32", "int8"}) {
    PredictOptions options;
    options.model = folder / "model";
    options.dataset = folder / "sky";
    options.out = folder / precision;
    options.targets = {"redshift"};
    options.precision = precision;
    EXPECT_TRUE(predict(options).complete);
    const auto reader = data::HatsReader::open(folder / precision);
    EXPECT_EQ(reader.properties().find("asterism_precision").value_or("fp32"), precision);
    reader.for_each({"redshift_mean"}, 1000, [&](modalities::Batch&& batch, int64_t) {
      const auto& block = std::get<modalities::ScalarBlock>(batch.blocks.at("redshift_mean"));
      for (size_t i = 0; i < block.value.size(); ++i)
        if (block.present[i] != 0) means[precision].push_back(double(block.value[i]));
      return true;
    });
  }
  ASSERT_EQ(means["fp32"].size(), means["int8"].size());
  EXPECT_NE(means["fp32"], means["int8"]);
  for (size_t i = 0; i < means["fp32"].size(); ++i) EXPECT_NEAR(means["int8"][i], means["fp32"][i], 0.05);
}

TEST(Predict, RefusesWhatMakesNoSense) {
  base::TemporaryFolder folder;
  write_sky(folder / "sky");
  small_model()->save(folder / "model");
  PredictOptions options;
  options.model = folder / "model";
  options.dataset = folder / "sky";
  options.out = folder / "model" / "out";
  EXPECT_THAT(predict_refusal(options), HasSubstr("lies inside"));
  options.out = folder / "out";
  EXPECT_THAT(predict_refusal(options), HasSubstr("no target"));
  options.targets = {"redshift"};
  options.given = {"redshift"};
  EXPECT_THAT(predict_refusal(options), HasSubstr("both given and to be predicted"));
  options.given = {};
  options.targets = {"redshift", "redshift"};
  EXPECT_THAT(predict_refusal(options), HasSubstr("predicted twice"));
  options.targets = {"redshfit"};
  EXPECT_THAT(predict_refusal(options), HasSubstr("'redshift'"));
  options.targets = {"redshift"};
  options.sampler.samples = -3;
  EXPECT_THAT(predict_refusal(options), HasSubstr("at least 1"));
  options.sampler.samples = 1;
  options.likelihood = true;
  options.dataset = folder / "blind";
  write_sky(folder / "blind", {"redshift"});
  EXPECT_THAT(predict_refusal(options), HasSubstr("has no 'redshift' to take the likelihood of"));
  options.likelihood = false;
  options.joint = 10;
  EXPECT_THAT(predict_refusal(options), HasSubstr("two or more"));
  options.joint = -1;
  EXPECT_THAT(predict_refusal(options), HasSubstr("--joint = -1: it is at least 0"));
  options.joint = int64_t{1} << 40;
  EXPECT_THAT(predict_refusal(options), HasSubstr("at most 1000000"));
  EXPECT_FALSE(std::filesystem::exists(folder / "out.partial"));
}

// A posterior that is NaN for every third object, of which nothing but that says so.
class Damaged : public models::Predictor {
 public:
  explicit Damaged(bool given) : given_(given) {}
  std::vector<std::string> targets() const override { return {"redshift"}; }
  const tokenizers::Tokenizer& codec(const std::string&) const override { throw base::UserError("none"); }
  models::Prediction predict(const modalities::Batch& batch, const models::PredictRequest&) const override {
    auto probability = at::full({batch.size(), 4}, 0.25, at::kDouble);
    models::Prediction out;
    out.present_N = at::ones({batch.size()}, at::kBool);
    for (int64_t i = 2; i < batch.size(); i += 3) {
      probability[i].fill_(NAN);
      out.present_N[i].fill_(given_);
    }
    out.scalars.emplace("redshift", models::ScalarPosterior(probability, at::linspace(0, 1, 5, at::kDouble)));
    return out;
  }

 private:
  bool given_;  // was anything given of those
};

TEST(Predict, AnAnswerThatIsNoneIsNotSummarised) {
  PredictOptions options;
  options.targets = {"redshift"};
  for (const bool posterior : {true, false}) {
    options.posterior = posterior;
    EXPECT_NO_THROW(predict_batch(Damaged(false), sky_objects(), options));
    try {
      predict_batch(Damaged(true), sky_objects(), options);
      ADD_FAILURE() << "with a posterior: " << posterior;
    } catch (const base::DataError& error) {
      EXPECT_THAT(error.what(), AllOf(HasSubstr("redshift_posterior"), HasSubstr("of object test/object-2")));
    }
  }
}

// What is refused of a request that is well but for one change.
struct ChangedRequest {
  ChangedRequest() {
    write_sky(folder / "sky");
    small_model()->save(folder / "model");
    plain.model = folder / "model";
    plain.dataset = folder / "sky";
    plain.out = folder / "out";
    plain.targets = {"redshift"};
  }
  template <class Change>
  std::string operator()(const Change& change) const {
    auto options = plain;
    change(options);
    return predict_refusal(options);
  }
  base::TemporaryFolder folder;
  PredictOptions plain;
};

TEST(Predict, RefusesWhatHasNoEffect) {
  const ChangedRequest changed;
  const std::string of_blocks = " has no effect on scalars, whose posterior is written whole";
  EXPECT_THAT(changed([](auto& o) { o.sampler.samples = 3; }), HasSubstr("--samples" + of_blocks));
  EXPECT_THAT(changed([](auto& o) { o.sampler.steps = 3; }), HasSubstr("--steps" + of_blocks));
  EXPECT_THAT(changed([](auto& o) { o.sampler.temperature = 0; }), HasSubstr("--temperature" + of_blocks));
  EXPECT_THAT(changed([](auto& o) { o.sampler.schedule = "linear"; }), HasSubstr("--schedule" + of_blocks));
  EXPECT_THAT(changed([](auto& o) { o.sampler.scheme = "roar"; }), HasSubstr("--sampler" + of_blocks));
  EXPECT_THAT(changed([](auto& o) { o.sampler.top_k = 5; }), HasSubstr("--top-k" + of_blocks));
  EXPECT_THAT(changed([](auto& o) { o.sampler.temperature_schedule = "linear"; }),
              HasSubstr("--temperature-schedule" + of_blocks));
  EXPECT_THAT(changed([](auto& o) { o.sampler.top_p = 0.9; }), HasSubstr("--top-p" + of_blocks));
  EXPECT_THAT(changed([](auto& o) { o.sampler.guidance = 2; }), HasSubstr("--guidance" + of_blocks));
  EXPECT_THAT(changed([](auto& o) { o.sampler.guidance.of["flux_g"] = 2; }), HasSubstr("--guidance-of" + of_blocks));
  EXPECT_THAT(changed([](auto& o) { o.sampler.seed = 5; }), HasSubstr("--seed has no effect"));
  EXPECT_THAT(changed([](auto& o) { o.told = {"--samples"}; }), HasSubstr("--samples" + of_blocks));
  EXPECT_FALSE(std::filesystem::exists(changed.plain.out));
  EXPECT_EQ(changed([](auto& o) { o.sampler.seed = 5, o.draws = 2; }), "");
}

TEST(Predict, RefusesWhatHasNoEffectOnImages) {
  base::TemporaryFolder folder;
  write_sky(folder / "sky");
  const auto sky = models::tiny::sky(6);
  models::AnyToAny model(models::tiny::sky_model(), models::tiny::codecs(sky));
  model.fit(sky);
  model.save(folder / "model");
  PredictOptions options;
  options.model = folder / "model";
  options.dataset = folder / "sky";
  options.out = folder / "out";
  options.targets = {"image_legacy"};
  options.draws = 3;
  EXPECT_THAT(predict_refusal(options), HasSubstr("--draws has no effect on images"));
  options.draws = 0;
  options.posterior = false;
  EXPECT_THAT(predict_refusal(options), HasSubstr("--no-posterior has no effect on images"));
  options.posterior = true;
  options.sampler.steps = 100000;
  EXPECT_THAT(predict_refusal(options), HasSubstr(fmt::format("--steps 100000: 'image_legacy' has {0} tokens, and a "
                                                              "round draws at least one: choose at most {0}",
                                                              model.codec("image_legacy").num_tokens())));
  options.sampler.steps = models::Sampler{}.steps;
  options.sampler.guidance.of = {{"flux_q", 2}};
  EXPECT_THAT(predict_refusal(options), HasSubstr("guidance by 'flux_q', which is not given"));
  options.sampler.guidance.of = {{"flux_g", 2}};
  options.sampler.guidance.weight = 3;
  EXPECT_THAT(predict_refusal(options), HasSubstr("leave one of them out"));
  options.sampler.guidance = {};
  options.joint = 3000;
  options.targets = {"redshift", "image_legacy"};
  EXPECT_THAT(predict_refusal(options), HasSubstr("choose at most 1000"));
}

// Samples of images and spectra stand beside their mean, as images and spectra.
TEST(Predict, SamplesAreWrittenDecoded) {
  base::TemporaryFolder folder;
  write_sky(folder / "sky");
  const auto sky = models::tiny::sky(6);
  models::AnyToAny model(models::tiny::sky_model(), models::tiny::codecs(sky));
  model.fit(sky);
  model.save(folder / "model");
  PredictOptions options;
  options.model = folder / "model";
  options.dataset = folder / "sky";
  options.out = folder / "out";
  options.given = {"flux_g"};
  options.targets = {"image_legacy", "spectrum_desi"};
  options.sampler.scheme = "autoregressive";
  EXPECT_THAT(predict_refusal(options), HasSubstr("'image_legacy' is a grid and cannot be drawn by 'autoregressive'"));
  options.sampler.scheme = "roar";
  options.sampler.samples = 2;
  options.sampler.steps = 2;
  options.sampler.guidance.of = {{"flux_g", 2}};
  options.decoded = true;
  EXPECT_TRUE(predict(options).complete);
  models::PredictRequest request;
  request.given = options.given;
  request.targets = options.targets;
  request.sampler = options.sampler;
  const auto objects = sky_objects();
  const auto drawn = model.predict(objects, request);
  std::map<std::string, int64_t> row_of;
  for (int64_t i = 0; i < objects.size(); ++i) row_of[objects.objects[size_t(i)].id] = i;
  const auto reader = data::HatsReader::open(folder / "out");
  int64_t compared = 0;
  double off = 0;  // objects
  reader.for_each({"image_legacy_sample_1", "spectrum_desi_sample_0"}, 1000, [&](modalities::Batch&& batch, int64_t) {
    const auto& image = std::get<modalities::ImageBlock>(batch.blocks.at("image_legacy_sample_1"));
    const auto& spectrum = std::get<modalities::SpectrumBlock>(batch.blocks.at("spectrum_desi_sample_0"));
    const auto& images = std::get<modalities::ImageBlock>(drawn.blocks.at("image_legacy").samples[1]);
    const auto& spectra = std::get<modalities::SpectrumBlock>(drawn.blocks.at("spectrum_desi").samples[0]);
    const size_t pixels = images.flux.size() / size_t(kObjects), bins = spectra.flux.size() / size_t(kObjects);
    for (size_t i = 0; i < batch.objects.size(); ++i) {
      const auto row = size_t(row_of.at(batch.objects[i].id));
      EXPECT_EQ(image.present[i] != 0, row % 10 != 0);  // those have no photometry
      EXPECT_EQ(spectrum.present[i] != 0, row % 10 != 0);
      if (row % 10 == 0) continue;
      ++compared;
      const bool same = alike({&image.flux[i * pixels], pixels}, {&images.flux[row * pixels], pixels}) &&
                        alike({&spectrum.flux[i * bins], bins}, {&spectra.flux[row * bins], bins});
      off += same ? 0 : 1;
    }
    return true;
  });
  EXPECT_EQ(compared, kObjects * 9 / 10);
  EXPECT_LE(off / double(compared), 0.02) << "rounding may turn a draw that was close";
  EXPECT_TRUE(reader.schema()->GetFieldByName("image_legacy_predicted"));
}

TEST(Predict, ANumberOutOfRangeIsNamedWithItsFlag) {
  const ChangedRequest refused_with;
  EXPECT_THAT(refused_with([](auto& o) { o.draws = -3; }), HasSubstr("--draws = -3"));
  EXPECT_THAT(refused_with([](auto& o) { o.joint = -3; }), HasSubstr("--joint = -3"));
  EXPECT_THAT(refused_with([](auto& o) { o.passes = -2; }), HasSubstr("--passes = -2"));
  EXPECT_THAT(refused_with([](auto& o) { o.sampler.samples = 0; }), HasSubstr("--samples = 0"));
  EXPECT_THAT(refused_with([](auto& o) { o.sampler.steps = 0; }), HasSubstr("--steps = 0"));
  EXPECT_THAT(refused_with([](auto& o) { o.sampler.temperature = -0.5; }), HasSubstr("--temperature = -0.5"));
}

TEST(Predict, JointDrawsAndLikelihoodsStandBesideEachOther) {
  base::TemporaryFolder folder;
  write_sky(folder / "sky");
  const auto model = readable_model();
  model->save(folder / "model");
  PredictOptions options;
  options.model = folder / "model";
  options.dataset = folder / "sky";
  options.out = folder / "out";
  options.given = {"flux_g"};
  options.targets = {"flux_r", "redshift"};
  options.posterior = false;
  options.joint = 4;
  options.likelihood = true;
  options.batch_size = 17;
  EXPECT_TRUE(predict(options).complete);
  const auto objects = sky_objects();
  const auto expected = model->log_likelihood_N(objects, {"flux_g"}, "flux_r");
  std::map<std::string, int64_t> row_of;
  for (int64_t i = 0; i < objects.size(); ++i) row_of[objects.objects[size_t(i)].id] = i;
  const auto reader = data::HatsReader::open(folder / "out");
  for (const char* name : {"flux_r_joint", "redshift_joint"}) {
    const auto field = reader.schema()->GetFieldByName(name);
    ASSERT_TRUE(field) << name;
    const auto* list = dynamic_cast<const arrow::FixedSizeListType*>(field->type().get());
    ASSERT_NE(list, nullptr) << name;
    EXPECT_EQ(list->list_size(), 4);
  }
  int64_t scored = 0;
  reader.for_each({"flux_r_log_likelihood"}, 1000, [&](modalities::Batch&& batch, int64_t) {
    const auto& score = std::get<modalities::ScalarBlock>(batch.blocks.at("flux_r_log_likelihood"));
    for (size_t i = 0; i < batch.objects.size(); ++i) {
      const int64_t row = row_of.at(batch.objects[i].id);
      EXPECT_EQ(score.present[i] != 0, row % 10 != 0);  // those have no photometry
      if (score.present[i]) {
        EXPECT_NEAR(score.value[i], expected[row].template item<double>(), 1e-4);
      }
      scored += score.present[i];
    }
    return true;
  });
  EXPECT_EQ(scored, kObjects * 9 / 10);
  options.resume = true;
  options.joint = 5;
  EXPECT_THAT(predict_refusal(options), HasSubstr("exists"));  // another request: not taken for done
}

}  // namespace
}  // namespace asterism::infer
