#pragma once
// The figures of a run as TensorBoard reads them: `tensorboard --logdir RUN`. One file of framed records (TFRecord:
// length, masked CRC-32C of it, bytes, masked CRC-32C of them), each an Event message of
// tensorflow/core/util/event.proto with the wall time, the step and scalar summaries. metrics.jsonl says the same in
// text and is what this program reads itself.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace asterism::train {

// Its name in the run's folder: TensorBoard takes every file with "tfevents" in its name.
inline constexpr const char* kTensorBoardFile = "events.out.tfevents.0.asterism";

class TensorBoardLog {
 public:
  // Appends to the file. Events of later steps than `after_step`, and whatever follows a record that is cut off or
  // damaged, are removed first: they belong to work that a resumed run does again. -1 starts an empty file.
  TensorBoardLog(std::filesystem::path file, int64_t after_step);

  // One event, handed to the system before this returns; what is not finite is left out. DataError when the disk is
  // full.
  void write(int64_t step, const std::map<std::string, double>& values);

 private:
  std::filesystem::path file_;
};

// The payloads of whole records whose checksums are right, up to the first that is not.
std::vector<std::string> read_records(const std::string& bytes);

}  // namespace asterism::train
