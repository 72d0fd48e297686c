#pragma once
// What a finished model is worth where labels are few: for each number of labels the adapted model, and the same
// network trained on those labels from scratch, judged on the same validation side. Labels are those of objects that
// data.require admits, drawn by the run's seed: fewer are some of the more.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "train/recipe.h"

namespace asterism::train {

struct LabelPoint {
  int64_t labels = 0;
  bool scratch = false;
  // "loss": mean -ln p; "median_absolute_error" of the posterior's median, in the unit of the labels, or "accuracy" of
  // the most probable class.
  std::map<std::string, double> validation;
};

// How many objects data.limit must draw from the training side (by data.limit_seed) for `labels` of them to have
// `target` and what data.require asks. UserError where the side has fewer.
int64_t objects_with(int64_t labels, DataSettings data, const std::string& target);

// Trains two models for each of model.label_counts, with the steps of the recipe, in folder/curve/adapted_<n> and
// folder/curve/scratch_<n>; writes folder/curve.json. Points that are there already (a resumed run) are not trained
// again. UserError where the recipe has no validation side or fewer labels, or the backbone cannot be trained from
// scratch.
std::vector<LabelPoint> label_curve(Recipe& recipe, const std::vector<std::string>& wanted,
                                    const std::filesystem::path& folder);

}  // namespace asterism::train
