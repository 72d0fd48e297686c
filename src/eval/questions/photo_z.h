#pragma once
// How good are the redshifts that the model predicts without having seen them? The median of each posterior as the
// estimate.

#include "eval/question.h"

namespace asterism::eval {

class PhotoZQuestion : public Question {
 public:
  explicit PhotoZQuestion(AskOptions options) : options_(std::move(options)) {}
  std::string name() const override { return "photo_z"; }
  std::string sentence() const override { return "How close are predicted redshifts to the true ones?"; }
  bool applies(const Subject& subject, const Labels& labels) const override;
  Answer ask(const Subject& subject, const Labels& labels, const Split& split) const override;

 private:
  AskOptions options_;
};

}  // namespace asterism::eval
