#pragma once
// An image in the table of conditionals: the median of the draws beside one draw, stretched as the observed image is.

#include "eval/conditionals/column.h"

namespace asterism::eval {

class ImageColumn : public ConditionalColumn {
 public:
  ImageColumn(const Conditionals& table, size_t column);
  std::string draw_observed(report::Drawing& out, const report::Box& box) const override;
  std::string draw_predicted(report::Drawing& out, const report::Box& box,
                             const models::Prediction& prediction) const override;

 private:
  io::Picture8 picture_of(const modalities::ImageBlock& image) const;

  std::string name_;
  modalities::ImageBlock observed_;  // cropped to the size of what is predicted, where something is
  double stretch_ = 0;
};

// The middle height x width pixels of an image that is larger, with all that belongs to them. One row.
modalities::ImageBlock middle_of(const modalities::ImageBlock& image, int64_t height, int64_t width);

}  // namespace asterism::eval
