#pragma once
// How much of a property can be read off a frozen vector by a small network? The few-shot protocol of AstroCLIP
// (methods/perceptron.h), beside the same network on plain features.

#include "eval/question.h"

namespace asterism::eval {

class MlpProbeQuestion : public Question {
 public:
  explicit MlpProbeQuestion(AskOptions options) : options_(std::move(options)) {}
  std::string name() const override { return "mlp_probe"; }
  std::string sentence() const override { return "How much can a small network read off the frozen vectors?"; }
  bool applies(const Subject& subject, const Labels& labels) const override;
  Answer ask(const Subject& subject, const Labels& labels, const Split& split) const override;

 private:
  AskOptions options_;
};

}  // namespace asterism::eval
