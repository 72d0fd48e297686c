#pragma once
// What a contrastive model is, as data: its towers, the space they share, and the loss. The recipe's [model] table and
// config.json of a model folder are this struct.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "config/settings.h"
#include "models/any_to_any_settings.h"

namespace asterism::models {

struct TowerSettings {
  std::vector<std::string> modalities;  // one image, spectrum or light curve, or any number of scalars
  int64_t layers = 4;                   // of a tower that learns from nothing; 0: a summary alone
  int64_t summary = 0;        // width of a short path for what is measured of an image or spectrum (summary.h); 0: none
  double summary_jitter = 0;  // relative error of every calibration in training, drawn for each object
  double summary_noise = 0;   // normal noise on every number of the summary in training, in its spreads
  std::string summary_network = "deep";  // or "linear"
  // A model folder whose encoder is this tower's: then it reads that model's modality.
  std::string backbone = {};
  std::string freeze = "all";      // of the backbone: "all", "none", or how many of its first blocks
  std::string head = "attention";  // over the backbone's tokens; or "mean"
  int64_t head_heads = 4, head_hidden = 0;
  bool head_residual = true;
  double head_dropout = 0;
  void describe(config::Fields& f);
};

struct ContrastiveSettings {
  int64_t width = 128, heads = 4, projection = 128;
  double mlp_ratio = 4;
  double dropout = 0;
  double own_weight = 0;   // of what each backbone knows by itself, beside the common space
  double keep_tokens = 1;  // share of the patches of an image or spectrum used in training (drawn per object)
  std::string loss = "infonce";
  std::vector<std::string> pairs;  // "image-spectrum"; empty: every pair of towers
  double temperature = 0.07;
  bool learn_temperature = true;  // within these limits
  double temperature_low = 0.01, temperature_high = 1;
  double bias = -10;  // siglip: where it starts; learned
  int64_t fourier_features = 16;
  double fourier_finest = 0.02;
  int64_t seed = 0;
  std::map<std::string, ModalitySettings>
      modalities;  // kind, patch, size, scale, bands; the fields about targets are not used
  std::map<std::string, TowerSettings> towers;  // empty: one tower a modality, all scalars together in "scalars"
  void describe(config::Fields& f);
};

// Fills in the towers where none are named. UserError where settings contradict each other or have no effect.
void complete(ContrastiveSettings& settings);

}  // namespace asterism::models
