#pragma once
// Scalars in the table of conditionals: one as its posterior, several that belong together as medians with 68%
// intervals.

#include "eval/conditionals/column.h"

namespace asterism::eval {

// "1.234 +0.05 -0.04", rounded to the interval.
std::string with_interval(double median, double low, double high);

class PosteriorColumn : public ConditionalColumn {
 public:
  PosteriorColumn(const Conditionals& table, size_t column);
  std::string draw_observed(report::Drawing& out, const report::Box& box) const override;
  std::string draw_predicted(report::Drawing& out, const report::Box& box,
                             const models::Prediction& prediction) const override;

 private:
  double x_at(const report::Box& box, double value) const;
  void draw_axis(report::Drawing& out, const report::Box& box) const;
  void draw_truth(report::Drawing& out, const report::Box& box) const;

  std::string name_;
  const modalities::ScalarBlock& observed_;
  double low_ = 0, high_ = 1;
};

class ValuesColumn : public ConditionalColumn {
 public:
  ValuesColumn(const Conditionals& table, size_t column);
  std::string draw_observed(report::Drawing& out, const report::Box& box) const override;
  std::string draw_predicted(report::Drawing& out, const report::Box& box,
                             const models::Prediction& prediction) const override;

 private:
  const modalities::ScalarBlock& observed(size_t value) const;
  double x_at(const report::Box& box, size_t value) const;
  double y_at(const report::Box& box, double value) const;  // asinh, so that faint and bright ones fit
  void draw_names(report::Drawing& out, const report::Box& box) const;

  const Conditionals& table_;
  std::vector<std::string> names_;
  double softening_ = 1, low_ = 0, high_ = 1;  // of asinh(value / softening)
};

}  // namespace asterism::eval
