#pragma once
// A light curve in few numbers: how bright it became, is in the median and was at last, how much fainter its median,
// its faintest point and 10, 20 and 40 days after the peak are, how long it was watched and how often, the last
// brightness with the sign of its flux, and how bright it became in each band beside the whole. Letters: N objects, K
// numbers, B bands, H width.

#include "models/summary.h"
#include "nn/linear.h"

namespace asterism::models {

// Brightness is -2.5 log10 of the flux: minus the magnitude, or of a flux asinh(|flux| / softening). float64.
struct CurveNumbers {
  at::Tensor values_NK, seen_NK;  // 1 or 0; values 0 where not seen. kLevels levels, then differences, then B bands
};
inline constexpr int64_t kCurveLevels = 3, kCurveShapes = 8;
// bands: by name; points in others count for the whole alone.
CurveNumbers curve_numbers(const modalities::LightCurveBlock& curves, const std::vector<std::string>& bands,
                           double softening);

class LightCurveSummary : public Summary {
 public:
  LightCurveSummary(const nn::Scope& scope, std::string modality, std::vector<std::string> bands, int64_t width,
                    bool linear = false);
  void fit(const modalities::Block& sample) override;
  Output operator()(const modalities::Block& block, const Jitter& jitter) const override;

 private:
  const modalities::LightCurveBlock& curves_of(const modalities::Block& block) const;

  std::string modality_;
  std::vector<std::string> bands_;
  nn::Linear numbers_;
  SummaryNetwork network_;
  at::Tensor softening_;  // statistic, float64: it stays on the CPU
  at::Tensor usual_2K_;   // buffer, float64
};

}  // namespace asterism::models
