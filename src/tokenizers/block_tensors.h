#pragma once
// Blocks as tensors without a copy, after looking at their kind and sizes.

#include <ATen/ATen.h>

#include <string>

#include "modalities/block.h"
#include "tokenizers/tokenizer.h"

namespace asterism::tokenizers {

// The block as the struct a tokenizer reads, its arrays of the sizes that its counts promise; UserError naming `reader`
// and what is wrong otherwise. Of images the PSF is looked at by psf_of alone, which not every tokenizer asks. A
// spectrum that is present has a pixel; a light curve may have no point.
const modalities::ImageBlock& image_of(const modalities::Block& block, const std::string& reader);
const modalities::SpectrumBlock& spectrum_of(const modalities::Block& block, const std::string& reader);
// Is one of the first `length` pixels of the row good: not masked, flux and inverse variance finite, the latter not 0?
bool has_good_pixel(const modalities::SpectrumBlock& block, int64_t row, int64_t length);
const modalities::ScalarBlock& scalar_of(const modalities::Block& block, const std::string& reader);
const modalities::LightCurveBlock& light_curve_of(const modalities::Block& block, const std::string& reader);
const modalities::CubeBlock& cube_of(const modalities::Block& block, const std::string& reader);

// PSF widths [n, C] over the memory of the block, 0 where unknown; UserError where there are not as many.
at::Tensor psf_of(const modalities::ImageBlock& block, const std::string& reader);

// Tokens of the promised shape and range: int64 ids [n, num_tokens] in 0 .. vocabulary-1, bool present [n]; else
// UserError.
void check_tokens(const Tokens& tokens, int64_t num_tokens, int64_t vocabulary, const std::string& reader);

// Tensors over the memory of a block, which must outlive them and must not be written.
at::Tensor wrap(const base::AlignedVector<float>& values, at::IntArrayRef shape);
at::Tensor wrap(const base::AlignedVector<double>& values, at::IntArrayRef shape);
at::Tensor wrap(const base::AlignedVector<uint8_t>& values, at::IntArrayRef shape);

// Back into a block's array.
void copy_into(base::AlignedVector<float>& out, const at::Tensor& values);
void copy_into(base::AlignedVector<double>& out, const at::Tensor& values);
void copy_into(base::AlignedVector<uint8_t>& out, const at::Tensor& values);  // from bool or uint8

}  // namespace asterism::tokenizers
