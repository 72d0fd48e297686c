#pragma once
// A recipe: a TOML file that says what is learned, from which data, how, and what came of it. The structs below are the
// format, and `asterism train --settings` prints them; docs/formats/model.md says what a run leaves on disk.
//
//   [about]      question, command, cost, expected, paper, last_run: all required
//   [data]       datasets or [data.mock], batch size, split
//   [objective]  kind
//   [model] or [tokenizer]   the settings of that kind
//   [train]      steps, learning rate, precision ... (settings.h)

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/settings.h"
#include "sky/objects.h"
#include "train/all.h"
#include "train/settings.h"

namespace asterism::train {

struct AboutSettings {
  std::string question, command, cost, expected, paper, last_run;
  void describe(config::Fields& f);
};

// Objects of the mock sky made while training, without files.
struct MockSettings {
  int64_t objects = 0;  // of one epoch; 0: no mock data
  std::vector<std::string> surveys{"legacy"};
  bool scalars_only = false;    // no images and spectra: much faster
  int64_t sky = 0;              // seed of the sky
  bool fresh = true;            // new objects in every epoch
  sky::SkySettings population;  // its keys stand in [data.mock] itself
  void describe(config::Fields& f);
};

struct DataSettings {
  std::vector<std::string> datasets;  // folders; relative ones to where the program is started
  std::vector<int64_t> repeats;       // how often an epoch holds each object of each of them; empty: once
  MockSettings mock;
  std::vector<std::string> modalities;    // empty: what the objective reads
  std::map<std::string, double> require;  // scalars that must have these values: others are left out
  std::string split = "train";            // of the training side
  std::string validation = "validation";
  int64_t fold = 0;  // of five: that many times 20 numbers on, the sides are other ones (data/split.h)
  int64_t batch_size = 64;
  int64_t limit = 0;               // at most so many training objects; 0: all
  uint64_t limit_seed = 0;         // which; no recipe says it: label curves draw their labels by the run's seed
  std::string hard_negatives;      // a scalar: batches are made of objects in which it is alike. Empty: of any
  int64_t hard_negative_pool = 8;  // out of so many batches
  bool image_symmetries = false;   // images turned and mirrored at random, otherwise in every epoch
  void describe(config::Fields& f);
};

struct Recipe {
  AboutSettings about;
  DataSettings data;
  std::string objective;                        // its kind
  std::unique_ptr<ObjectiveSettings> settings;  // of that kind
  TrainSettings train;

  explicit Recipe(const std::string& objective_kind);  // UserError naming the nearest kind
  void describe(config::Fields& f);
  void describe_common(config::Fields& f);  // without the objective's own table
  std::string resolved();                   // TOML of everything, defaults included
  std::string identity();                   // what a resumed run must share, [train] aside
};

// UserError naming file, line and key as config does; also for data that are given neither or both ways.
Recipe read_recipe(const std::filesystem::path& path, const std::vector<std::string>& overrides = {});

// Every key of a recipe with type, default and meaning: what is common first, then the tables of each objective and
// tokenizer.
std::string recipe_help();

}  // namespace asterism::train
