#include "train/label_curve.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>
#include <thread>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/random.h"
#include "base/signals.h"
#include "base/temporary_folder.h"
#include "data/hats_write.h"
#include "data/split.h"
#include "io/json.h"
#include "modalities/scalar.h"
#include "train/adapted_objective.h"
#include "train/any_to_any_objective.h"
#include "train/run.h"
#include "train/source.h"

namespace asterism::train {
namespace {

// Objects whose redshift is a function of their flux; a third has none, and every other one is sure.
modalities::Batch objects(int64_t n, double redshift_of_flux = 0.1) {
  modalities::Batch batch;
  auto flux = modalities::make_scalars(n, "nanomaggy", true), redshift = modalities::make_scalars(n, "", false);
  for (int64_t i = 0; i < n; ++i) {
    base::Random random(5, 0, uint64_t(i), "objects");
    batch.objects.push_back(
        {.survey = "test", .id = std::to_string(i), .has_position = true, .ra_deg = double(i % 360)});
    const auto at = size_t(i);
    flux.present[at] = redshift.present[at] = 1;
    flux.value[at] = 1 + 9 * random.uniform();
    flux.error[at] = 0.01;
    redshift.value[at] = redshift_of_flux * flux.value[at];
  }
  for (int64_t i = 0; i < n; i += 3) redshift.present[size_t(i)] = redshift.value[size_t(i)] = 0;
  auto sure = modalities::make_scalars(n, "", false);
  for (int64_t i = 0; i < n; ++i) {
    sure.present[size_t(i)] = 1;
    sure.value[size_t(i)] = double(i % 2);
  }
  batch.blocks["sure"] = sure;
  batch.blocks["flux_g"] = flux;
  batch.blocks["redshift"] = redshift;
  return batch;
}

void write_objects(const std::filesystem::path& out, int64_t n, double redshift_of_flux = 0.1) {
  data::HatsWriter writer(out, {.name = "objects"});
  writer.add(objects(n, redshift_of_flux));
  writer.finish();
}

// A small finished model.
void write_backbone(const std::filesystem::path& out, uint64_t seed) {
  AnyToAnyObjectiveSettings backbone;
  backbone.model.width = 16;
  backbone.model.heads = 2;
  backbone.model.encoder_layers = backbone.model.decoder_layers = 1;
  backbone.model.modalities["flux_g"].bins = 8;
  const auto pretrained = backbone.make(seed);
  pretrained->prepare(objects(100));
  pretrained->save(out);
}

// Of data, that model and a recipe that adapts it.
std::filesystem::path write_recipe(const std::filesystem::path& folder) {
  write_objects(folder / "data", 300);
  write_backbone(folder / "backbone", 1);
  base::write_text(folder / "r.toml", fmt::format(R"(
[about]
question = 'q'
command = 'c'
cost = 'c'
expected = 'e'
paper = 'p'
last_run = 'never'
[data]
datasets = ['{}']
batch_size = 16
[objective]
kind = 'adapted'
[model]
backbone = '{}'
adapt = 'mlp'
hidden = 8
target = 'redshift'
bins = 8
label_counts = [10, 40]
[train]
steps = 30
learning_rate = 1e-2
prepare_objects = 40
)",
                                                  (folder / "data").string(), (folder / "backbone").string()));
  return folder / "r.toml";
}

// train.init is of what is adapted: the network from scratch would know what that one learned.
TEST(LabelCurve, FromScratchStartsFromNoOtherModel) {
  base::TemporaryFolder folder;
  const auto file = write_recipe(folder.path());
  auto recipe =
      read_recipe(file, {"model.adapt='full'", "model.hidden=256", "model.label_counts=[10]", "train.steps=1"});
  const auto other = recipe.settings->make(7);
  other->prepare(objects(100));
  other->save(folder / "other");
  const auto points = [&](const std::string& name) {
    return label_curve(recipe, recipe.settings->modalities(), {.folder = folder / name, .identity = "these objects"})
        .points;
  };
  const auto plain = points("plain");
  recipe.train.init = (folder / "other").string();
  const auto started = points("started");
  ASSERT_EQ(started.size(), 2u);
  EXPECT_EQ(started[1].validation.at("loss"), plain[1].validation.at("loss"));
  EXPECT_NE(started[0].validation.at("loss"), plain[0].validation.at("loss"));
}

TEST(LabelCurve, AdaptedAndFromScratchAtEachNumberOfLabels) {
  base::TemporaryFolder folder;
  auto recipe = read_recipe(write_recipe(folder.path()));
  const RunOptions options{.folder = folder / "run", .identity = "these objects"};
  const auto curve = label_curve(recipe, recipe.settings->modalities(), options);
  const auto& points = curve.points;
  EXPECT_FALSE(curve.interrupted);
  ASSERT_EQ(points.size(), 4u);
  for (const auto& point : points) {
    EXPECT_TRUE(std::isfinite(point.validation.at("loss")));
    EXPECT_GT(point.validation.at("median_absolute_error"), 0);
  }
  EXPECT_EQ(points[0].labels, 10);
  EXPECT_FALSE(points[0].scratch);
  EXPECT_TRUE(points[3].scratch);
  EXPECT_LT(points[2].validation.at("median_absolute_error"), 0.2) << "of redshifts 0.1 to 1";
  const auto json = io::read_json(folder / "run" / "curve.json");
  ASSERT_EQ(json.size(), 4u);
  EXPECT_EQ(json[1]["model"], "scratch");
  // once more: everything is there, nothing is trained
  const auto again = label_curve(recipe, recipe.settings->modalities(), options);
  EXPECT_EQ(again.points[2].validation, points[2].validation);
  auto others = options;
  others.identity = "other objects";
  EXPECT_THROW(label_curve(recipe, recipe.settings->modalities(), others), base::UserError);
  others.accept_changes = true;
  EXPECT_EQ(label_curve(recipe, recipe.settings->modalities(), others).points.size(), 4u);
  EXPECT_THROW(read_recipe(folder / "r.toml", {"data.validation='none'"}), base::UserError);
  EXPECT_THROW(read_recipe(folder / "r.toml", {"data.repeats=[3]"}), base::UserError) << "a label counted three times";
  EXPECT_NO_THROW(read_recipe(folder / "r.toml", {"data.repeats=[1]"}));
  EXPECT_NO_THROW(read_recipe(folder / "r.toml", {"data.repeats=[3]", "model.label_counts=[]"}));
}

// What train_from_recipe says of a run with a curve.
struct CurveRun {
  base::TemporaryFolder folder;
  std::filesystem::path recipe = write_recipe(folder.path());
  std::filesystem::path run = folder / "run", curve = run / "curve.json";
  std::vector<std::string> settings = {"model.label_counts=[10]", "train.steps=4"};

