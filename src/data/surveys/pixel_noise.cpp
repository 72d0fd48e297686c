#include "data/surveys/pixel_noise.h"

#include <cmath>

#include "base/error.h"

namespace asterism::data {

PixelNoise::PixelNoise(const std::string& ivar, const std::string& variance, const std::string& error,
                       const std::string& mask, const std::vector<int64_t>& bad_bits, const std::string& key)
    : name_(ivar + variance + error),
      kind_(!ivar.empty()       ? Kind::kIvar
            : !variance.empty() ? Kind::kVariance
                                : Kind::kError),
      bits_(bad_bits.empty() ? -1 : 0) {
  const int given = !ivar.empty() + !variance.empty() + !error.empty();
  if (given > 1) base::user_error("{}: one of `ivar`, `variance` and `error` is wanted, not {}", key, given);
  if (mask.empty() && !bad_bits.empty()) base::user_error("{}: `bad_bits` without a `mask`", key);
  for (const int64_t bit : bad_bits) bits_ |= int64_t{1} << bit;
}

float PixelNoise::ivar(double told, double factor, const std::string& where) const {
  if (!std::isfinite(told) || told == 0) return 0;
  if (told < 0) base::data_error("{}: a negative {}, {}", where, kind_ == Kind::kIvar ? "weight" : "uncertainty", told);
  const double w = kind_ == Kind::kIvar ? told : kind_ == Kind::kVariance ? 1 / told : 1 / (told * told);
  const float out = float(w / (factor * factor));
  return std::isfinite(out) ? out : 0;
}

}  // namespace asterism::data
