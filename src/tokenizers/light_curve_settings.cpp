#include "tokenizers/light_curve_settings.h"

#include "base/error.h"

namespace asterism::tokenizers {

void LightCurveBands::describe(config::Fields& f) {
  f.add("unit", unit, "of the brightness: mag, or a flux; magnitudes are read as AB where it is a flux");
  f.add("bands", bands, "names of bands whose wavelength the data do not tell");
  f.add("wavelengths_angstrom", wavelengths_angstrom, "of these bands").between(1, 1e13);
  f.add("other_bands_angstrom", other_bands_angstrom,
        "wavelength that stands for every further band without one; 0: such a band is refused")
      .between(0, 1e13);
  f.add("reference_angstrom", reference_angstrom, "where the level is that of the level token").between(1, 1e13);
}

void LightCurveBands::check(const std::string& reader) const {
  if (bands.size() != wavelengths_angstrom.size())
    base::user_error("{}: {} bands and {} wavelengths_angstrom; give one for each.", reader, bands.size(),
                     wavelengths_angstrom.size());
}

void LightCurveCodecSettings::describe(config::Fields& f) {
  LightCurveBands::describe(f);
  f.add("points", points, "that the encoder reads at most; of more, evenly spread ones").between(1, 65536);
  f.add("limits", limits,
        "upper limits: ignored, or read as points with a flag and learned by the probability of lying below (above, in "
        "magnitudes)")
      .one_of({"ignored", "censored"});
  f.add("unknown_error", unknown_error, "error of points that have none, in the unit").between(1e-12, 1e12);
  f.add("shortest_period", shortest_period, "that is looked for, days").between(0.01, 1e4);
  f.add("harmonics", harmonics, "of the curve folded at the period, which the encoder is shown").between(1, 16);
  f.add("latents", latents, "code tokens").between(1, 1024);
  f.add("width", width, "numbers per point and latent; a multiple of heads").between(4, 4096);
  f.add("heads", heads, "attention heads").between(1, 256);
  f.add("encoder_depth", encoder_depth, "blocks in which the latents look at the points").between(1, 100);
  f.add("decoder_depth", decoder_depth, "blocks in which what is asked for looks at the tokens").between(1, 100);
  f.add("shapes", shapes, "learned curves that a decoded one is a sum of, besides sines of phase and time")
      .between(1, 4096);
  QuantiserSettings::describe(f);
  f.add("norm_bins", norm_bins, "codes of each number of the header").between(16, 65536);
  f.add("hidden_share", hidden_share, "share of the points hidden from the encoder while learning, drawn all the same")
      .between(0, 0.9);
  f.add("error_floor", error_floor, "of the scale, added in quadrature to the error in the loss").between(0, 10);
  f.add("huber_sigma", huber_sigma, "residuals beyond count linearly in the loss; 0: plain chi^2").between(0, 1e6);
}

}  // namespace asterism::tokenizers
