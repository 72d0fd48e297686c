#pragma once
// What an AstroCLIP folder says: one or both encoders, their heads, and what goes into them. config.json of a model
// folder is {"kind": "astroclip", "settings": this struct}.

#include <cstdint>
#include <string>
#include <vector>

#include "config/settings.h"
#include "models/image_input.h"
#include "models/specformer.h"
#include "models/spectrum_input.h"
#include "models/vision_transformer.h"

namespace asterism::models {

struct AstroClipSettings {
  std::vector<std::string> encoders = {"image", "spectrum"};  // or one of them
  int64_t embedding = 1024;                                   // numbers of the common space; 0: no heads
  int64_t head_heads = 4, head_hidden = 4096;
  bool image_head_residual = false;  // embedding = pooled + mlp(pooled); the released heads: mlp(pooled)
  bool image_positions = false;      // the image head sees CLS and positions; the released weights do without
  double head_dropout = 0;
  double logit_scale = 15.5;  // of the loss
  int64_t seed = 0;
  VisionTransformerSettings image;
  SpecFormerSettings spectrum;
  ImageInputSettings image_input;
  SpectrumInputSettings spectrum_input;
  bool has(const std::string& encoder) const;
  void describe(config::Fields& f);
};

// UserError where settings contradict each other.
void check(const AstroClipSettings& settings);

}  // namespace asterism::models
