#include "eval/evaluate.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/hats_write.h"
#include "data/split.h"
#include "io/json.h"
#include "modalities/scalar.h"
#include "tests/eval/planted_posteriors.h"
#include "tests/infer/tiny_sky.h"
#include "tokenizers/spectrum_codec.h"
#include "train/source.h"

namespace asterism::eval {
namespace {

using testing::HasSubstr;

TEST(Evaluate, EveryQuestionHasANameAndASentence) {
  std::set<std::string> names;
  for (const auto& entry : all_questions()) {
    const auto question = entry.make({});
    EXPECT_EQ(question->name(), entry.name);
    EXPECT_FALSE(question->sentence().empty());
    EXPECT_TRUE(names.insert(entry.name).second);
  }
}

TEST(Evaluate, AsksWhatApplies) {
  auto planted = planted_subject();
  add_posteriors(planted, 0.05, 1);
  const Collected collected{planted.subject, planted.labels, planted.split};
  const AskOptions options{.bootstrap = {.resamples = 30}};
  std::vector<std::string> asked;
  for (const auto& answer : ask_all(collected, options)) asked.push_back(answer.question);
  EXPECT_EQ(asked, (std::vector<std::string>{"photo_z", "calibration", "knn", "linear_probe", "cross_modal",
                                             "retrieval", "information"}));
  const auto one = ask_all(collected, options, {"image_reconstruction"});
  ASSERT_EQ(one.size(), 1u);
  EXPECT_THAT(one[0].notes.at(0), HasSubstr("does not apply"));
  EXPECT_THROW(ask_all(collected, options, {"photoz"}), base::UserError);
}

// "0 objects are too few" of pairs that nobody observed hid what really was too few.
TEST(Evaluate, OfWhatNoObjectHasNothingIsSaid) {
  auto planted = planted_subject();
  add_posteriors(planted, 0.05, 1);
  for (auto& [name, vectors] : planted.subject.vectors)
    for (size_t i = 0; i < vectors.present.size(); ++i)
      vectors.present[i] = name != "noise" && (i % 8 < 4) == (name == "image_legacy");
  const Collected collected{planted.subject, planted.labels, planted.split};
  const AskOptions options{.bootstrap = {.resamples = 20}};
  std::vector<std::string> asked;
  for (const auto& answer : ask_all(collected, options)) {
    asked.push_back(answer.question);
    for (const auto& note : answer.notes) EXPECT_THAT(note, testing::Not(HasSubstr("too few"))) << answer.question;
  }
  EXPECT_EQ(asked, (std::vector<std::string>{"photo_z", "calibration", "knn", "linear_probe", "information"}));
  const auto named = ask_all(collected, options, {"cross_modal"});
  ASSERT_EQ(named.size(), 1u);
  EXPECT_THAT(named[0].notes, testing::ElementsAre("no object of these data has what this asks about"));
}

TEST(Evaluate, WhereNoQuestionAppliesThatIsSaid) {
  Collected collected;  // of one object: every label is the same for all
  collected.subject.objects.resize(1);
  collected.subject.not_asked = {"redshift"};
  testing::internal::CaptureStderr();
  EXPECT_TRUE(ask_all(collected, {}).empty());
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("nothing is judged"));
}

TEST(Evaluate, PicturesOfAnAnswerAreOnThePage) {
  Answer answer;
  answer.sentence = "How much is left?";
  report::Gallery gallery;
  gallery.rows.push_back({"observed", {{.image = report::png_uri({1, 1, 1, {7}}), .caption = "one-star"}}});
  gallery.caption = "six of them";
  answer.galleries.push_back(gallery);
  report::Page page("test");
  add_answers(page, {answer}, AnswerLevel::kSection);
  for (const char* text : {"How much is left?", "one-star", "six of them"}) EXPECT_THAT(page.html(), HasSubstr(text));
}

// Repeats of one object carry the split number of one of them: they are judged, or learned from, together.
TEST(Evaluate, TheColumnOfTheSplitDecides) {
  const base::TemporaryFolder folder;
  auto batch = infer::sky_objects();
  auto side = modalities::make_scalars(batch.size(), "", false);
  for (int64_t i = 0; i < batch.size(); ++i) {
    side.present[size_t(i)] = 1;
    side.value[size_t(i)] = i % 2 == 0 ? 5 : 60;
  }
  batch.blocks[data::kSplitColumn] = side;
  data::HatsWriter writer(folder / "sky", {.name = "sky"});
  writer.add(batch);
  writer.finish();
  for (const std::vector<std::string>& labels : {std::vector<std::string>(), {"redshift"}}) {
    train::DataSettings data;
    data.datasets = {(folder / "sky").string()};
    const auto source = open_source(data, {"flux_g", "flux_r", "not_there"}, labels);
    const auto collected = collect(*infer::small_model(), *source, {.labels = labels});
    EXPECT_EQ(int64_t(collected.split.test.size()), batch.size() / 2);
  }
}

TEST(Evaluate, AnUnknownQuestionIsRefusedBeforeAnyWork) {
  const base::TemporaryFolder folder;
  EvaluateRequest request;
  request.model = folder / "nowhere";
  request.datasets = {folder / "nowhere"};
  request.out = folder / "out";
  request.questions = {"foto_z"};
  try {
    evaluate(request);
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("no question 'foto_z'; the nearest is 'photo_z' of 'photo_z'"));
  }
}

