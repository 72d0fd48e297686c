#pragma once
// Which objects are shown where not all can be.

#include <cstdint>
#include <string>
#include <vector>

#include "eval/question.h"
#include "modalities/block.h"

namespace asterism::eval {

struct Shown {
  int64_t row = 0;   // of the block
  std::string name;  // the object's id
};

// At most `most` of the given rows of images or spectra, the brightest first and the faintest last, the others at equal
// steps of rank between; all of them, in that order, where there are no more. Bright is the mean of the good pixels:
// of an image those within an eighth of its width from the middle, in all bands; of a spectrum all, weighted by inverse
// variance. Rows without a good pixel are left out. `made` says which object of the subject a row is.
std::vector<Shown> brightest_to_faintest(const modalities::ImageBlock& observed, const std::vector<int64_t>& rows,
                                         const Reconstruction& made, const Subject& subject, size_t most);
std::vector<Shown> brightest_to_faintest(const modalities::SpectrumBlock& observed, const std::vector<int64_t>& rows,
                                         const Reconstruction& made, const Subject& subject, size_t most);

}  // namespace asterism::eval
