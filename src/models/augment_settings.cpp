#include "models/augment_settings.h"

#include <algorithm>
#include <functional>

#include "base/error.h"

namespace asterism::models {

void BandAugmentSettings::describe(config::Fields& f) {
  f.add("seeing_low", seeing_low, "least seeing that is drawn, full width in arcsec; 0 0: by seeing_factor")
      .between(0, 60);
  f.add("seeing_high", seeing_high, "most").between(0, 60);
  f.add("noise_low", noise_low, "least sigma a pixel that is drawn, in the image's unit; 0 0: by noise_factor")
      .between(0, 1e9);
  f.add("noise_high", noise_high, "most").between(0, 1e9);
}

void AugmentSettings::describe(config::Fields& f) {
  f.add("field", field, "pixels a side about the centre in which crops lie; 0: the whole image").between(0, 65536);
  f.add("global_scale_low", global_scale_low, "least share of the field's area that a global crop shows")
      .between(1e-3, 4);
  f.add("global_scale_high", global_scale_high, "most").between(1e-3, 4);
  f.add("local_scale_low", local_scale_low, "the same of a local crop: least").between(1e-3, 4);
  f.add("local_scale_high", local_scale_high, "most").between(1e-3, 4);
  f.add("size_low", size_low, "objects are magnified by at least this; the sum of their flux stays").between(0.1, 10);
  f.add("size_high", size_high, "and at most").between(0.1, 10);
  f.add("jitter", jitter, "pixels by which a crop may lie further off, to each side").between(0, 1e4);
  f.add("rotation", rotation, "angles by which crops are turned").one_of({"none", "quarter", "any"});
  f.add("flips", flips, "mirrored left and right, and up and down, half of the time each");
  f.add("blur_probability", blur_probability, "of worse seeing in the first global crop, the second, a local one")
      .between(0, 1);
  f.add("noise_probability", noise_probability, "of more noise in the first global crop, the second, a local one")
      .between(0, 1);
  f.add("seeing_factor", seeing_factor, "bands without a range: seeing drawn up to so many times what it is")
      .between(1, 100);
  f.add("noise_factor", noise_factor, "bands without a range: noise drawn up to so many times what it is")
      .between(1, 1e4);
  f.add("blur_pixels", blur_pixels, "images without a known seeing: sigma drawn up to so many pixels").between(0, 100);
  f.add("noise_added", noise_added, "images without a known noise: sigma drawn up to this, in their unit")
      .between(0, 1e9);
  f.add("reddening", reddening, "mean E(B-V) of Galactic dust put in front, drawn exponentially").between(0, 10);
  f.add("reddening_probability", reddening_probability, "that there is any").between(0, 1);
  f.add("band_dropout", band_dropout, "probability that a band is hidden; never all").between(0, 0.99);
  f.tables("bands", bands, "ranges of one band, by its name");
}

void check_augment(const AugmentSettings& s) {
  const auto ordered = [](const std::string& name, double low, double high) {
    if (low > high) base::user_error("augment.{0}_low {1} is above augment.{0}_high {2}", name, low, high);
  };
  ordered("global_scale", s.global_scale_low, s.global_scale_high);
  ordered("local_scale", s.local_scale_low, s.local_scale_high);
  ordered("size", s.size_low, s.size_high);
  for (const auto& [name, band] : s.bands) {
    ordered("bands." + name + ".seeing", band.seeing_low, band.seeing_high);
    ordered("bands." + name + ".noise", band.noise_low, band.noise_high);
    if ((band.seeing_high > 0 && band.seeing_low <= 0) || (band.noise_high > 0 && band.noise_low <= 0))
      base::user_error("augment.bands.{}: a range begins above 0: set its low end", name);
  }
  if (s.blur_probability.size() != 3 || s.noise_probability.size() != 3)
    base::user_error(
        "augment.blur_probability and noise_probability have three numbers each: of the first global crop, the second, "
        "a local one");
}

namespace {

bool any_above_zero(const std::vector<double>& probabilities) {
  return std::any_of(probabilities.begin(), probabilities.end(), [](double p) { return p > 0; });
}

}  // namespace

void check_augment(const AugmentSettings& s, const std::vector<const modalities::ImageBlock*>& images) {
  check_augment(s);
  const auto any = [&](const std::function<bool(const modalities::ImageBlock&)>& has) {
    return std::any_of(images.begin(), images.end(), [&](const auto* block) { return has(*block); });
  };
  const bool wavelengths = any([](const auto& block) {
    return std::any_of(block.bands.begin(), block.bands.end(), [](const auto& b) { return b.wavelength_angstrom > 0; });
  });
  const auto has_seeing = [](const modalities::ImageBlock& block) {
    return block.pixel_scale_arcsec > 0 &&
           std::any_of(block.psf_fwhm_arcsec.begin(), block.psf_fwhm_arcsec.end(), [](float fwhm) { return fwhm > 0; });
  };
  const bool blurs = any_above_zero(s.blur_probability), adds = any_above_zero(s.noise_probability);
  if (s.reddening > 0 && s.reddening_probability > 0 && !wavelengths)
    base::user_error("augment.reddening: no band of these images has a known wavelength: set it to 0");
  if (s.seeing_factor > 1 && blurs && !any(has_seeing))
    base::user_error(
        "augment.seeing_factor: these images do not say their seeing: set it to 1, and blur_pixels instead");
  if (s.blur_pixels > 0 && !any([&](const auto& block) { return !has_seeing(block); }))
    base::user_error("augment.blur_pixels is for images that do not say their seeing, and these do: set it to 0");
  if (s.noise_factor > 1 && adds && !any([](const auto& block) { return block.has_ivar; }))
    base::user_error("augment.noise_factor: these images do not say their noise: set it to 1, and noise_added instead");
  if (s.noise_added > 0 && !any([](const auto& block) { return !block.has_ivar; }))
    base::user_error("augment.noise_added is for images that do not say their noise, and these do: set it to 0");
  std::vector<std::string> known;
  for (const auto* block : images)
    for (const auto& band : block->bands) known.push_back(band.name);
  for (const auto& entry : s.bands)
    if (std::find(known.begin(), known.end(), entry.first) == known.end())
      base::user_error("augment.bands.{}: these images have no such band; the nearest is '{}'", entry.first,
                       base::nearest(entry.first, known));
}

}  // namespace asterism::models
