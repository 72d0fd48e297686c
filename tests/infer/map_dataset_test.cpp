#include "infer/map_dataset.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/folder_lock.h"
#include "base/signals.h"
#include "base/temporary_folder.h"
#include "data/hats_read.h"
#include "data/split.h"
#include "infer/columns.h"
#include "io/json.h"
#include "io/parquet.h"
#include "tests/infer/tiny_sky.h"

namespace asterism::infer {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class MapDataset : public testing::Test {
 protected:
  void SetUp() override {
    write_sky(folder_ / "sky");
    options_.dataset = folder_ / "sky";
    options_.out = folder_ / "out";
    options_.modalities = {"flux_g"};
    options_.batch_size = 7;
    options_.identity = "double";
  }
  void TearDown() override { base::clear_stop_request(); }

  // Twice the flux; every call counted.
  NewColumns doubled(const modalities::Batch& batch) {
    ++calls_;
    if (calls_ == stop_at_) base::request_stop();
    if (calls_ == fail_at_) base::data_error("the disk is full");
    const auto& flux = std::get<modalities::ScalarBlock>(batch.blocks.at("flux_g"));
    std::vector<double> value;
    for (const double f : flux.value) value.push_back(2 * f);
    return {{scalar_field("twice", "nanomaggy", "twice the flux"), number_column(at::tensor(value, at::kDouble), {})}};
  }
  MapResult map() {
    return map_dataset(options_, [this](const modalities::Batch& batch) { return doubled(batch); });
  }
  std::string refusal() {
    try {
      map();
      return "";
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }
  // id -> (flux, twice) of the output.
  std::map<std::string, std::pair<double, double>> read_back() const {
    std::map<std::string, std::pair<double, double>> out;
    data::HatsReader::open(folder_ / "out")
        .for_each({"flux_g", "twice"}, 1000, [&](modalities::Batch&& batch, int64_t) {
          for (size_t i = 0; i < batch.objects.size(); ++i)
            out[batch.objects[i].id] = {std::get<modalities::ScalarBlock>(batch.blocks.at("flux_g")).value[i],
                                        std::get<modalities::ScalarBlock>(batch.blocks.at("twice")).value[i]};
          return true;
        });
    return out;
  }
  void expect_complete() const {
    const auto rows = read_back();
    ASSERT_EQ(int64_t(rows.size()), kObjects);
    for (const auto& [id, values] : rows) EXPECT_EQ(values.second, 2 * values.first) << id;
    EXPECT_FALSE(fs::exists(folder_ / "out.partial"));
  }

  base::TemporaryFolder folder_;
  MapOptions options_;
  int calls_ = 0, stop_at_ = -1, fail_at_ = -1;
};

TEST_F(MapDataset, EveryRowOnceWithItsPosition) {
  const auto result = map();
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(result.rows, kObjects);
  expect_complete();
  const auto before = data::HatsReader::open(folder_ / "sky"), after = data::HatsReader::open(folder_ / "out");
  const auto keys = before.keys(), mapped = after.keys();
  ASSERT_EQ(keys.size(), mapped.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(keys[i].id, mapped[i].id);
    EXPECT_EQ(keys[i].has_position, mapped[i].has_position);
    EXPECT_EQ(keys[i].ra_deg, mapped[i].ra_deg);
  }
  EXPECT_EQ(before.files().size(), after.files().size());
  EXPECT_TRUE(after.schema()->GetFieldByName("redshift"));  // truth comes along
}

TEST_F(MapDataset, SaysOfHowManyNothingWasMade) {
  EXPECT_EQ(map().without, 0);
  fs::remove_all(options_.out);
  int64_t absent = 0;
  const auto half = [&](const modalities::Batch& batch) -> NewColumns {
    std::vector<uint8_t> present;
    for (int64_t i = 0; i < batch.size(); ++i) present.push_back(i % 2 == 0), absent += i % 2;
    const auto flags = at::tensor(present, at::kByte).to(at::kBool);
    const auto value = number_column(at::zeros({batch.size()}, at::kDouble), flags);
    return {{scalar_field("a", "", "a"), value}, {scalar_field("b", "", "b"), value}};
  };
  const auto result = map_dataset(options_, half);
  EXPECT_GT(absent, 0);
  EXPECT_EQ(result.without, absent);
  EXPECT_EQ(result.rows, kObjects);
}

TEST_F(MapDataset, ASlashBehindTheNameChangesNothingAndNoNameIsRefused) {
  options_.out = folder_.path().string() + "/out/";
  map();
  EXPECT_TRUE(fs::exists(folder_ / "out" / "out" / "hats.properties"));
  EXPECT_FALSE(fs::exists(folder_ / "out" / ".partial"));
  options_.out = "";
  EXPECT_THAT(refusal(), HasSubstr("OUT is empty"));
}

TEST_F(MapDataset, TwoAtOnceDoNotMixTheirWork) {
  fs::create_directories(folder_ / "out.partial");
  {
    const base::FolderLock other(folder_ / "out.partial");
    EXPECT_THAT(refusal(), HasSubstr("is at work in"));
    EXPECT_TRUE(fs::exists(folder_ / "out.partial" / ".lock")) << "what the other one has is left alone";
  }
  // another share begins with other settings between this one's look and its first tile
  fs::remove_all(folder_ / "out.partial");
  options_.shards = 2;
  const auto begins = [&](const modalities::Batch& batch) {
    fs::create_directories(folder_ / "out.partial");
    io::write_json(folder_ / "out.partial" / "identity.json", {{"identity", "of another request"}});
    return doubled(batch);
  };
  EXPECT_THROW(map_dataset(options_, begins), base::UserError);
  // and an output that another command finished meanwhile is not taken for ours
  fs::remove_all(folder_ / "out.partial");
  options_.shards = 1;
  const auto finishes = [&](const modalities::Batch& batch) {
    fs::create_directories(options_.out);
    return doubled(batch);
  };
  EXPECT_THROW(map_dataset(options_, finishes), base::UserError);
}

TEST_F(MapDataset, AStoppedRunGoesOnWithoutRepeating) {
  stop_at_ = 12;
  const auto stopped = map();
  EXPECT_TRUE(stopped.interrupted);
  EXPECT_FALSE(fs::exists(options_.out));
  base::clear_stop_request();
  stop_at_ = -1;
  EXPECT_THAT(refusal(), HasSubstr("--resume"));
  options_.resume = true;
  const auto result = map();
  EXPECT_GT(result.tiles_before, 0);
  EXPECT_EQ(stopped.rows + result.rows, kObjects);
  expect_complete();
}

TEST_F(MapDataset, PartialWorkOfAnotherModelIsRefused) {
  stop_at_ = 12;
  map();
  base::clear_stop_request();
  options_.resume = true;
  options_.identity = "triple";
  EXPECT_THAT(refusal(), HasSubstr("another dataset, model or settings"));
}

TEST_F(MapDataset, AFailureBeforeATileIsFinishedLeavesNothing) {
  for (const int at : {1, 3}) {  // before and after something was written
    calls_ = 0;
    fail_at_ = at;
    EXPECT_EQ(refusal(), "the disk is full");
    EXPECT_FALSE(fs::exists(folder_ / "out.partial")) << at;
  }
  calls_ = 0;
  fail_at_ = -1;
  stop_at_ = 1;
  EXPECT_TRUE(map().interrupted);
  EXPECT_FALSE(fs::exists(folder_ / "out.partial"));
  base::clear_stop_request();
  options_.identity = "corrected";
  EXPECT_EQ(refusal(), "");
  expect_complete();
}

TEST_F(MapDataset, AFailureAfterwardsKeepsTheTilesAndSaysHowToGoOn) {
  fail_at_ = 12;
  const auto message = refusal();
  EXPECT_THAT(message, HasSubstr("the disk is full"));
  EXPECT_THAT(message, HasSubstr("--resume"));
  fail_at_ = -1;
  options_.resume = true;
  EXPECT_GT(map().tiles_before, 0);
  expect_complete();
}

TEST_F(MapDataset, WhatAKilledRunLeftWithoutATileIsNoHindrance) {
  fs::create_directories(folder_ / "out.partial");
  std::ofstream(folder_ / "out.partial" / "identity.json") << R"({"identity": "another"})";
  EXPECT_EQ(refusal(), "");
  expect_complete();
}

// A kill while a finished run's tiles are removed: its output stands already, and some of them do still.
TEST_F(MapDataset, TilesLeftByAKillWhileTidyingUpAreNobodysWork) {
  stop_at_ = 12;
  map();
  base::clear_stop_request();
  stop_at_ = -1;
  fs::copy(folder_ / "out.partial", folder_ / "kept");
  options_.resume = true;
  map();
  fs::rename(folder_ / "kept", folder_ / "out.partial");
  EXPECT_TRUE(map().complete);
  EXPECT_FALSE(fs::exists(folder_ / "out.partial")) << "all of it is in the output";
  fs::rename(options_.out, folder_ / "elsewhere");
  calls_ = 0;
  stop_at_ = 12;
  map();
  base::clear_stop_request();
  stop_at_ = -1;
  fs::remove(folder_ / "out.partial" / "identity.json");
  options_.identity = "another model";
  options_.resume = false;
  EXPECT_EQ(map().tiles_before, 0) << "tiles of who knows which model";
  expect_complete();
}

TEST_F(MapDataset, AShareThatThereIsNotIsRefused) {
  options_.shards = 0;
  EXPECT_THAT(refusal(), testing::HasSubstr("--shards = 0"));
  options_.shards = 3;
  options_.shard = 3;
  EXPECT_THAT(refusal(), testing::HasSubstr("from 0 to 2"));
}

TEST_F(MapDataset, ShardsMeetInOneDataset) {
  options_.shards = 3;
  for (const int64_t shard : {2, 0, 1}) {
    options_.shard = shard;
    EXPECT_EQ(map().complete, shard == 1);
  }
  expect_complete();
}

// A share that is asked for once more, or that meets a dataset which the others have put together, is done.
TEST_F(MapDataset, AFinishedShareIsDoneAgainAtOnce) {
  options_.shards = 2;
  for (const int64_t shard : {0, 1}) {
    options_.shard = shard;
    map();
  }
  const int calls = calls_;
  EXPECT_TRUE(map().complete);
  options_.shards = 1;
  options_.shard = 0;
  options_.resume = true;
  EXPECT_TRUE(map().complete);
  EXPECT_EQ(calls_, calls);
  options_.identity = "other";
  EXPECT_THAT(refusal(), HasSubstr("exists and is not what this model makes"));
  options_.identity = "double";
  options_.resume = false;  // without saying so, what is there is not overlooked
  EXPECT_THAT(refusal(), HasSubstr("exists; give another output"));
  expect_complete();
}

TEST_F(MapDataset, RefusesWhatIsThereAlready) {
  options_.identity = "taken";
  EXPECT_THAT(
      [&] {
        try {
          map_dataset(options_, [](const modalities::Batch& batch) -> NewColumns {
            return {{scalar_field("redshift", "", ""), number_column(at::zeros({batch.size()}), {})}};
          });
        } catch (const base::UserError& error) {
          return std::string(error.what());
        }
        return std::string();
      }(),
      HasSubstr("already has a column 'redshift'"));
  EXPECT_FALSE(fs::exists(folder_ / "out.partial"));
  fs::create_directories(options_.out);
  EXPECT_THAT(refusal(), HasSubstr("exists"));
  options_.dataset = folder_ / "nowhere";
  options_.out = folder_ / "other";
  EXPECT_THAT(refusal(), HasSubstr("nowhere"));
}

// What is made of an output says the side as well, and one of it that is a number is left as it is.
TEST_F(MapDataset, EveryOutputSaysTheSide) {
  map();
  options_.dataset = folder_ / "out";
  options_.out = folder_ / "again";
  map_dataset(options_, [](const modalities::Batch& batch) -> NewColumns {
    return {{scalar_field("one", "", "1"), number_column(at::ones({batch.size()}, at::kDouble), {})}};
  });
  for (const char* made : {"out", "again"}) {
    const auto field = data::HatsReader::open(folder_ / made).schema()->GetFieldByName("side");
    ASSERT_TRUE(field) << made;
    EXPECT_EQ(field->type()->id(), arrow::Type::STRING) << made;
  }
  auto objects = sky_objects();
  objects.blocks["side"] = objects.blocks.at("redshift");
  data::HatsWriter writer(folder_ / "numbers", {.name = "numbers"}, {});
  writer.add(objects);
  writer.finish();
  options_.dataset = folder_ / "numbers";
  options_.out = folder_ / "kept";
  map();
  EXPECT_EQ(data::HatsReader::open(folder_ / "kept").schema()->GetFieldByName("side")->type()->id(),
            arrow::Type::DOUBLE);
}

// Tiles of others' catalogues may have lost all their rows to a filter.
TEST_F(MapDataset, ATileWithoutRowsIsNoHindrance) {
  const auto files = data::HatsReader::open(folder_ / "sky").files();
  int64_t left = kObjects;
  const auto empty = [&](size_t file) {
    const auto table = io::read_parquet(files[file].path);
    io::write_parquet(files[file].path, *table->Slice(0, 0));
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "sky")) {
      if (!entry.path().filename().string().ends_with("properties")) continue;
      auto text = base::read_text(entry.path());
      const auto at = text.find("hats_nrows=");
      if (at == std::string::npos) continue;
      const auto rows = std::stoll(text.substr(at + 11));
      text.replace(at, text.find('\n', at) - at, "hats_nrows=" + std::to_string(rows - table->num_rows()));
      base::write_text(entry.path(), text);
    }
    left -= table->num_rows();
  };
  for (const size_t file : {size_t{1}, size_t{0}}) {
    empty(file);
    EXPECT_TRUE(map().complete) << file;
    EXPECT_EQ(int64_t(read_back().size()), left) << file;
    fs::remove_all(folder_ / "out");
  }
  for (size_t file = 2; file < files.size(); ++file)
    if (files[file].pixel) empty(file);
  EXPECT_TRUE(map().complete) << "what has no position is left";
  EXPECT_EQ(int64_t(read_back().size()), kUnplaced);
}

