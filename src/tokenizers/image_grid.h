#pragma once
// What codecs of images share: the bands that they know and the noise of each, pixels cropped about the centre, and the
// brightness token, by which an image is divided.

#include <utility>

#include "config/settings.h"
#include "tokenizers/tokenizer.h"

namespace asterism::tokenizers {

struct ImageGridSettings {
  std::string unit = "nanomaggy";
  int64_t size = 64;  // pixels a side: larger images are cropped about the centre, smaller ones padded with mask
  std::vector<std::string>
      bands;  // names it is trained with, in the order that decode gives by default; set by fit when empty
  std::vector<double> wavelengths_angstrom, widths_angstrom, noise;  // of these bands; set by fit where empty
  std::vector<std::string> left_out_bands;  // bands of the data that are not learned from, as if they were not there
  // 0: none. Else one more token, the first: how bright the image is beside its noise, in so many steps; the others
  // then say what it looks like. log10 of the root of the sum of (flux / noise)^2 over all pixels, from 1 to norm_high.
  int64_t norm_bins = 0;
  double norm_high = 5;
  void describe(config::Fields& fields);
};

using ImageBlocks = std::vector<const modalities::ImageBlock*>;

// A block that has the band, and its place there. UserError naming `reader` where none has.
std::pair<const modalities::ImageBlock*, size_t> holder_of(const ImageBlocks& blocks, const std::string& band,
                                                           const std::string& reader);
// UserError: a band twice, or learned and left out; noise that is none; lists of unequal length.
void check_bands(const ImageGridSettings& settings, const std::string& reader);
// Bands, their wavelengths, widths and noise into the settings, where those say nothing.
void learn_bands(ImageGridSettings& settings, const ImageBlocks& blocks, const std::string& reader);

// The present objects of a block with a good pixel in these planes after cropping: N objects of the block, M of them, C
// planes, S pixels a side. A pixel is good where its mask is 0, its flux finite and its inverse variance finite and >
// 0.
struct GoodPixels {
  int64_t n = 0;                    // N
  at::Tensor rows_M;                // int64, their places in the block
  at::Tensor flux_MCSS, good_MCSS;  // cropped or padded; flux 0 where not good (bool)
  at::Tensor ivar_MCSS, ivar_MCHW;  // 0 where not good; the second not cropped
};
GoodPixels good_pixels(const modalities::ImageBlock& block, const std::vector<int64_t>& planes, int64_t size);

// The brightness token: int64 [M] of pixels with their inverse variance (0: not good); and the factor of the
// noise that it stands for, a tenth of that root: float32, the shape of `ids`.
at::Tensor brightness_ids(const ImageGridSettings& settings, const at::Tensor& flux_MCSS, const at::Tensor& ivar_MCSS);
at::Tensor brightness_of(const ImageGridSettings& settings, const at::Tensor& ids);
// UserError where the first token is no brightness.
void check_brightness(const ImageGridSettings& settings, const at::Tensor& ids_NT, const std::string& reader);

// An empty block of these bands, of the size that the request asks for, else the settings'. UserError: sizes below 0.
modalities::ImageBlock blank_images(const ImageGridSettings& settings, std::vector<modalities::Band> bands, int64_t n,
                                    const DecodeRequest& request, const std::string& reader);
// Fills it with fluxes [N, C, height, width]; what lies outside of the settings' size is masked. ivar is 1 where mask
// is 0: a reconstruction has no variance of its own.
void fill_images(modalities::ImageBlock& out, const ImageGridSettings& settings, const at::Tensor& present_N,
                 const at::Tensor& flux_NCHW);

}  // namespace asterism::tokenizers
