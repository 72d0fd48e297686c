#include "train/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "io/json.h"

namespace asterism::train {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

CheckpointState state_at(int64_t step) {
  CheckpointState state;
  state.step = step;
  state.position = {2, 7};
  state.seed = 12345678901234567890ULL;
  state.precision = "bf16";
  state.identity = "abc";
  state.version = "0.1.0";
  state.best_validation = 0.1 + 0.2;
  state.best_step = 3;
  state.has_best = true;
  state.judged_by = "def";
  return state;
}

TensorGroups tensors(double value = 1) {
  return {{"weights", {{"a.weight", at::full({3, 2}, value)}, {"steps", at::full({}, 7.0)}}},
          {"optimiser", {{"m", at::arange(5)}}}};
}

void flip_byte(const fs::path& file, int64_t place) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(place < 0 ? int64_t(fs::file_size(file)) + place : place);
  const auto at = stream.tellg();
  const char byte = char(stream.get() ^ 0x10);
  stream.seekp(at);
  stream.put(byte);
}

TEST(Checkpoint, ComesBackAsItWas) {
  base::TemporaryFolder folder;
  const Checkpoints all(folder / "c", 2);
  EXPECT_FALSE(all.latest());
  all.save(state_at(10), tensors());
  const auto latest = all.latest();
  ASSERT_TRUE(latest);
  EXPECT_EQ(latest->filename(), "step-000000010");
  const auto back = Checkpoints::load(*latest);
  EXPECT_EQ(back.state.step, 10);
  EXPECT_EQ(back.state.position, (data::BatchSource::Position{2, 7}));
  EXPECT_EQ(back.state.seed, 12345678901234567890ULL);
  EXPECT_EQ(back.state.precision, "bf16");
  EXPECT_EQ(back.state.best_validation, 0.1 + 0.2);
  EXPECT_EQ(back.state.judged_by, "def");
  const auto expected = tensors();
  for (const auto& [group, named] : expected)
    for (const auto& [name, tensor] : named) EXPECT_TRUE(at::equal(back.tensors.at(group).at(name), tensor));
}

TEST(Checkpoint, KeepsTheLastFew) {
  base::TemporaryFolder folder;
  const Checkpoints all(folder / "c", 2);
  for (const int64_t step : std::vector<int64_t>{5, 7, 10, 100000000000}) all.save(state_at(step), tensors());
  std::vector<std::string> names;
  for (const auto& path : all.list()) names.push_back(path.filename().string());
  EXPECT_EQ(names, (std::vector<std::string>{"step-000000010", "step-100000000000"}));
  int entries = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder / "c")) ++entries;
  EXPECT_EQ(entries, 2);  // no leftovers
}

TEST(Checkpoint, DamageIsSeenAndPassedOver) {
  base::TemporaryFolder folder;
  const Checkpoints all(folder / "c", 5);
  all.save(state_at(1), tensors());
  all.save(state_at(2), tensors());
  flip_byte(folder / "c" / "step-000000002" / "weights.safetensors", -3);
  EXPECT_THROW(Checkpoints::verify(folder / "c" / "step-000000002"), base::DataError);
  EXPECT_THROW(Checkpoints::load(folder / "c" / "step-000000002"), base::DataError);
  EXPECT_EQ(all.latest()->filename(), "step-000000001");
  fs::resize_file(folder / "c" / "step-000000001" / "optimiser.safetensors", 20);
  try {
    all.latest();
    FAIL() << "two damaged checkpoints were taken for none";
  } catch (const base::DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("none of the 2 checkpoints"));
  }
}

// A run that began again before a damaged checkpoint keeps what it writes from there on.
TEST(Checkpoint, ADamagedLaterOneTakesNoPlace) {
  for (const int64_t keep : {1, 2}) {
    const base::TemporaryFolder folder;
    const Checkpoints all(folder / "c", keep);
    Checkpoints(folder / "c", 2).save(state_at(10), tensors());
    Checkpoints(folder / "c", 2).save(state_at(20), tensors());
    flip_byte(folder / "c" / "step-000000020" / "weights.safetensors", -3);
    EXPECT_EQ(all.latest()->filename(), "step-000000010");
    all.save(state_at(12), tensors());
    EXPECT_EQ(all.latest()->filename(), "step-000000012");
    all.save(state_at(14), tensors());
    EXPECT_EQ(all.latest()->filename(), "step-000000014");
    EXPECT_EQ(int64_t(all.list().size()), keep);
    for (const auto& one : all.list()) EXPECT_NO_THROW(Checkpoints::verify(one));
  }
}

TEST(Checkpoint, RefusesAHostileState) {
  base::TemporaryFolder folder;
  const Checkpoints all(folder / "c", 5);
  all.save(state_at(1), tensors());
  const fs::path file = folder / "c" / "step-000000001" / "state.json";
  const auto good = io::read_json(file);
  const auto damaged = [&](const std::function<void(nlohmann::json&)>& change) {
    auto json = good;
    change(json);
    io::write_json(file, json);
    EXPECT_THROW(Checkpoints::load(folder / "c" / "step-000000001"), base::DataError) << json.dump();
  };
  damaged([](auto& json) { json.erase("step"); });
  damaged([](auto& json) { json["step"] = "ten"; });
  damaged([](auto& json) { json["format"] = 99; });
  damaged([](auto& json) { json["files"] = 3; });
  damaged([](auto& json) { json["files"]["../../outside.safetensors"] = json["files"]["weights.safetensors"]; });
  damaged([](auto& json) { json["files"]["missing.safetensors"] = json["files"]["weights.safetensors"]; });
  damaged([](auto& json) { json["files"]["weights.safetensors"]["sha256"] = "0"; });
  base::write_text(file, "{\"step\": 1");
  EXPECT_THROW(Checkpoints::load(folder / "c" / "step-000000001"), base::DataError);
}

TEST(Checkpoint, UnfinishedFoldersAreInvisibleAndSweptAway) {
  base::TemporaryFolder folder;
  const Checkpoints all(folder / "c", 5);
  fs::create_directories(folder / "c" / ".step-000000009.tmp-abc123");
  fs::create_directories(folder / "c" / ".removed-step-000000003");
  fs::create_directories(folder / "c" / "step-000000004");  // without state.json
  fs::create_directories(folder / "c" / "notes");
  EXPECT_FALSE(all.latest());
  all.save(state_at(10), tensors());
  EXPECT_FALSE(fs::exists(folder / "c" / ".removed-step-000000003"));
  EXPECT_TRUE(fs::exists(folder / "c" / "notes"));
  EXPECT_EQ(all.list().size(), 1u);
}

}  // namespace
}  // namespace asterism::train
