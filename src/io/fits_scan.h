#pragma once
// A look over the headers of a FITS file before cfitsio gets it: cfitsio 4.2 divides by zero and reads outside its
// tables on tile-compressed images whose keywords contradict each other, so those are checked here.

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "io/fits.h"

namespace asterism::io {

// An HDU whose data reach beyond the end of the file.
struct FitsCut {
  int hdu = 0;
  std::string
      why;  // "the header asks for 19.5 KiB of data from byte 2880 on, but the file ends at 5760; copy it again"
};

// Walks from HDU to HDU by their mandatory keywords; stops quietly where no further HDU begins, which cfitsio then
// reports, and at an HDU that is cut short, which is returned. DataError naming the HDU for: a mandatory or compression
// keyword that is repeated or out of range, an extension that does not end, tiles that do not match the image, and
// compression other than Rice and gzip.
std::optional<FitsCut> scan_fits_headers(std::span<const std::byte> bytes, const std::string& name,
                                         const FitsLimits& limits);

}  // namespace asterism::io
