#pragma once
// Are predicted probabilities of classes right? Log-loss, Brier score, balanced accuracy and expected calibration
// error, beside the shares of the classes and the classes of neighbours.

#include "eval/question.h"

namespace asterism::eval {

class ClassPosteriorsQuestion : public Question {
 public:
  explicit ClassPosteriorsQuestion(AskOptions options) : options_(std::move(options)) {}
  std::string name() const override { return "class_posteriors"; }
  std::string sentence() const override { return "Are the predicted probabilities of classes right?"; }
  bool applies(const Subject& subject, const Labels& labels) const override;
  Answer ask(const Subject& subject, const Labels& labels, const Split& split) const override;

 private:
  AskOptions options_;
};

}  // namespace asterism::eval
