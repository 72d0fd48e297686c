#pragma once
// The arms of DESI coadds, and how they become one spectrum.

#include <cstdint>
#include <string>
#include <vector>

#include "io/fits.h"
#include "modalities/block.h"

namespace asterism::data {

inline constexpr int64_t kDesiPixels = 7781;
inline constexpr double kDesiFirstAngstrom = 3600, kDesiStepAngstrom = 0.8;

// The three arms of a coadd file, read once for all its targets.
class DesiArms {
 public:
  // DataError naming the HDU where an arm is missing, is of another size than its wavelengths and `targets` say, or has
  // a wavelength off the grid 3600 + 0.8 k A.
  DesiArms(const io::FitsFile& coadd, int64_t targets);

  // One target's spectrum (a block of one row) on the common grid. Masked: the file's mask, no or no finite inverse
  // variance. DataError naming HDU and pixel for a negative inverse variance, and for a spectrum without a good pixel.
  modalities::SpectrumBlock spectrum(int64_t target) const;

 private:
  struct Arm {
    std::string place;                             // "coadd.fits, B_FLUX"
    int64_t first = 0, size = 0;                   // of the common grid
    io::FitsValues<float> flux, ivar, resolution;  // [targets, size], and [targets, diagonals, size] or empty
    io::FitsValues<int64_t> mask;                  // or empty
    int64_t diagonals = 0;
    double sigma_pixels(int64_t target, int64_t pixel) const;  // 0: unknown
  };
  static Arm read_arm(const io::FitsFile& coadd, const std::string& letter, int64_t targets);

  std::string file_;
  std::vector<Arm> arms_;
};

}  // namespace asterism::data
