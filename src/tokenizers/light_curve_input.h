#pragma once
// Light curves as the codec's networks see them. Letters: N objects of the block, M of them with a point to read, P the
// most points of one, H header tokens.

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

#include "modalities/block.h"
#include "tokenizers/light_curve_header.h"
#include "tokenizers/light_curve_settings.h"

namespace asterism::tokenizers {

// Points of M objects, padded: a time and a place among the wavelengths for each.
struct CurvePlaces {
  at::Tensor time_MP;    // float64, days after the reference of the header
  at::Tensor phase_MP;   // float64, cycles of the header's period since the reference
  at::Tensor colour_MP;  // float32, ln(wavelength / reference wavelength)
};

struct LightCurveInput {
  int64_t n = 0;           // N
  at::Tensor rows_M;       // int64, their places in the block
  at::Tensor ids_MH;       // int64, header tokens
  at::Tensor shape_MS;     // int64, shape tokens
  at::Tensor features_MF;  // float32, header_features and then the folded curve's cosines and sines over the scale
  CurvePlaces places;
  at::Tensor value_MP;   // float32, (value - level - slope x colour) / scale; 0 in the padding
  at::Tensor error_MP;   // float32, over the scale; > 0, but 0 in the padding
  at::Tensor known_MP;   // bool: the error is a given one
  at::Tensor seen_MP;    // bool: the encoder may look
  at::Tensor hidden_MP;  // bool: a measurement that the encoder may not see
  at::Tensor limit_MP;   // bool: an upper limit, which the encoder may see where limits are not ignored
};

// Which points are hidden: `share` of each object's measurements (never all), by (seed, epoch, object).
struct HidePoints {
  double share = 0;
  uint64_t seed = 0;
  int64_t epoch = 0;
  const std::vector<uint64_t>* objects = nullptr;  // hashes; null: rows are numbered
};

// The block in the unit of the settings. Masked points and those that are not finite are left out. UserError naming a
// band without a wavelength.
LightCurveInput read_light_curves(const modalities::LightCurveBlock& block, const LightCurveCodecSettings& settings,
                                  const HidePoints& hide);
// Of several blocks, one after another; rows_M is left undefined.
LightCurveInput join(const std::vector<LightCurveInput>& inputs);

// What the networks read, on their device: all but rows_M and ids_MH.
LightCurveInput sent(const LightCurveInput& input, const at::Device& device);

// ln(wavelength / reference) of each band of a block; UserError, in the name of `reader`, where one is not known.
std::vector<double> colours_of(const std::vector<modalities::Band>& bands, const LightCurveBands& settings,
                               const std::string& reader);

}  // namespace asterism::tokenizers
