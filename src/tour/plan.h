#pragma once
// What a tour makes, from what, in which order.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tour/tour.h"

namespace asterism::tour {

// A dataset to make: drawn from the mock sky, or imported.
struct DatasetStep {
  std::string name, sentence;
  std::vector<std::string> mock_surveys;  // not empty: the mock sky
  int64_t mock_objects = 0;
  std::vector<std::string> population;  // of the mock sky, "star_weight=1"
  bool scalars_only = false;
  std::string survey;  // else an importer
  std::vector<std::filesystem::path> inputs;
};

// A recipe to run on one of the datasets. Its codecs are models of earlier steps.
struct TrainStep {
  std::string name, sentence, recipe, dataset;
  std::string learns_from;  // another dataset to train on; `dataset`, all of it, is then what it is judged on
  int64_t steps = 0;
  int64_t batch_size = 0;                     // 0: the recipe's
  std::map<std::string, std::string> codecs;  // modality -> name of an earlier step
  std::string modality;                       // of a tokenizer: what it reads
  bool draws_mock = false;  // the recipe makes its objects while it trains; `dataset` is what it is judged on
  std::vector<std::vector<std::string>> given;  // further sets of inputs for posteriors
  std::map<std::string, double> require;        // objects it is judged on have these values
  std::vector<std::string> questions;           // that are asked of it; empty: all that apply
  bool evaluate = true;
};

struct Plan {
  std::string title, subtitle;
  std::vector<DatasetStep> datasets;
  std::vector<TrainStep> trainings;
  std::string search_model;  // the training step whose vectors are searched
  std::string gallery;       // the dataset whose objects are shown
};

Plan mock_plan(const TourOptions& options);
// UserError naming the set that is missing.
Plan real_plan(const TourOptions& options);

}  // namespace asterism::tour
