#pragma once
// Whoever can say what stood in the hidden stretches of a spectrum: masked models, SpecFormer, tokenizers of spectra.

#include <memory>
#include <string>

#include "eval/calibrated.h"
#include "modalities/block.h"
#include "models/model.h"
#include "tokenizers/tokenizer.h"

namespace asterism::eval {

class GapFiller {
 public:
  virtual ~GapFiller() = default;
  virtual std::string modality() const = 0;
  // Which pixels are hidden, bool [N, L]: two fifths of the patches of 96 pixels that have a good one, two and two, as
  // masked_spectrum hides them unless it is set otherwise (a masked_spectrum model: what its training would hide).
  // Drawn by the object alone: the same in every evaluation. `batch` holds objects that have the spectrum.
  virtual at::Tensor hidden(const modalities::Batch& batch) const;
  // Spectra as they are read, and as they are rebuilt from all but the hidden pixels. Rebuilt: mask 0 where a pixel was
  // hidden and is rebuilt, 1 elsewhere.
  struct Filled {
    modalities::SpectrumBlock observed, rebuilt;
  };
  virtual Filled fill(const modalities::SpectrumBlock& spectra, const at::Tensor& hidden_NL) const = 0;
};

// Null where the model does not rebuild spectra. The model must outlive the answer.
std::unique_ptr<GapFiller> gap_filler(const models::Model& model);
// The tokenizer sees spectra (calibrated first) whose hidden pixels are masked and 0, and is drawn on all.
std::unique_ptr<GapFiller> gap_filler(const tokenizers::Tokenizer& tokenizer, const std::string& modality,
                                      const Calibration& calibration = {});

}  // namespace asterism::eval
