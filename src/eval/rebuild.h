#pragma once
// Blocks through a tokenizer and back, on the pixels they came on.

#include <map>
#include <string>

#include "eval/calibrated.h"
#include "modalities/block.h"
#include "tokenizers/tokenizer.h"

namespace asterism::eval {

// Spectra and cubes come back on their own wavelengths (by linear interpolation where the objects have differing
// grids), images in their own bands, size, pixel scale, PSF and sky noise; what the tokenizer cannot cover has mask 1.
// Of light curves the tokenizer sees all but the points that are held out (held_out.h), and all times come back.
// `tokens`, where given, gets what it became.
modalities::Block rebuild(const tokenizers::Tokenizer& tokenizer, const modalities::Block& observed,
                          tokenizers::Tokens* tokens = nullptr);

// The second half of that: tokens of these objects, whoever made them, on the pixels of what was observed.
modalities::Block decode_onto(const tokenizers::Tokenizer& tokenizer, const tokenizers::Tokens& tokens,
                              const modalities::Block& observed);

// Images and spectra as observed, in the unit of what is rebuilt: chi^2 and fluxes are of one unit. Others as they are.
modalities::Block in_unit_of(const modalities::Block& rebuilt, modalities::Block observed);

// Row i of `from` on the wavelengths of row i of `onto`, by linear interpolation; ivar 1. Mask 1, ivar 0 where `from`
// does not reach, or a neighbour is masked.
modalities::SpectrumBlock on_wavelengths(const modalities::SpectrumBlock& from, const modalities::SpectrumBlock& onto);

// rebuild() of what is changed first: pixels of images joined `bin` by `bin`, then counts made fluxes, and bands that
// the tokenizer is told under other bands' names (as one would who has a codec by name and a band that it does not
// know). The bands that come back have their own names again.
struct RebuildAs {
  int64_t bin = 1;
  std::map<std::string, std::string> read_as;  // name -> other name
  Calibration calibration = {};
};
// UserError naming what is told and has no part in such blocks: pixels and bands of what are no images, a unit of what
// are no spectra, bands that the images lack.
void check_rebuild_as(const RebuildAs& how, const modalities::Block& block);
struct Rebuilt {
  modalities::Block observed, rebuilt;  // images and spectra both in the tokenizer's unit
  tokenizers::Tokens tokens;
};
Rebuilt rebuild_as(const tokenizers::Tokenizer& tokenizer, modalities::Block observed, const RebuildAs& how);

// The same of cubes, which must be of one size.
modalities::CubeBlock on_wavelengths(const modalities::CubeBlock& from, const modalities::CubeBlock& onto);

// Bits of all tokens of an object: their number x log2(vocabulary).
double bits_of(const tokenizers::Tokenizer& tokenizer, const tokenizers::Tokens& tokens);

}  // namespace asterism::eval
