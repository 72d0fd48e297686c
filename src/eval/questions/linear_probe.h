#pragma once
// How much of a property can be read off a frozen vector by a linear map? Ridge regression and logistic regression, the
// penalty chosen by cross-validation inside the training side.

#include "eval/question.h"

namespace asterism::eval {

class LinearProbeQuestion : public Question {
 public:
  explicit LinearProbeQuestion(AskOptions options) : options_(std::move(options)) {}
  std::string name() const override { return "linear_probe"; }
  std::string sentence() const override { return "How much can a linear map read off the frozen vectors?"; }
  bool applies(const Subject& subject, const Labels& labels) const override;
  Answer ask(const Subject& subject, const Labels& labels, const Split& split) const override;

 private:
  AskOptions options_;
};

}  // namespace asterism::eval
