#pragma once
// Do scalars that are drawn together lie where the truths lie, together? TARP and the energy score, beside the same
// draws of each scalar by itself and the values of the nearest neighbours.

#include "eval/question.h"

namespace asterism::eval {

class JointCalibrationQuestion : public Question {
 public:
  explicit JointCalibrationQuestion(AskOptions options) : options_(std::move(options)) {}
  std::string name() const override { return "joint_calibration"; }
  std::string sentence() const override {
    return "Do scalars drawn together say how sure one can be of them together?";
  }
  bool applies(const Subject& subject, const Labels& labels) const override;
  Answer ask(const Subject& subject, const Labels& labels, const Split& split) const override;

 private:
  AskOptions options_;
};

}  // namespace asterism::eval
