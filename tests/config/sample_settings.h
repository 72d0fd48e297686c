#pragma once
// Settings with every kind of field, for the tests of this floor.

#include <limits>

#include "config/settings.h"

namespace asterism::config {

struct OptimiserSample {
  double learning_rate = 1e-3;
  std::string schedule = "cosine";
  bool operator==(const OptimiserSample&) const = default;
  void describe(Fields& f) {
    f.add("learning_rate", learning_rate, "peak learning rate").between(0, 1);
    f.add("schedule", schedule, "how it falls").one_of({"cosine", "constant"});
  }
};

struct CodecSample {
  int64_t bins = 256;
  std::string unit;
  bool operator==(const CodecSample&) const = default;
  void describe(Fields& f) {
    f.add("bins", bins, "number of bins").between(2, 65536);
    f.add("unit", unit, "its unit");
  }
};

struct Sample {
  int64_t steps = 1000;
  bool resume = false;
  double temperature = 1;
  std::string name = "run";
  std::vector<int64_t> widths = {64, 128};
  std::vector<double> betas = {0.9, 0.999};
  std::vector<std::string> modalities = {"image_legacy"};
  std::map<std::string, double> weights = {{"image", 1}, {"spectrum", 2}};
  std::map<std::string, std::string> labels;
  OptimiserSample optimiser;
  std::map<std::string, CodecSample> codecs = {{"redshift", CodecSample{}}};
  bool operator==(const Sample&) const = default;

  void describe(Fields& f) {
    f.add("steps", steps, "updates of the weights").between(1, 1e9);
    f.add("resume", resume, "go on from the last checkpoint");
    f.add("temperature", temperature, "of the softmax");
    f.add("name", name, "of the run");
    f.add("widths", widths, "of the layers").between(1, 4096);
    f.add("betas", betas, "of AdamW").between(0, 1);
    f.add("modalities", modalities, "what to train on");
    f.add("weights", weights, "of the losses").between(0, 100);
    f.add("labels", labels, "free words");
    f.table("optimiser", optimiser, "AdamW");
    f.tables("codecs", codecs, "one for each scalar");
  }
};

inline Sample read_sample(const std::string& toml, const std::vector<std::string>& overrides = {}) {
  Sample sample;
  Fields fields = fields_of(sample);
  read_text(fields, toml, "x.toml", overrides);
  return sample;
}

}  // namespace asterism::config
