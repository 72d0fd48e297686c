#pragma once
// How much of a spectrum survives its tokens? chi^2 per pixel and the shift of line centres, beside principal
// components of as many bits.

#include "eval/question.h"

namespace asterism::eval {

class SpectrumReconstructionQuestion : public Question {
 public:
  explicit SpectrumReconstructionQuestion(AskOptions options) : options_(std::move(options)) {}
  std::string name() const override { return "spectrum_reconstruction"; }
  std::string sentence() const override { return "How much of a spectrum survives its tokens?"; }
  bool applies(const Subject& subject, const Labels& labels) const override;
  // The baseline: each spectrum divided by its median |flux| (16 bits of the budget), PCA over the training rows,
  // components rounded to the remaining bits. Line centres need a label "redshift".
  Answer ask(const Subject& subject, const Labels& labels, const Split& split) const override;

 private:
  AskOptions options_;
};

}  // namespace asterism::eval
