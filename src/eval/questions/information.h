#pragma once
// How many nats an object's vectors tell of its other observation, and of what is true of it. Of two modalities in one
// space the InfoNCE bound among N pairs, for growing N, with ln N, which it can never pass; beside it, and for the
// truth, the estimate of Kraskov et al. (2004) from a few leading components.

#include "eval/question.h"

namespace asterism::eval {

class InformationQuestion : public Question {
 public:
  explicit InformationQuestion(AskOptions options) : options_(std::move(options)) {}
  std::string name() const override { return "information"; }
  std::string sentence() const override {
    return "How many nats do vectors tell of an object's other observation, and of the truth?";
  }
  bool applies(const Subject& subject, const Labels& labels) const override;
  Answer ask(const Subject& subject, const Labels& labels, const Split& split) const override;

 private:
  AskOptions options_;
};

}  // namespace asterism::eval
