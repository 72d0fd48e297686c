#pragma once
// What a finished model is worth where labels are few: for each number of labels the adapted model, and the same
// network trained on those labels from scratch, judged on the same validation side. Labels are those of objects that
// data.require admits, drawn by the run's seed: fewer are some of the more.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "train/loop.h"
#include "train/recipe.h"

namespace asterism::train {

struct LabelPoint {
  int64_t labels = 0;
  bool scratch = false;
  // "loss": mean -ln p; "median_absolute_error" of the posterior's median, in the unit of the labels, or "accuracy" of
  // the most probable class.
  std::map<std::string, double> validation;
};

struct LabelCurve {
  std::vector<LabelPoint> points;
  bool interrupted = false;  // stop_requested(): points that are done are kept, and a resumed run goes on after them
};

// How many objects data.limit must draw from the training side (by data.limit_seed) for `labels` of them to have
// `target` and what data.require asks. UserError where the side has fewer.
int64_t objects_with(int64_t labels, DataSettings data, const std::string& target);

// Refuses at once what would end the curve after hours of training. UserError where the training side has fewer labels
// than a point asks for, no object of the validation side has one, or the backbone cannot be trained from scratch.
void check_label_curve(const Recipe& recipe, const std::vector<std::string>& wanted);

// Trains two models for each of model.label_counts, with the steps of the recipe, in curve/adapted_<n> and
// curve/scratch_<n> of options.folder; writes curve.json there. Points that are there already (a resumed run) are not
// trained again. options.identity: of the data and models; what else determines a point is known here. Throws as
// check_label_curve, and as train where a point is of other settings or data and accept_changes is not set.
LabelCurve label_curve(Recipe& recipe, const std::vector<std::string>& wanted, const RunOptions& options);

}  // namespace asterism::train
