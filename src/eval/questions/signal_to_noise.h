#pragma once
// How good are redshifts predicted from a spectrum, by how good the spectrum is? Bins of the median signal-to-noise per
// pixel; the median of each posterior as the estimate. Asked of posteriors given one spectrum alone.

#include "eval/question.h"

namespace asterism::eval {

class SignalToNoiseQuestion : public Question {
 public:
  explicit SignalToNoiseQuestion(AskOptions options) : options_(std::move(options)) {}
  std::string name() const override { return "signal_to_noise"; }
  std::string sentence() const override {
    return "How close are redshifts predicted from a spectrum, at each signal-to-noise?";
  }
  bool applies(const Subject& subject, const Labels& labels) const override;
  Answer ask(const Subject& subject, const Labels& labels, const Split& split) const override;

 private:
  AskOptions options_;
};

}  // namespace asterism::eval
