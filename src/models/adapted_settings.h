#pragma once
// How a finished model is adapted to one labelled scalar, as data: the [model] table of a recipe with objective.kind =
// "adapted", and config.json of what comes of it.

#include <cstdint>
#include <string>
#include <vector>

#include "config/settings.h"

namespace asterism::models {

struct AdaptedSettings {
  std::string backbone;          // folder of the model that is adapted; in a saved model it lies inside
  std::string adapt = "linear";  // what learns, see describe()
  std::string target;            // the labelled scalar
  std::string task = "posterior";
  int64_t classes = 0;
  std::vector<std::string> given;
  int64_t hidden = 256, heads = 4, components = 8, bins = 256;
  std::string scale = "auto";
  int64_t rank = 4;
  double rank_scale = 1;
  bool merge = true;
  bool cache = true;
  std::vector<int64_t> label_counts;
  int64_t seed = 0;
  void describe(config::Fields& f);
  bool frozen() const { return adapt != "lora" && adapt != "full"; }
  bool by_tokens() const { return adapt != "linear" && adapt != "mlp"; }  // vectors alone are not enough
};

// UserError where settings contradict each other.
void check(const AdaptedSettings& settings);

}  // namespace asterism::models
