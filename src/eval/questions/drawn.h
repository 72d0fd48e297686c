#pragma once
// Do images and spectra that a model draws, given something else, look like what was observed? Every pixel against the
// draws: chi^2 of their mean, CRPS, coverage and PIT; and the likelihood of the tokens of the truth.

#include "eval/question.h"

namespace asterism::eval {

class DrawnQuestion : public Question {
 public:
  explicit DrawnQuestion(AskOptions options) : options_(std::move(options)) {}
  std::string name() const override { return "drawn"; }
  std::string sentence() const override {
    return "Are images and spectra that are drawn, given something else, like those that were observed?";
  }
  bool applies(const Subject& subject, const Labels& labels) const override;
  Answer ask(const Subject& subject, const Labels& labels, const Split& split) const override;

 private:
  AskOptions options_;
};

}  // namespace asterism::eval