  RunResult start(bool resume = false, bool accept_changes = false) const {
    return train_from_recipe(
        {.recipe = recipe, .overrides = settings, .folder = run, .resume = resume, .accept_changes = accept_changes});
  }
  std::string refusal(bool resume = false) const {
    try {
      start(resume);
    } catch (const base::UserError& error) {
      return error.what();
    }
    return "";
  }
};

TEST(LabelCurve, ARunThatIsStoppedInItIsInterruptedAndGoesOn) {
  CurveRun whole;
  EXPECT_FALSE(whole.start().interrupted);
  std::filesystem::remove(whole.curve);
  base::request_stop();
  const auto stopped = whole.start(true);
  base::clear_stop_request();
  EXPECT_TRUE(stopped.interrupted) << "every step of the run itself was done before";
  EXPECT_TRUE(io::read_json(whole.run / "run.json")["result"]["interrupted"].get<bool>());
  EXPECT_FALSE(std::filesystem::exists(whole.curve));
  EXPECT_FALSE(whole.start(true).interrupted);
  EXPECT_EQ(io::read_json(whole.curve).size(), 2u);
  EXPECT_FALSE(io::read_json(whole.run / "run.json")["result"]["interrupted"].get<bool>());
}

TEST(LabelCurve, AStopWithinAPointKeepsWhatItHasLearned) {
  base::TemporaryFolder folder;
  auto recipe = read_recipe(write_recipe(folder.path()), {"train.steps=1000000"});
  const RunOptions options{.folder = folder / "run", .identity = "these objects"};
  const auto point = options.folder / "curve" / "adapted_10";
  std::thread stopper([&] {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!std::filesystem::exists(point / "metrics.jsonl") && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    base::request_stop();
  });
  const auto curve = label_curve(recipe, recipe.settings->modalities(), options);
  stopper.join();
  base::clear_stop_request();
  EXPECT_TRUE(curve.interrupted);
  EXPECT_TRUE(curve.points.empty());
  EXPECT_FALSE(std::filesystem::exists(options.folder / "curve.json"));
  EXPECT_FALSE(std::filesystem::is_empty(point / "checkpoints"));
}

TEST(LabelCurve, ChangesAreAcceptedForItsPointsToo) {
  CurveRun changed;
  changed.start();
  changed.settings.emplace_back("train.learning_rate=2e-2");
  EXPECT_THROW(changed.start(true), base::UserError);
  EXPECT_FALSE(changed.start(true, true).interrupted);
}

TEST(LabelCurve, PointsOfAnotherDatasetAreNotTakenForDone) {
  CurveRun other;
  other.start();
  std::filesystem::remove_all(other.run / "checkpoints");  // the run itself begins anew
  std::filesystem::remove_all(other.folder / "data");
  write_objects(other.folder / "data", 300, 0.2);
  EXPECT_THROW(other.start(true), base::UserError);
}

TEST(LabelCurve, AModelThatWasExchangedIsNoticed) {
  CurveRun other;
  other.start();
  const auto backbone = other.folder / "backbone", weights = backbone / "model.safetensors";
  const auto bytes = base::read_text(weights);
  auto changed = bytes;
  changed.back() ^= 1;
  base::write_text(weights, changed);
  EXPECT_THAT(other.refusal(true), testing::HasSubstr(backbone.string()));
  base::write_text(weights, bytes);
  EXPECT_EQ(other.refusal(true), "");
  write_backbone(backbone, 2);
  std::filesystem::remove_all(other.run / "checkpoints");  // the run itself begins anew, its points are of the other
  EXPECT_THAT(other.refusal(true), testing::HasSubstr("adapted_10"));
  EXPECT_FALSE(other.start(true, true).interrupted);
}

TEST(LabelCurve, AValidationSideWithoutLabelsIsRefusedBeforeTheRunBegins) {
  CurveRun run;
  auto batch = objects(300);
  auto& redshift = std::get<modalities::ScalarBlock>(batch.blocks.at("redshift"));
  for (size_t i = 0; i < 300; ++i)
    if (data::Split("validation").contains(data::split_number(std::to_string(i))))
      redshift.present[i] = redshift.value[i] = 0;
  std::filesystem::remove_all(run.folder / "data");
  data::HatsWriter writer(run.folder / "data", {.name = "objects"});
  writer.add(batch);
  writer.finish();
  EXPECT_THAT(run.refusal(), testing::AllOf(testing::HasSubstr("validation"), testing::HasSubstr("'redshift'")));
  EXPECT_FALSE(std::filesystem::exists(run.run));
}

TEST(LabelCurve, WhatCannotBeTrainedIsRefusedBeforeTheRunBegins) {
  CurveRun few;
  few.settings[0] = "model.label_counts=[10, 290]";
  EXPECT_THAT(few.refusal(), testing::HasSubstr("asks for 290 labels"));
  EXPECT_FALSE(std::filesystem::exists(few.run));
  CurveRun fixed;
  fixed.start();
  fixed.settings.push_back(fmt::format("model.backbone='{}'", (fixed.run / "model").string()));
  fixed.run = fixed.folder / "second";
  EXPECT_THAT(fixed.refusal(), testing::HasSubstr("cannot be trained from scratch"));
  EXPECT_FALSE(std::filesystem::exists(fixed.run));
}

// Labels are counted, not objects; another seed draws others; fewer are some of the more.
TEST(LabelCurve, CountsObjectsThatHaveALabelAndQualify) {
  base::TemporaryFolder folder;
  write_objects(folder / "data", 600);
  DataSettings data;
  data.datasets = {(folder / "data").string()};
  data.require = {{"sure", 1}};
  const auto drawn = [&](int64_t labels, uint64_t seed) {
    data.limit_seed = seed;
    auto some = data;
    some.limit = some.batch_size = objects_with(labels, data, "redshift");
    const auto batch = make_source(some, {"redshift"}, "train", true, 9)->next();
    std::set<std::string> ids;
    const auto& redshift = std::get<modalities::ScalarBlock>(batch->blocks.at("redshift"));
    for (int64_t i = 0; i < batch->size(); ++i)
      if (redshift.present[size_t(i)] != 0) ids.insert(batch->objects[size_t(i)].id);
    return ids;
  };
  const auto ten = drawn(10, 0), forty = drawn(40, 0);
  EXPECT_EQ(ten.size(), 10u);
  EXPECT_EQ(forty.size(), 40u);
  EXPECT_TRUE(std::includes(forty.begin(), forty.end(), ten.begin(), ten.end()));
  for (const auto& id : forty) EXPECT_TRUE(std::stoi(id) % 2 == 1 && std::stoi(id) % 3 != 0) << id;
  EXPECT_NE(drawn(10, 1), ten);
  EXPECT_THROW(objects_with(300, data, "redshift"), base::UserError) << "a third of 600 qualifies";
}

}  // namespace
}  // namespace asterism::train
