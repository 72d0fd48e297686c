#pragma once
// metrics.jsonl: one JSON object a line, each with "step"; training lines hold "loss", validation lines
// "validation/loss".
//   {"step":100,"epoch":0,"loss":1.93,"learning_rate":0.001,"gradient_norm":0.7,"objects_per_s":5210}
// Read it with jq, pandas.read_json(lines=True) or read_metrics below. Beside it lies the same for TensorBoard.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "train/tensorboard_log.h"

namespace asterism::train {

class MetricsLog {
 public:
  // Appends to the file. Lines of later steps than `after_step`, and a last line that was cut off, are removed first:
  // they belong to work that a resumed run does again. -1 starts an empty file.
  MetricsLog(std::filesystem::path file, int64_t after_step);

  // One line, handed to the system before this returns. DataError when the disk is full.
  void write(int64_t step, const std::map<std::string, double>& values);

 private:
  std::filesystem::path file_;
  TensorBoardLog events_;
};

struct MetricsLine {
  int64_t step = 0;
  std::map<std::string, double> values;  // a null (NaN, infinity) is left out
};
// DataError naming the line that is no JSON object with a step; a cut-off last line is left out.
std::vector<MetricsLine> read_metrics(const std::filesystem::path& file);

// (step, value) of one name, in order: a loss curve.
struct Curve {
  std::vector<double> steps, values;
};
Curve curve_of(const std::vector<MetricsLine>& lines, const std::string& name);

}  // namespace asterism::train
