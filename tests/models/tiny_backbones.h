#pragma once
// Folders of small models whose encoders can be towers, for the objects of tiny_sky.h.

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "models/dino.h"
#include "models/masked_image.h"
#include "models/masked_spectrum.h"
#include "tiny_astroclip.h"

namespace asterism::models::tiny {

inline MaskedImageSettings masked_image_model() {
  MaskedImageSettings s;
  s.patch = 4;  // 16 patches of the tiny sky's images
  s.width = s.decoder_width = 16;
  s.heads = s.decoder_heads = 2;
  s.layers = 2;
  s.decoder_layers = 1;
  s.hidden_share = 0.5;
  s.seed = 3;
  return s;
}

// With the network of dino_model().
inline MaskedImageSettings masked_vision_model() {
  auto s = masked_image_model();
  s.network = "dino";
  s.size = 16;
  s.layer_scale = 1;
  return s;
}

inline MaskedSpectrumSettings masked_spectrum_model() {
  MaskedSpectrumSettings s;
  s.patch = 8;  // 12 patches of the tiny sky's spectra
  s.width = 16;
  s.heads = 2;
  s.layers = 2;
  s.seed = 4;
  return s;
}

inline DinoSettings dino_model() {
  DinoSettings s;
  s.encoder.patch = 4;
  s.encoder.size = 16;
  s.encoder.width = 16;
  s.encoder.heads = s.encoder.layers = 2;
  s.encoder.layer_scale = 1;
  s.local_crops = 2;
  s.local_size = 8;
  s.prototypes = 24;
  s.head_hidden = 16;
  s.bottleneck = 8;
  s.seed = 5;
  return s;
}

struct BackboneFolders {
  explicit BackboneFolders(const std::filesystem::path& folder)
      : pair(folder / "pair"),
        images(folder / "images"),
        spectra(folder / "spectra"),
        contrastive(folder / "common"),
        views(folder / "views"),
        vision(folder / "vision") {
    AstroClip(astroclip_model()).save(pair);
    MaskedImage(masked_image_model()).save(images);
    MaskedSpectrum(masked_spectrum_model()).save(spectra);
    Contrastive(contrastive_model()).save(contrastive);
    Dino(dino_model()).save(views);
    MaskedImage(masked_vision_model()).save(vision);
  }
  std::vector<std::pair<std::filesystem::path, std::string>> all() const {
    return {{pair, "image_legacy"},     {pair, "spectrum_desi"}, {images, "image_legacy"},
            {spectra, "spectrum_desi"}, {views, "image_legacy"}, {vision, "image_legacy"}};
  }
  std::filesystem::path pair, images, spectra, contrastive, views, vision;
};

// Image and spectrum with these folders' encoders, and the fluxes as they are.
inline ContrastiveSettings aligned_model(const std::filesystem::path& image, const std::filesystem::path& spectrum) {
  auto s = contrastive_model();
  s.towers["image_legacy"] = {};
  s.towers["image_legacy"].modalities = {"image_legacy"};
  s.towers["image_legacy"].backbone = image.string();
  s.towers["image_legacy"].head_heads = 2;
  s.towers["spectrum_desi"] = {};
  s.towers["spectrum_desi"].modalities = {"spectrum_desi"};
  s.towers["spectrum_desi"].backbone = spectrum.string();
  s.towers["spectrum_desi"].head = "mean";
  return s;
}

}  // namespace asterism::models::tiny
