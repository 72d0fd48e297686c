#pragma once
// What a mapping says of the noise and the flags of pixels, alike for images, spectra and cubes: one of `ivar`,
// `variance` and `error`, and `mask` with `bad_bits`.

#include <cstdint>
#include <string>
#include <vector>

#include "config/settings.h"

namespace asterism::data {

// The keys themselves; what they name is a column, an HDU or a file.
struct NoiseWords {
  std::string ivar, variance, error, mask;
  std::vector<int64_t> bad_bits;
  void describe_noise(config::Fields& f, const std::string& place);
};

class PixelNoise {
 public:
  PixelNoise() = default;
  // UserError naming `key` where more than one is given, and for bits without a mask.
  PixelNoise(const NoiseWords& words, const std::string& key);

  bool given() const { return !name_.empty(); }
  const std::string& name() const { return name_; }  // of the column or HDU, whichever of the three it is
  // Inverse variance, as float holds it, of a flux that is multiplied with `factor`; 0 where there is none: 0 or no
  // number. DataError naming `where` for what is negative.
  float ivar(double told, double factor, const std::string& where) const;
  bool flagged(int64_t flags) const { return (flags & bits_) != 0; }

 private:
  enum class Kind { kIvar, kVariance, kError };
  std::string name_;
  Kind kind_ = Kind::kIvar;
  int64_t bits_ = -1;
};

}  // namespace asterism::data
