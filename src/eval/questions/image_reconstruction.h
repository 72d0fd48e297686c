#pragma once
// How much of an image survives its tokens? chi^2 per pixel, flux, colour, place and shape of the source, per band and
// survey, beside the trivial codecs of as many bits: principal components and larger pixels.

#include "eval/question.h"

namespace asterism::eval {

class ImageReconstructionQuestion : public Question {
 public:
  explicit ImageReconstructionQuestion(AskOptions options) : options_(std::move(options)) {}
  std::string name() const override { return "image_reconstruction"; }
  std::string sentence() const override { return "How much of an image survives its tokens?"; }
  bool applies(const Subject& subject, const Labels& labels) const override;
  // On the pixels that the tokenizer covers. "excess chi^2 per pixel" is the mean over objects of chi^2 - 1, what is
  // lost beyond the noise. The aperture is the central disc of an eighth of the width as radius; see source_measures.h
  // for what is compared. Scores of a band have the subject "image_legacy des-g". Trivial codecs: pca_rebuild.h (of
  // either kind), downsampled_rebuild.h; where there is too little to learn from, the latter alone, made for what is
  // judged ("by what is judged": to its advantage). The gallery has six of the judged objects, from the brightest to
  // the faintest: observed, rebuilt, and the difference in units of the noise.
  Answer ask(const Subject& subject, const Labels& labels, const Split& split) const override;

 private:
  AskOptions options_;
};

}  // namespace asterism::eval
