#pragma once
// Settings of a DINO model: its encoder, heads, losses and schedules. Defaults are those of AstroDINO where it has
// them.

#include <string>
#include <vector>

#include "config/settings.h"
#include "models/augment_settings.h"
#include "models/crop_encoder.h"

namespace asterism::models {

struct DinoSettings {
  std::vector<std::string> modalities = {"image_legacy"};  // images; an object may have any of them
  CropEncoderSettings encoder;                             // its keys stand in [model] itself
  // What a finished model gives: of "teacher" or "student"; CLS, the mean of the patches, or one after the other.
  std::string weights = "teacher", vectors = "both";

  int64_t local_crops = 8, local_size = 32;  // global crops have `size` pixels
  AugmentSettings augment;

  int64_t prototypes = 65536, head_hidden = 2048, bottleneck = 256;
  bool shared_head = true;  // one head for CLS and patches, else one each
  std::string centring = "centre";
  double centre_momentum = 0.9;
  double student_temperature = 0.1, teacher_temperature_start = 0.04, teacher_temperature = 0.07;
  double teacher_temperature_warmup = 0.15;  // share of all steps
  double momentum_start = 0.992, momentum_end = 1;
  double dino_weight = 1, ibot_weight = 1, koleo_weight = 0.1;
  double hidden_probability = 0.5, hidden_low = 0.1, hidden_high = 0.5;  // of global crops; share of their patches
  double freeze_last_layer = 0.005;                                      // share of all steps
  double layer_decay = 0.9, patch_rate = 0.2;  // of the learning rate: a block further down; of the patch embedding
  int64_t seed = 0;
  void describe(config::Fields& f);
};

// UserError where they contradict each other.
void check_settings(const DinoSettings& settings);

// What the schedules say when `progress` (0 to 1) of all steps are done.
double teacher_temperature(const DinoSettings& settings, double progress);
double momentum(const DinoSettings& settings, double progress);

}  // namespace asterism::models
