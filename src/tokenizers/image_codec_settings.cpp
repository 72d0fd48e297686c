#include "tokenizers/image_codec_settings.h"

namespace asterism::tokenizers {

void ImageCodecSettings::describe(config::Fields& f) {
  ImageGridSettings::describe(f);
  f.add("pixel_scales_arcsec", pixel_scales_arcsec, "typical of these bands; empty: from the data").between(0, 1e6);
  f.add("psf_fwhm_arcsec", psf_fwhm_arcsec, "typical of these bands; empty: from the data").between(0, 1e6);
  f.add("band_embedding", band_embedding,
        "weights of a band by its name, a vector for its flux by its name, or computed from wavelength, width, pixel "
        "scale, PSF and noise; table: older word for name")
      .one_of({"name", "field", "physical", "table"});
  f.add("scale", scale, "asinh turns logarithmic at 'noise' of the band, or at the sky noise of each image")
      .one_of({"band", "image"});
  f.add("survey_dropout", survey_dropout, "physical: share of images learned from without names; 1: names never count")
      .between(0, 1);
  f.add("metadata_stretch", metadata_stretch,
        "physical: images without names pose as other instruments', by factors of at most e to this")
      .between(0, 3);
  f.add("band_dropout", band_dropout, "share of bands hidden from the encoder in training, drawn all the same")
      .between(0, 0.9);
  f.add("embed", embed, "channels that the bands are mixed into").between(1, 1024);
  f.add("patch", patch, "kernel and stride of the first convolution").between(1, 32);
  f.add("widths", widths, "channels of each stage; each after the first halves the size").between(1, 8192);
  f.add("depths", depths, "residual units of each stage").between(0, 100);
  f.add("tokens", tokens, "0: one a place of the grid; else so many tokens, each of the whole image").between(0, 65536);
  QuantiserSettings::describe(f);
  f.add("error_floor", error_floor, "of a pixel's flux, added in quadrature to its noise in the loss").between(0, 10);
  f.add("huber_sigma", huber_sigma, "residuals beyond count linearly; 0: plain chi^2").between(0, 1e6);
}

}  // namespace asterism::tokenizers
