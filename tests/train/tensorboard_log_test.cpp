#include "train/tensorboard_log.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "base/atomic_file.h"
#include "base/temporary_folder.h"

namespace asterism::train {
namespace {

// An independent reader of the fields that TensorBoard reads.
struct Event {
  int64_t step = 0;
  std::string version;
  std::map<std::string, float> values;
};

class Message {
 public:
  explicit Message(const std::string& bytes) : bytes_(bytes) {}
  bool done() const { return at_ == bytes_.size(); }
  uint64_t varint() {
    uint64_t out = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = uint8_t(bytes_.at(at_++));
      out |= uint64_t(byte & 127) << shift;
      if (!(byte & 128)) return out;
    }
  }
  std::string take(size_t n) {
    if (n > bytes_.size() - at_) throw std::runtime_error("cut off");
    at_ += n;
    return bytes_.substr(at_ - n, n);
  }

 private:
  std::string bytes_;
  size_t at_ = 0;
};

Event parse(const std::string& payload) {
  Event out;
  for (Message event(payload); !event.done();) {
    const auto tag = event.varint();
    if (tag == (1 << 3 | 1)) event.take(8);
    if (tag == (2 << 3 | 0)) out.step = int64_t(event.varint());
    if (tag == (3 << 3 | 2)) out.version = event.take(event.varint());
    if (tag != (5 << 3 | 2)) continue;
    for (Message summary(event.take(event.varint())); !summary.done();) {
      EXPECT_EQ(summary.varint(), uint64_t(1 << 3 | 2));
      std::string name;
      for (Message value(summary.take(summary.varint())); !value.done();) {
        const auto field = value.varint();
        if (field == (1 << 3 | 2)) name = value.take(value.varint());
        if (field == (2 << 3 | 5)) std::memcpy(&out.values[name], value.take(4).data(), 4);
      }
    }
  }
  return out;
}

std::vector<Event> events_in(const std::filesystem::path& file) {
  std::vector<Event> out;
  for (const auto& payload : read_records(base::read_text(file))) out.push_back(parse(payload));
  return out;
}

TEST(TensorBoardLog, HoldsVersionStepsAndFiniteValues) {
  base::TemporaryFolder folder;
  TensorBoardLog log(folder / kTensorBoardFile, -1);
  log.write(300, {{"loss", 0.25}, {"rate", INFINITY}, {"validation/loss", 3}});
  const auto events = events_in(folder / kTensorBoardFile);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].version, "brain.Event:2");
  EXPECT_EQ(events[1].step, 300);
  EXPECT_EQ(events[1].values, (std::map<std::string, float>{{"loss", 0.25f}, {"validation/loss", 3.f}}));
}

TEST(TensorBoardLog, FramesAsTensorFlowDoes) {  // every event file of TensorFlow begins with these twelve bytes
  base::TemporaryFolder folder;
  TensorBoardLog log(folder / kTensorBoardFile, -1);
  EXPECT_EQ(base::read_text(folder / kTensorBoardFile).substr(0, 12),
            std::string("\x18\0\0\0\0\0\0\0\xa3\x7f\x4b\x22", 12));
}

TEST(TensorBoardLog, ResumingForgetsWhatIsDoneAgainAndWhatIsDamaged) {
  base::TemporaryFolder folder;
  const auto file = folder / kTensorBoardFile;
  {
    TensorBoardLog log(file, -1);
    for (const int64_t step : {5, 10, 15}) log.write(step, {{"loss", double(step)}});
  }
  base::write_text(file, base::read_text(file) + "cut");
  TensorBoardLog resumed(file, 10);
  resumed.write(12, {{"loss", 12}});
  auto events = events_in(file);
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[3].step, 12);
  auto bytes = base::read_text(file);
  bytes[bytes.size() - 6] ^= 1;  // in the payload of the last record
  EXPECT_EQ(read_records(bytes).size(), 3u);
  TensorBoardLog fresh(file, -1);
  EXPECT_EQ(events_in(file).size(), 1u);
}

}  // namespace
}  // namespace asterism::train