// Repeats of one object share a side of every split: bare datasets must not forget it.
TEST_F(MapDataset, BareKeepsTheSideOfTheSplit) {
  auto objects = sky_objects();
  auto side = modalities::make_scalars(kObjects, "", false);
  side.present.assign(size_t(kObjects), 1);
  side.value.assign(size_t(kObjects), 7);
  objects.blocks[data::kSplitColumn] = side;
  data::HatsWriter writer(folder_ / "grouped", {.name = "grouped"}, {});
  writer.add(objects);
  writer.finish();
  options_.dataset = folder_ / "grouped";
  options_.keep_scalars = false;
  map();
  const auto reader = data::HatsReader::open(folder_ / "out");
  EXPECT_TRUE(reader.schema()->GetFieldByName(data::kSplitColumn));
  EXPECT_FALSE(reader.schema()->GetFieldByName("flux_g"));
}

TEST_F(MapDataset, BareMeansWithoutScalars) {
  options_.keep_scalars = false;
  map();
  const auto schema = data::HatsReader::open(folder_ / "out").schema();
  EXPECT_FALSE(schema->GetFieldByName("redshift"));
  EXPECT_TRUE(schema->GetFieldByName("twice"));
  EXPECT_TRUE(schema->GetFieldByName("ra"));
}

}  // namespace
}  // namespace asterism::infer
