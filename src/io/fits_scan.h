#pragma once
// A look over the headers of a FITS file before cfitsio gets it: cfitsio 4.2 divides by zero and reads outside its
// tables on tile-compressed images whose keywords contradict each other, so those are checked here.

#include <cstddef>
#include <span>
#include <string>

#include "io/fits.h"

namespace asterism::io {

// Walks from HDU to HDU by their mandatory keywords; stops quietly where no further HDU begins, which cfitsio then
// reports. DataError naming the HDU for: a mandatory or compression keyword that is repeated or out of range, an
// extension that does not end, tiles that do not match the image, and compression other than Rice and gzip.
void scan_fits_headers(std::span<const std::byte> bytes, const std::string& name, const FitsLimits& limits);

}  // namespace asterism::io
