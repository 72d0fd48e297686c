#pragma once
// How much of an image survives its tokens? chi^2 per pixel and the error of the flux in an aperture, beside principal
// components of as many bits.

#include "eval/question.h"

namespace asterism::eval {

class ImageReconstructionQuestion : public Question {
 public:
  explicit ImageReconstructionQuestion(AskOptions options) : options_(std::move(options)) {}
  std::string name() const override { return "image_reconstruction"; }
  std::string sentence() const override { return "How much of an image survives its tokens?"; }
  bool applies(const Subject& subject, const Labels& labels) const override;
  // The baseline is that of SpectrumReconstructionQuestion. The aperture is the central disc of an eighth of the width
  // as radius; its error is |rebuilt - observed| / observed, of the bands and objects measured above 10 sigma.
  Answer ask(const Subject& subject, const Labels& labels, const Split& split) const override;

 private:
  AskOptions options_;
};

}  // namespace asterism::eval
