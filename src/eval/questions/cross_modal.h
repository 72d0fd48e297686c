#pragma once
// Labels on one kind of observation, asked of another: what is learned from the vectors of spectra is read off the
// vectors of images, and back. It works only where both lie in one space.

#include "eval/question.h"

namespace asterism::eval {

// Each modality's vectors are brought to mean 0 and deviation 1 over the training objects that have both (spectra are
// of brighter objects than images: over all that each has, the same vector would mean two things). Judged are objects
// with both observations, by the numbers that vary in both; labels are learned from on all objects that have the first.
class CrossModalQuestion : public Question {
 public:
  explicit CrossModalQuestion(AskOptions options) : options_(std::move(options)) {}
  std::string name() const override { return "cross_modal"; }
  std::string sentence() const override {
    return "Does what is learned from vectors of one modality hold for vectors of another?";
  }
  bool applies(const Subject& subject, const Labels& labels) const override;
  Answer ask(const Subject& subject, const Labels& labels, const Split& split) const override;

 private:
  AskOptions options_;
};

}  // namespace asterism::eval
