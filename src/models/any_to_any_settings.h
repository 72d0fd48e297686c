#pragma once
// What an any-to-any model is, as data: its size, its modalities, and the mixture of what is given and what is asked in
// training. The recipe's [model] table and config.json of a model folder are this struct.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "config/settings.h"

namespace asterism::models {

// A modality's unit before a model was fitted, and in models saved before units were kept. "" is a pure number's.
inline constexpr const char* kUnknownUnit = "unknown";

// One modality of the model: [model.modalities.flux_g].
struct ModalitySettings {
  std::string kind = "scalar";
  std::string unit = kUnknownUnit;
  std::string input = "values";
  bool target = true;
  std::string codec;
  std::string scale = "auto";
  std::string group;
  int64_t bins = 256;
  std::string bin_spacing = "equal_mass";
  double soft_bins = 1.0;
  std::string head = "auto";
  int64_t components = 8;
  int64_t patch = 8;
  int64_t size = 0;
  int64_t summary = 0;  // width of its summary, even; 0: none (summary_embedding.h)
  std::vector<std::string> bands;
  double input_noise = 0, hide_error = 0;
  double input_weight = 1, target_weight = 1, loss_weight = 1;
  void describe(config::Fields& f);
};

// One part of the training mixture: [model.mixture.everything]. Every object draws one part, then its targets, then its
// inputs from what is left (see budget.h).
struct MixtureSettings {
  double weight = 1;
  double input_alpha = 1, target_alpha = 1;
  int64_t input_low = 0, input_high = 128;
  int64_t target_low = 1, target_high = 128;
  bool all_inputs = false;
  std::vector<std::string> inputs, targets;
  void describe(config::Fields& f);
};

struct AnyToAnySettings {
  int64_t width = 128, heads = 4, encoder_layers = 4, decoder_layers = 2;
  double mlp_ratio = 4;
  bool bias = true, qk_norm = false;
  double dropout = 0, input_dropout = 0;
  int64_t fourier_features = 16;
  double fourier_finest = 0.02;
  double balance = 0, pair_consistency = 0;
  bool temperature_by_input = false;
  std::string scalar_head = "bins", code_head = "codes";
  int64_t loss_chunk = 2048;
  bool cache_tokens = true;
  int64_t seed = 0;
  std::map<std::string, ModalitySettings> modalities;
  std::map<std::string, MixtureSettings> mixture;  // empty: one part with the defaults
  void describe(config::Fields& f);
};

// `settings` of one modality with head = "auto" replaced by the model's choice for its kind.
ModalitySettings with_head(ModalitySettings settings, const AnyToAnySettings& model);

// UserError where settings contradict each other (an image without codec as target, an unknown modality in a mixture
// ...).
void check(const AnyToAnySettings& settings);

}  // namespace asterism::models
