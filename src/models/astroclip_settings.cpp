#include "models/astroclip_settings.h"

#include <algorithm>

#include "base/error.h"

namespace asterism::models {

bool AstroClipSettings::has(const std::string& encoder) const {
  return std::find(encoders.begin(), encoders.end(), encoder) != encoders.end();
}

void AstroClipSettings::describe(config::Fields& f) {
  f.add("encoders", encoders, "image, spectrum, or both").one_of({"image", "spectrum"});
  f.add("embedding", embedding, "numbers of the common space; 0: no heads").between(0, 65536);
  f.add("head_heads", head_heads, "attention heads of a head").between(1, 1024);
  f.add("head_hidden", head_hidden, "hidden width of a head's MLP").between(1, 1 << 20);
  f.add("image_head_residual", image_head_residual, "the image head adds its MLP to what it pooled");
  f.add("image_positions", image_positions, "the image head sees CLS and positions");
  f.add("head_dropout", head_dropout, "in the heads, in training").between(0, 0.95);
  f.add("logit_scale", logit_scale, "by which similarities are multiplied in the loss").between(0.01, 1000);
  f.add("seed", seed, "of the first weights").between(0, 9e15);
  f.table("image", image, "the image encoder");
  f.table("spectrum", spectrum, "the spectrum encoder");
  f.table("image_input", image_input, "what the image encoder gets");
  f.table("spectrum_input", spectrum_input, "what the spectrum encoder gets");
}

namespace {

void check_image_input(const AstroClipSettings& s) {
  const auto& input = s.image_input;
  const auto planes = size_t(s.image.channels);
  const auto need = [&](const char* what, size_t count, bool may_be_empty) {
    if (count != planes && !(may_be_empty && count == 0))
      base::user_error("image_input.{} has {} entries for {} channels: give one each", what, count, planes);
  };
  need("bands", input.bands.size(), false);
  need("scales", input.scales.size(), input.stretch != "legacy_rgb");
  need("mean", input.mean.size(), true);
  need("wavelengths_angstrom", input.wavelengths_angstrom.size(), true);
  if (input.mean.size() != input.deviation.size())
    base::user_error("image_input has {} means and {} deviations: give both or none", input.mean.size(),
                     input.deviation.size());
  for (const int64_t size : {input.crop, input.resize})
    if (size % s.image.patch != 0 && !(size == input.crop && input.resize > 0))
      base::user_error("image_input: {} pixels are no multiple of the patch {}: choose one", size, s.image.patch);
}

}  // namespace

void check(const AstroClipSettings& s) {
  if (s.encoders.empty()) base::user_error("an AstroCLIP model without encoders: name 'image', 'spectrum' or both");
  if (s.encoders.size() == 2 && s.encoders[0] == s.encoders[1])
    base::user_error("encoder '{}' is named twice: name it once", s.encoders[0]);
  if (s.has("image")) check_image_input(s);
  if (s.embedding == 0 && s.encoders.size() > 1 && s.image.width != s.spectrum.width)
    base::user_error(
        "two encoders of {} and {} numbers without heads have no common space: set embedding, or keep one encoder",
        s.image.width, s.spectrum.width);
}

}  // namespace asterism::models
