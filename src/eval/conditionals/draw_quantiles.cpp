#include "eval/conditionals/draw_quantiles.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <variant>

#include "base/error.h"

namespace asterism::eval {
namespace {

struct Values {
  std::span<const float> flux;
  std::span<const uint8_t> mask;
};

Values values_of(const modalities::Block& block) {
  if (const auto* image = std::get_if<modalities::ImageBlock>(&block)) return {image->flux, image->mask};
  const auto* spectrum = std::get_if<modalities::SpectrumBlock>(&block);
  ASTERISM_CHECK(spectrum != nullptr, "draws of a {}", modalities::kind(block));
  return {spectrum->flux, spectrum->mask};
}

}  // namespace

DrawQuantiles draw_quantiles(const models::BlockPrediction& predicted) {
  const auto& samples = predicted.samples;
  ASTERISM_CHECK(!samples.empty(), "no draws");
  const size_t size = values_of(samples[0]).flux.size(), draws = samples.size();
  DrawQuantiles out;
  out.mask.assign(size, 0);
  for (auto* values : {&out.low, &out.median, &out.high}) values->resize(size);
  const auto rank = [&](double part) { return size_t(std::lround(part * double(draws - 1))); };
  std::vector<float> one(draws);
  for (size_t i = 0; i < size; ++i) {
    for (size_t s = 0; s < draws; ++s) {
      const auto values = values_of(samples[s]);
      one[s] = values.flux[i];
      out.mask[i] |= values.mask[i];
    }
    std::sort(one.begin(), one.end());
    out.low[i] = one[rank(0.16)];
    out.median[i] = one[rank(0.5)];
    out.high[i] = one[rank(0.84)];
  }
  return out;
}

}  // namespace asterism::eval
