#pragma once
// Pictures and curves out of characters, for a look at an object without leaving the terminal.

#include <cstdint>
#include <string>

#include "io/image_file.h"
#include "modalities/block.h"

namespace asterism::data {

// A picture in at most `columns` characters across: half blocks in 24-bit colours, or a ramp of plain characters.
std::string drawn(const io::Picture8& picture, int columns, bool colour);

// The curve y over x in braille dots, with the ends of both axes labelled; points with use[i] == 0 are left out.
struct CurveSize {
  int columns = 72, lines = 12;
  bool reversed = false;  // small values at the top: magnitudes
};
std::string drawn_curve(const float* x, const float* y, const uint8_t* mask, int64_t n, const CurveSize& size = {});

// Everything about the only row of a batch: keys, scalars with errors, images, spectra, light curves, lists, vectors.
std::string drawn_object(const modalities::Batch& batch, bool colour);

}  // namespace asterism::data
