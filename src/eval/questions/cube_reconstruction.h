#pragma once
// How much of a spectral cube survives its tokens? chi^2 of single spaxels and maps of emission lines, beside principal
// components of spaxels (and of larger ones) with as many bits.

#include "eval/question.h"

namespace asterism::eval {

class CubeReconstructionQuestion : public Question {
 public:
  explicit CubeReconstructionQuestion(AskOptions options) : options_(std::move(options)) {}
  std::string name() const override { return "cube_reconstruction"; }
  std::string sentence() const override { return "How much of a spectral cube survives its tokens?"; }
  bool applies(const Subject& subject, const Labels& labels) const override;
  // One number a cube of each measure, or, where too few cubes are judged to say anything, one a spaxel (with a note):
  //   median chi^2 of spaxels, excess chi^2 per pixel (mean over spaxels of chi^2 - 1), chi^2 of the brightest tenth
  //   of each line of cube_measures.h, in spaxels where it stands five errors above its continuum: line flux bias and
  //   scatter in errors of the observed flux (which has one error of scatter itself), median relative error
  // Lines need a label "redshift". Baselines: cube_components.h (components, where the training side has cubes on the
  // same wavelengths; flat spectra, whose few bits are not counted).
  Answer ask(const Subject& subject, const Labels& labels, const Split& split) const override;

 private:
  AskOptions options_;
};

}  // namespace asterism::eval
