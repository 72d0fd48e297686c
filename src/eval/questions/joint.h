#pragma once
// Do p(a) p(b|a) and p(b) p(a|b) agree at the truth? The mean absolute difference in nats, beside how much the two
// scalars tell of each other, beside a model that takes them for independent once they are asked for in one order, and
// the mean of each of the four.

#include "eval/question.h"

namespace asterism::eval {

class JointQuestion : public Question {
 public:
  explicit JointQuestion(AskOptions options) : options_(std::move(options)) {}
  std::string name() const override { return "joint"; }
  std::string sentence() const override {
    return "Is what is said of two quantities one joint distribution, whichever is asked for first?";
  }
  bool applies(const Subject& subject, const Labels& labels) const override;
  Answer ask(const Subject& subject, const Labels& labels, const Split& split) const override;

 private:
  AskOptions options_;
};

}  // namespace asterism::eval
