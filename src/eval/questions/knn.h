#pragma once
// Do the nearest neighbours of an object, by the model's vectors, share its properties? The plainest test of a vector:
// nothing is trained.

#include "eval/question.h"

namespace asterism::eval {

class KnnQuestion : public Question {
 public:
  explicit KnnQuestion(AskOptions options) : options_(std::move(options)) {}
  std::string name() const override { return "knn"; }
  std::string sentence() const override { return "Do the nearest neighbours by vector share an object's properties?"; }
  bool applies(const Subject& subject, const Labels& labels) const override;
  Answer ask(const Subject& subject, const Labels& labels, const Split& split) const override;

 private:
  AskOptions options_;
};

}  // namespace asterism::eval
