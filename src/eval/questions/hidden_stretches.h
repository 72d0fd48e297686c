#pragma once
// How well does a model that learned by rebuilding hidden stretches of spectra do so, on spectra that it never saw?
// Beside principal components laid on what is seen, and a straight line across each gap.

#include "eval/question.h"

namespace asterism::eval {

class HiddenStretchesQuestion : public Question {
 public:
  explicit HiddenStretchesQuestion(AskOptions options) : options_(std::move(options)) {}
  std::string name() const override { return "hidden_stretches"; }
  std::string sentence() const override { return "Are stretches of spectra rebuilt that the model did not see?"; }
  bool applies(const Subject& subject, const Labels& labels) const override;
  Answer ask(const Subject& subject, const Labels& labels, const Split& split) const override;

 private:
  AskOptions options_;
};

}  // namespace asterism::eval