// What a question reads is made where it alone is asked for: the table says so of each (QuestionEntry::reads).
void expect_each_alone_as_among_all(EvaluateRequest request, size_t fewest) {
  request.ask.bootstrap.resamples = 20;
  request.questions = {};
  const auto all = evaluate(request);
  EXPECT_GE(all.size(), fewest);
  request.replace = true;
  for (const auto& among : all) {
    request.questions = {among.question};
    const auto alone = evaluate(request);
    ASSERT_EQ(alone.size(), 1u);
    ASSERT_EQ(alone[0].scores.size(), among.scores.size()) << among.question;
    for (size_t i = 0; i < among.scores.size(); ++i)
      EXPECT_EQ(alone[0].scores[i].interval.value, among.scores[i].interval.value) << among.question;
  }
}

// A model in the folder of a run that learned from side `split` of `fold` of the sky, all in one folder.
class EvaluateRun : public testing::Test {
 protected:
  EvaluateRun() {
    infer::write_sky(folder_ / "sky");
    std::filesystem::create_directories(folder_ / "run");
    infer::small_model()->save(folder_ / "run" / "model");
    request_.model = folder_ / "run";
    request_.datasets = {folder_ / "sky"};
    request_.questions = {"photo_z"};
    request_.out = folder_ / "out";
    request_.replace = true;
  }
  void record(const nlohmann::json& run) { io::write_json(folder_ / "run" / "run.json", run); }
  // What evaluate says against it; empty: it was done.
  std::string refused(const std::string& test, const std::string& train) {
    request_.collect.test = test;
    request_.collect.train = train;
    try {
      evaluate(request_);
      return "";
    } catch (const base::UserError& error) {
      return error.what();
    }
  }
  base::TemporaryFolder folder_;
  EvaluateRequest request_;
};

// Nobody is judged by what learned from him: another fold than the run's own is refused before any work.
TEST_F(EvaluateRun, AFoldIsTheRunsOwn) {
  record({{"fold", 2}});
  for (const auto& model : {folder_ / "run", folder_ / "run" / "model", folder_ / "run" / "model" / ""}) {
    request_.model = model;
    EXPECT_THAT(refused("test", "train+validation"), HasSubstr("was trained for fold 2: judge it on 'test@2'"))
        << model;
    EXPECT_THAT(refused("test@2", "train+validation"), HasSubstr("sides of two folds"));
    EXPECT_EQ(refused("test@2", "train+validation@2"), "");
  }
  EXPECT_TRUE(std::filesystem::exists(folder_ / "out" / "answers.json"));
}

TEST_F(EvaluateRun, NothingIsWrittenIntoTheModel) {
  request_.out = folder_ / "run" / "model" / "report";
  EXPECT_THAT(refused("test", "train+validation"), HasSubstr("lies inside"));
  EXPECT_FALSE(std::filesystem::exists(request_.out));
}

TEST_F(EvaluateRun, WhatARunLearnedFromIsNotJudged) {
  const auto sky = (folder_ / "sky").string();
  request_.model = folder_ / "run" / "model";
  record({{"split", "all"}, {"fold", 0}, {"data", {{sky, "of an earlier day"}}}});
  EXPECT_THAT(refused("test", "train+validation"), HasSubstr("learned from the objects of 'test'"));
  record({{"split", "all"}, {"fold", 0}, {"data", {{"elsewhere", train::dataset_fingerprint(sky)}}}});
  EXPECT_THAT(refused("test", "train+validation"), HasSubstr("learned from the objects of 'test'"));
  record({{"split", "train+validation"}, {"fold", 1}, {"data", {{sky, ""}}}});
  EXPECT_THAT(refused("validation@1", "train@1"), HasSubstr("learned from the objects of 'validation@1'"));
  EXPECT_EQ(refused("test@1", "train@1"), "");
}

