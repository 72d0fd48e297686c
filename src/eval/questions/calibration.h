#pragma once
// When the model says 68%, is it right 68% of the time? PIT, coverage, CRPS and log-likelihood of every predicted
// scalar, beside the posterior of the nearest neighbours.

#include "eval/question.h"

namespace asterism::eval {

class CalibrationQuestion : public Question {
 public:
  explicit CalibrationQuestion(AskOptions options) : options_(std::move(options)) {}
  std::string name() const override { return "calibration"; }
  std::string sentence() const override { return "Do the predicted distributions say how sure one can be?"; }
  bool applies(const Subject& subject, const Labels& labels) const override;
  Answer ask(const Subject& subject, const Labels& labels, const Split& split) const override;

 private:
  AskOptions options_;
};

}  // namespace asterism::eval
