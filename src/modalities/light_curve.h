#pragma once
// The promises of LightCurveBlock: see block.h, which calls these for its kind.

#include <cstdint>
#include <string>
#include <vector>

#include "modalities/block.h"

namespace asterism::modalities {

void check(const std::string& name, const LightCurveBlock& block);
LightCurveBlock select(const LightCurveBlock& block, const std::vector<int64_t>& rows);
// Bands of one name are one band; DataError where two blocks say different wavelengths of it.
LightCurveBlock concatenate(const std::vector<const LightCurveBlock*>& blocks);
LightCurveBlock absent_like(const LightCurveBlock& block, int64_t n);
// n light curves with room for `length` points, all padding, absent: to be filled.
LightCurveBlock make_light_curves(int64_t n, int64_t length, std::vector<Band> bands, std::string unit,
                                  std::string time_system);

// One point of a light curve that is being put together.
struct LightCurvePoint {
  double time_day = 0;
  int32_t band = 0;
  float value = 0, error = 0;
  bool masked = false, upper_limit = false;
};

// Makes object `row` present with these points, sorted by time (equal times stay as they are); they must fit. A limit
// is masked.
void set_points(LightCurveBlock& block, int64_t row, std::vector<LightCurvePoint> points);

}  // namespace asterism::modalities
