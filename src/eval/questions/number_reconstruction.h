#pragma once
// How far does the code of a number lie from it? Scalars, and vectors of numbers, through their tokens and back: the
// error of coding beside the error of measurement, and beside bins of equal width, as many as the tokens tell apart.

#include "eval/question.h"

namespace asterism::eval {

class NumberReconstructionQuestion : public Question {
 public:
  explicit NumberReconstructionQuestion(AskOptions options) : options_(std::move(options)) {}
  std::string name() const override { return "number_reconstruction"; }
  std::string sentence() const override { return "How far does the code of a number lie from it?"; }
  bool applies(const Subject& subject, const Labels& labels) const override;
  // Of every object of the test side: (decoded - value) / error where the error is known, otherwise over the scatter of
  // the values (1.4826 times the median distance from their median, of each column of a vector, on the side that is
  // learned from): the median of the absolute, its share within one error, the median as it is. Of a vector's columns
  // the root mean square stands for the object. The bins reach over all but 0.1% of the values that are learned from
  // and give their middles.
  Answer ask(const Subject& subject, const Labels& labels, const Split& split) const override;

 private:
  AskOptions options_;
};

}  // namespace asterism::eval
