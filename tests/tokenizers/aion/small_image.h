#pragma once
// AION-1's image codec as small as it can be: tokens of 8 pixels, 200 codes.

#include "tokenizers/aion/image.h"

namespace asterism::tokenizers::aion {

inline ImageSettings small_image(bool reference = false) {
  ImageSettings s;
  s.quantizer_levels = {8, 5, 5};
  s.embedding_dim = 3;
  s.hidden_dims = 16;
  s.multisurvey_projection_dims = 8;
  s.n_compressions = 3;
  s.num_consecutive = 1;
  s.reference_behaviour = reference;
  return s;
}

}  // namespace asterism::tokenizers::aion
