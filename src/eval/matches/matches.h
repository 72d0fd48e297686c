#pragma once
// One observation of an object and the observations of another kind that a model holds for most like it: an image with
// its nearest spectra, among all of a dataset, that of the object itself among them.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "models/model.h"

namespace asterism::eval {

struct Match {
  modalities::Batch object;  // one row
  double cosine = 0;         // of the vectors
  bool own = false;          // the object that was asked with
};

struct Matches {
  modalities::Batch object;  // one row: what was asked with, and the object's own answer where it has one
  std::string from, to;      // modalities
  int64_t among = 0;         // objects of the dataset that have `to`
  double own_rank = 0;       // 1: its own is the nearest; equal ones count half; 0: it has none
  double own_cosine = 0;
  std::vector<Match> nearest;  // nearest first
};

struct MatchesOptions {
  std::filesystem::path model, dataset;
  std::string device = "auto";  // where the model computes: nn::choose_device
  std::string object;    // its id, or survey/id; empty: the first that has both, of the test side where any there is
  std::string from, to;  // modalities; empty: the first image and the first spectrum that model and data share
  int64_t nearest = 4;
  bool any_instrument = false;
};

// Calls its argument with every batch, all blocks of `to` in it, until it returns false.
using BatchPass = std::function<void(const std::function<bool(modalities::Batch&&)>&)>;

// The only row of `object`, by its `from`, among the objects of the pass. UserError where it lacks `from`.
Matches matches(const models::Model& model, const modalities::Batch& object, const BatchPass& pass,
                const MatchesOptions& options);

// UserError: a model that cannot read both, no such object, a modality that data or model lack.
Matches matches(const MatchesOptions& options);

}  // namespace asterism::eval
