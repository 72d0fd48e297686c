#include "data/surveys/pixel_noise.h"

#include <cmath>

#include "base/error.h"

namespace asterism::data {

void NoiseWords::describe_noise(config::Fields& f, const std::string& place) {
  f.add("ivar", ivar, "inverse variance: " + place);
  f.add("variance", variance, "variance: " + place);
  f.add("error", error, "standard deviation: " + place);
  f.add("mask", mask, "whole numbers that say which pixels are bad: " + place);
  f.add("bad_bits", bad_bits, "bits of the mask that say so, counted from 0; default: all").between(0, 62);
}

PixelNoise::PixelNoise(const NoiseWords& words, const std::string& key)
    : name_(words.ivar + words.variance + words.error),
      kind_(!words.ivar.empty()       ? Kind::kIvar
            : !words.variance.empty() ? Kind::kVariance
                                      : Kind::kError),
      bits_(words.bad_bits.empty() ? -1 : 0) {
  const int given = !words.ivar.empty() + !words.variance.empty() + !words.error.empty();
  if (given > 1) base::user_error("{}: one of `ivar`, `variance` and `error` is wanted, not {}", key, given);
  if (words.mask.empty() && !words.bad_bits.empty()) base::user_error("{}: `bad_bits` without a `mask`", key);
  for (const int64_t bit : words.bad_bits) bits_ |= int64_t{1} << bit;
}

float PixelNoise::ivar(double told, double factor, const std::string& where) const {
  if (!std::isfinite(told) || told == 0) return 0;
  if (told < 0) base::data_error("{}: a negative {}, {}", where, kind_ == Kind::kIvar ? "weight" : "uncertainty", told);
  const double w = kind_ == Kind::kIvar ? told : kind_ == Kind::kVariance ? 1 / told : 1 / (told * told);
  const float out = float(w / (factor * factor));
  return std::isfinite(out) ? out : 0;
}

}  // namespace asterism::data
