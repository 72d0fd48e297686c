#include "eval/unused_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "tests/base/refusal.h"
#include "tests/eval/planted_posteriors.h"
#include "tests/infer/tiny_sky.h"
#include "tests/models/tiny_backbones.h"

namespace asterism::eval {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string told(const std::vector<std::string>& options, const std::vector<std::string>& questions) {
  EvaluateRequest request;
  request.told = options;
  request.questions = questions;
  return test::refusal([&] { check_told(request); });
}

// They were taken in silence, and the answers were those without them.
TEST(UnusedOptions, OfQuestionsThatAreNotAskedAreRefusedByName) {
  for (const auto* option : {"--draws", "--joint", "--pair", "--rebuild-limit", "--neighbours", "--given", "--bin",
                             "--read-as", "--zero-point", "--psf", "--counts-as"})
    EXPECT_THAT(told({option}, {"retrieval"}), AllOf(HasSubstr(option), HasSubstr("--question"))) << option;
  EXPECT_THAT(told({"--pairs"}, {"photo_z"}), HasSubstr("--pairs has a part in the questions 'retrieval'"));
  EXPECT_THAT(told({"--draws"}, {}), HasSubstr("--draws has a part in the question 'drawn', and that is not asked"));
  for (const auto* option : {"--joint", "--pair", "--pairs", "--neighbours", "--rebuild-limit", "--given", "--bin"})
    EXPECT_EQ(told({option}, {}), "") << option;
  EXPECT_EQ(told({"--draws", "--rebuild-limit", "--given", "--label"}, {"drawn"}), "");
  EXPECT_EQ(told({"--psf"}, {"hidden_stretches"}), "");
}

TEST(UnusedOptions, TheTrainingSideBesideOtherDataToLearnFrom) {
  EvaluateRequest request;
  request.told = {"--train", "--learn-from"};
  EXPECT_EQ(test::refusal([&] { check_told(request); }), "");
  request.learn_from = {"other"};
  EXPECT_THAT(test::refusal([&] { check_told(request); }), HasSubstr("--train would change nothing: leave it out"));
}

TEST(UnusedOptions, OfModelsAndOfTokenizers) {
  EvaluateRequest request;
  request.model = "codec";
  request.told = {"--joint", "--pair", "--neighbours"};
  EXPECT_THAT(test::refusal([&] { check_told_of_tokenizer(request); }),
              HasSubstr("--pair and --joint would change nothing"));
  const auto model = infer::small_model();
  request.told = {"--bin"};  // with the value that it has anyway
  EXPECT_THAT(test::refusal([&] { check_told_of_model(request, *model); }), HasSubstr("no tokenizer, and --bin would"));
  request.told = {"--rebuild-limit"};
  EXPECT_EQ(test::refusal([&] { check_told_of_model(request, *model); }), "");
  const models::AstroClip vectors_alone(models::tiny::astroclip_model());
  EXPECT_THAT(test::refusal([&] { check_told_of_model(request, vectors_alone); }),
              HasSubstr("'astroclip' rebuilds nothing, and --rebuild-limit would change nothing"));
}

TEST(UnusedOptions, WhatShowsInTheDataIsWarnedOf) {
  auto planted = planted_subject();
  add_posteriors(planted, 0.05, 1);
  const Collected collected{planted.subject, planted.labels, planted.split};
  EvaluateRequest request;
  const auto warning = [&](const std::vector<std::string>& options) {
    request.told = options;
    testing::internal::CaptureStderr();
    warn_of_unused(request, collected);
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_THAT(warning({"--pair"}), HasSubstr("--pair changed nothing: of its questions (joint) none applies"));
  EXPECT_EQ(warning({"--neighbours", "--pairs", "--given"}), "");
  request.questions = {"photo_z"};
  EXPECT_THAT(warning({"--pairs"}), HasSubstr("--pairs changed nothing"));
}

}  // namespace
}  // namespace asterism::eval
