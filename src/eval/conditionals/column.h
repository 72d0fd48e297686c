#pragma once
// One column of the table of conditionals: how one group of modalities is drawn, observed and predicted. All cells of a
// column share axes and stretch, so that they can be compared.

#include <memory>
#include <string>

#include "eval/conditionals/conditionals.h"
#include "report/drawing.h"

namespace asterism::eval {

inline constexpr const char* kObservedColour = "#9a9a9a";
inline constexpr const char* kPredictedColour = "#1f5fa8";
inline constexpr const char* kTruthColour = "#c23b22";

class ConditionalColumn {
 public:
  virtual ~ConditionalColumn() = default;

  // Each draws into the box and returns the line of text that belongs below it.
  virtual std::string draw_observed(report::Drawing& out, const report::Box& box) const = 0;
  virtual std::string draw_predicted(report::Drawing& out, const report::Box& box,
                                     const models::Prediction& prediction) const = 0;
};

// The table must outlive the column.
std::unique_ptr<ConditionalColumn> make_column(const Conditionals& table, size_t column);

// Draws of one column over all rows: what its axes must hold.
std::vector<const models::Prediction*> predictions_of(const Conditionals& table, size_t column);

}  // namespace asterism::eval
