#pragma once
// Images as patches of a colour picture: planes made for the eye as they are, fluxes through the Legacy Survey stretch
// (legacy_rgb.h), then one linear map, as DINOv2 and AstroDINO take them. Letters: N objects, P patches, R rows, D
// width, C planes.

#include <string>
#include <vector>

#include "config/settings.h"
#include "models/image_input.h"
#include "models/image_planes.h"
#include "models/input_embedding.h"
#include "nn/scope.h"

namespace asterism::models {

struct PictureSettings {
  std::vector<std::string> bands = {"des-g", "des-r", "des-z"};   // of flux images, blue to red
  std::vector<double> wavelengths_angstrom = {4800, 6400, 9200};  // of these
  std::vector<double> scales = {6.0, 3.4, 2.2};                   // of the stretch
  double mean = 0, deviation = 1;                                 // by which the planes are shifted and scaled
  void describe(config::Fields& f);
};

class PictureEmbedding {
 public:
  // size: crop about the centre to at most size x size pixels first (0: do not).
  PictureEmbedding(const nn::Scope& scope, PictureSettings settings, int64_t patch, int64_t size, int64_t width);

  // Blocks in unit "display" have as many planes as there are bands; others are in nanomaggies and have these bands, or
  // with any_instrument their nearest. UserError otherwise. A patch is usable where any plane has a good pixel.
  InputEmbedding::View view(const modalities::Block& block, bool any_instrument) const;
  // Of images whose pixels lie on the device already (see ValueEmbeddingImage).
  InputEmbedding::View view(const modalities::ImageBlock& frame, const ImagePixels& pixels, bool any_instrument) const;
  at::Tensor patches(const InputEmbedding::View& view, const at::Tensor& object_R, const at::Tensor& position_R) const;
  PreparedGeometry geometry(const modalities::ImageBlock& images) const;  // of what is looked at

 private:
  ImageInputSettings input_of(const modalities::ImageBlock& images) const;
  InputEmbedding::View view_of(const at::Tensor& planes) const;

  PictureSettings settings_;
  int64_t patch_, size_;
  at::Tensor weight_, bias_;  // [D, C, patch, patch], [D]
};

}  // namespace asterism::models
