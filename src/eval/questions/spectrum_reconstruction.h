#pragma once
// How much of a spectrum survives its tokens? chi^2 per pixel, flux and centre of lines, beside the trivial codecs of
// as many bits: principal components and larger pixels.

#include "eval/question.h"

namespace asterism::eval {

class SpectrumReconstructionQuestion : public Question {
 public:
  explicit SpectrumReconstructionQuestion(AskOptions options) : options_(std::move(options)) {}
  std::string name() const override { return "spectrum_reconstruction"; }
  std::string sentence() const override { return "How much of a spectrum survives its tokens?"; }
  bool applies(const Subject& subject, const Labels& labels) const override;
  // The baselines: pca_rebuild.h (of either kind), downsampled_rebuild.h, on the pixels that the tokenizer covers;
  // where there is too little to learn from, larger pixels alone, made for what is judged ("by what is judged": to
  // their advantage). "excess chi^2 per pixel" is the mean over objects of chi^2 - 1. Lines need a label "redshift".
  Answer ask(const Subject& subject, const Labels& labels, const Split& split) const override;

 private:
  AskOptions options_;
};

}  // namespace asterism::eval
