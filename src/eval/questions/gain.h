#pragma once
// Does one more observation make the truth more likely? Of every two sets of inputs that have been asked about with
// nothing in common, and of whose union has been too: the mean of ln p(truth | both) - ln p(truth | one), nats, over
// the objects that have something of each. Below zero by more than its interval, the model is confused by what it is
// given.

#include "eval/question.h"

namespace asterism::eval {

class GainQuestion : public Question {
 public:
  explicit GainQuestion(AskOptions options) : options_(std::move(options)) {}
  std::string name() const override { return "gain"; }
  std::string sentence() const override { return "What does one more observation add to the likelihood of the truth?"; }
  bool applies(const Subject& subject, const Labels& labels) const override;
  Answer ask(const Subject& subject, const Labels& labels, const Split& split) const override;

 private:
  AskOptions options_;
};

}  // namespace asterism::eval
