#include "train/figure_sums.h"

namespace asterism::train {

void FigureSums::add(const BatchGradient& batch) {
  const auto loss = batch.loss * batch.weight;
  loss_ = loss_.defined() ? loss_ + loss : loss;
  for (const auto& [name, value] : batch.figures) {
    auto& sum = sums_[name];
    sum.first = sum.first.defined() ? sum.first + value * batch.weight : value * batch.weight;
    sum.second += batch.weight;
  }
  weight_ += batch.weight;
}

std::map<std::string, double> FigureSums::take() {
  std::map<std::string, double> out = {{"loss", loss_.item<double>() / weight_}};
  for (const auto& entry : sums_) out[entry.first] = entry.second.first.item<double>() / entry.second.second;
  *this = FigureSums();
  return out;
}

}  // namespace asterism::train