TEST_F(EvaluateRun, ARunThatLearnedFromAllOfOtherDataIsWarnedOf) {
  record({{"split", "all"}, {"fold", 0}, {"data", {{"elsewhere", "other"}}}});
  testing::internal::CaptureStderr();
  EXPECT_EQ(refused("test", "train+validation"), "");
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("learned from all of its data"));
}

// It takes as long again as the tokenizer's other questions.
TEST(Evaluate, ATokenizerIsAskedForHiddenStretchesWhereTheyAreNamed) {
  base::TemporaryFolder folder;
  tokenizers::SpectrumCodecSettings settings;
  settings.pixels = 512;
  settings.strides = {8, 8};
  settings.depths = {1, 1};
  settings.widths = {8, 8};
  tokenizers::SpectrumCodec(settings, 1).save(folder / "codec");
  EvaluateRequest request;
  request.model = folder / "codec";
  request.modality = "spectrum_desi";
  request.mock.objects = 40;
  request.mock.surveys = {"desi"};
  request.collect.test = "test";
  request.out = folder / "out";
  request.ask.bootstrap.resamples = 20;
  const auto asked = [&] {
    std::vector<std::string> names;
    for (const auto& answer : evaluate(request)) names.push_back(answer.question);
    return names;
  };
  EXPECT_THAT(asked(), testing::AllOf(testing::Contains("spectrum_reconstruction"),
                                      testing::Not(testing::Contains("hidden_stretches"))));
  request.replace = true;
  expect_each_alone_as_among_all(request, 1);
  request.questions = {"hidden_stretches"};
  EXPECT_THAT(asked(), testing::ElementsAre("hidden_stretches"));
}

TEST_F(EvaluateRun, AQuestionAloneIsAnsweredAsAmongAll) { expect_each_alone_as_among_all(request_, 4); }

// They were taken in silence, and the answers were those without them.
TEST_F(EvaluateRun, OptionsOfATokenizerAreRefusedForAModel) {
  const auto plain = request_;
  const auto expect = [&](const char* option, const auto& set) {
    request_ = plain;
    set(request_);
    EXPECT_THAT(refused("test", "train+validation"), HasSubstr(fmt::format("no tokenizer, and {} would", option)));
  };
  expect("--modality", [](auto& r) { r.modality = "flux_g"; });
  expect("--bin", [](auto& r) { r.collect.rebuild_as.bin = 2; });
  expect("--read-as", [](auto& r) { r.collect.rebuild_as.read_as = {{"des-g", "sdss-g"}}; });
  expect("--psf", [](auto& r) { r.collect.rebuild_as.calibration.psf_arcsec = {{"des-g", 1}}; });
  expect("--zero-point and --counts-as", [](auto& r) {
    r.collect.rebuild_as.calibration.zero_point = {{"des-g", 22.5}};
    r.collect.rebuild_as.calibration.counts_as = "nanomaggy";
  });
  request_ = plain;
  EXPECT_EQ(refused("test", "train+validation"), "");
}

TEST(Evaluate, AModelFolderToAReport) {
  base::TemporaryFolder folder;
  infer::write_sky(folder / "sky");
  std::filesystem::create_directories(folder / "run");
  infer::small_model()->save(folder / "run" / "model");
  EvaluateRequest request;
  request.model = folder / "run";
  request.datasets = {folder / "sky"};
  request.out = folder / "out";
  request.ask.bootstrap.resamples = 20;
  const auto answers = evaluate(request);
  EXPECT_GE(answers.size(), 4u);
  const auto json = io::read_json(folder / "out" / "answers.json");
  EXPECT_EQ(json["subject"], "any_to_any");
  EXPECT_EQ(json["answers"].size(), answers.size());
  const auto html = base::read_text(folder / "out" / "report.html");
  EXPECT_THAT(html, HasSubstr("sigma_NMAD"));
  EXPECT_THROW(evaluate(request), base::UserError);  // out exists
  request.replace = true;
  request.questions = {"photo_z"};
  EXPECT_EQ(evaluate(request).size(), 1u);
  EXPECT_EQ(io::read_json(folder / "out" / "answers.json")["answers"].size(), 1u);
  request.replace = false;
  request.out = folder / "other";
  request.mock.objects = 10;
  EXPECT_THROW(evaluate(request), base::UserError);  // datasets and a mock sky
  request.mock.objects = 0;
  request.model = folder / "sky";
  EXPECT_THROW(evaluate(request), base::UserError);  // no model there
  EXPECT_FALSE(std::filesystem::exists(folder / "other"));
}

}  // namespace
}  // namespace asterism::eval
