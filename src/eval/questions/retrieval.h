#pragma once
// Given an object's observation in one modality, is its observation in another found among many? In every direction;
// and from one observation of a kind to another of the same kind (repeats.h).

#include "eval/question.h"

namespace asterism::eval {

class RetrievalQuestion : public Question {
 public:
  explicit RetrievalQuestion(AskOptions options) : options_(std::move(options)) {}
  std::string name() const override { return "retrieval"; }
  std::string sentence() const override { return "Is an object's other observation found among many, by its vector?"; }
  bool applies(const Subject& subject, const Labels& labels) const override;
  Answer ask(const Subject& subject, const Labels& labels, const Split& split) const override;

 private:
  void ask_pair(Answer& answer, const Subject& subject, const std::string& from, const std::string& to,
                const Split& split) const;
  AskOptions options_;
};

}  // namespace asterism::eval
