#include "models/drawn_noise.h"

#include "base/error.h"
#include "io/json.h"

namespace asterism::models {
namespace {

constexpr const char* kTrait = "noise";       // of a spectrum
constexpr const char* kInBand = "noise in ";  // of an image, before the band

void set_noise(modalities::ImageBlock& images, const NoiseByBand& noise) {
  const size_t pixels = size_t(images.height * images.width), bands = images.bands.size();
  for (size_t plane = 0; plane < size_t(images.n) * bands; ++plane) {
    const auto found = noise.find(images.bands[plane % bands].name);
    if (found == noise.end()) continue;
    for (size_t at = plane * pixels; at < (plane + 1) * pixels; ++at)
      if (images.mask[at] == 0) images.ivar[at] = float(1 / (found->second * found->second));
  }
}

void set_noise(modalities::SpectrumBlock& spectra, const NoiseByBand& noise) {
  const auto found = noise.find("");
  if (found == noise.end()) return;
  for (size_t at = 0; at < spectra.ivar.size(); ++at)
    if (spectra.mask[at] == 0) spectra.ivar[at] = float(1 / (found->second * found->second));
}

}  // namespace

std::map<std::string, NoiseByBand> usual_noise(const std::filesystem::path& folder) {
  std::map<std::string, NoiseByBand> out;
  const auto file = folder / "ranges.json";
  if (!std::filesystem::exists(file)) return out;
  const auto json = io::read_json(file);
  const std::string in_band = kInBand;
  for (const auto& [modality, traits] : json.items()) {
    if (!traits.is_object()) base::data_error("{}: '{}' is no table; fetch the model again", file.string(), modality);
    for (const auto& [trait, range] : traits.items()) {
      if (trait != kTrait && !trait.starts_with(in_band)) continue;
      const double sigma = range.is_object() ? range.value("median", 0.0) : 0;
      if (sigma > 0) out[modality][trait == kTrait ? "" : trait.substr(in_band.size())] = sigma;
    }
  }
  return out;
}

modalities::Block with_noise(modalities::Block block, const NoiseByBand& noise) {
  if (auto* images = std::get_if<modalities::ImageBlock>(&block)) set_noise(*images, noise);
  if (auto* spectra = std::get_if<modalities::SpectrumBlock>(&block)) set_noise(*spectra, noise);
  return block;
}

}  // namespace asterism::models
