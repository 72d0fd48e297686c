#pragma once
// An AstroCLIP pair small enough for tests, made for the objects of tiny_sky.h.

#include "models/astroclip.h"
#include "tiny_sky.h"

namespace asterism::models::tiny {

inline AstroClipSettings astroclip_model() {
  AstroClipSettings s;
  s.embedding = 12;
  s.head_heads = 2;
  s.head_hidden = 16;
  s.image_positions = true;  // so that every weight has a part
  s.image.image_size = kSide;
  s.image.patch = 4;
  s.image.width = 16;
  s.image.depth = s.spectrum.layers = 1;
  s.image.heads = s.spectrum.heads = 2;
  s.image.hidden = s.spectrum.hidden = 24;
  s.image.layer_scale_start = 0.5;
  s.spectrum.slice = 16;
  s.spectrum.overlap = 8;
  s.spectrum.width = 8;
  s.spectrum.max_tokens = 16;
  s.image_input.crop = kSide;
  s.spectrum_input.pixels = kLength;
  s.spectrum_input.first_angstrom = 4000;
  s.spectrum_input.step_angstrom = 40;
  return s;
}

}  // namespace asterism::models::tiny
