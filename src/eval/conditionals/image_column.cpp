#include "eval/conditionals/image_column.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "eval/conditionals/draw_quantiles.h"
#include "eval/residual.h"
#include "modalities/image.h"
#include "report/stretch.h"

namespace asterism::eval {
namespace {

using modalities::ImageBlock;

std::span<const float> values(const ImageBlock& image) { return {image.flux.data(), image.flux.size()}; }

// Pictures side by side in the middle of the box.
void place(report::Drawing& out, const report::Box& box, const std::vector<io::Picture8>& pictures) {
  const double gap = 6, side = std::min(box.height, (box.width - gap) / 2);
  const double whole = side * double(pictures.size()) + gap * double(pictures.size() - 1);
  double x = box.x + (box.width - whole) / 2;
  for (const auto& picture : pictures) {
    out.picture({x, box.y + (box.height - side) / 2, side, side}, picture);
    x += side + gap;
  }
}

}  // namespace

ImageBlock middle_of(const ImageBlock& image, int64_t height, int64_t width) {
  height = std::min(height, image.height);
  width = std::min(width, image.width);
  if (height == image.height && width == image.width) return image;
  return modalities::cut_images(image, image.height / 2 - height / 2, image.width / 2 - width / 2, height, width);
}

ImageColumn::ImageColumn(const Conditionals& table, size_t column)
    : name_(table.columns[column].modalities[0]), observed_(std::get<ImageBlock>(table.object.blocks.at(name_))) {
  for (const auto* prediction : predictions_of(table, column)) {
    const auto& mean = std::get<ImageBlock>(prediction->blocks.at(name_).mean);
    observed_ = middle_of(observed_, mean.height, mean.width);
  }
  if (observed_.present[0] != 0)
    stretch_ =
        report::stretch_of(values(observed_), int64_t(observed_.bands.size()), observed_.height, observed_.width);
}

io::Picture8 ImageColumn::picture_of(const ImageBlock& image) const {
  report::LuptonOptions options;
  options.stretch = stretch_;
  return report::bands_rgb(values(image), int64_t(image.bands.size()), image.height, image.width, options);
}

std::string ImageColumn::draw_observed(report::Drawing& out, const report::Box& box) const {
  if (observed_.present[0] == 0) return "not observed";
  place(out, box, {picture_of(observed_)});
  return fmt::format("{} bands, {} x {} pixels", observed_.bands.size(), observed_.height, observed_.width);
}

std::string ImageColumn::draw_predicted(report::Drawing& out, const report::Box& box,
                                        const models::Prediction& prediction) const {
  const auto& predicted = prediction.blocks.at(name_);
  auto middle = std::get<ImageBlock>(predicted.samples[0]);
  const auto quantiles = draw_quantiles(predicted);
  std::copy(quantiles.median.begin(), quantiles.median.end(), middle.flux.begin());
  std::vector<io::Picture8> pictures{picture_of(middle)};
  if (predicted.samples.size() > 1) pictures.push_back(picture_of(std::get<ImageBlock>(predicted.samples[0])));
  place(out, box, pictures);
  if (observed_.present[0] == 0 || middle.bands != observed_.bands || middle.height != observed_.height ||
      middle.width != observed_.width)
    return "";
  const auto chi = chi_square(values(observed_), observed_.ivar, observed_.mask, values(middle), quantiles.mask);
  return std::isfinite(chi.per_value) ? fmt::format("chi² {:.3g} a pixel", chi.per_value) : "";
}

}  // namespace asterism::eval
