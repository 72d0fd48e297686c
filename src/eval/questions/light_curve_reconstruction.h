#pragma once
// Do the tokens of a light curve know the measurements that were held back? chi^2 per point held out (held_out.h),
// beside a Gaussian process fitted to each object, a curve folded at its best period, and a constant in each band. Of
// upper limits that were held back: the share that the curve stays beyond (below in flux).

#include "eval/question.h"

namespace asterism::eval {

class LightCurveReconstructionQuestion : public Question {
 public:
  explicit LightCurveReconstructionQuestion(AskOptions options) : options_(std::move(options)) {}
  std::string name() const override { return "light_curve_reconstruction"; }
  std::string sentence() const override { return "Do the tokens know the measurements that were held back?"; }
  bool applies(const Subject& subject, const Labels& labels) const override;
  // Of every object of the test side with a held-out point of known error and 5 points that are shown: the mean over
  // its held-out points of (residual / error)^2, the same with each square at most 25 (published errors have slips),
  // and their share within 3 errors. Baselines learn from the object's shown points alone, 256 of them at most, and
  // give points without an error the median error of the others.
  Answer ask(const Subject& subject, const Labels& labels, const Split& split) const override;

 private:
  AskOptions options_;
};

}  // namespace asterism::eval
