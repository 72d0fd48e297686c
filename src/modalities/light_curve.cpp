#include "modalities/light_curve.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "modalities/rows.h"

namespace asterism::modalities {
namespace {

void check_point(const std::string& name, const LightCurveBlock& block, int64_t row, int64_t i) {
  const size_t at = size_t(row * block.length + i);
  const double time = block.time_day[at];
  const float value = block.value[at], error = block.error[at];
  const int32_t band = block.band[at];
  const uint8_t mask = block.mask[at], limit = block.upper_limit[at];
  if (i >= block.count[size_t(row)]) {
    if (time != 0 || value != 0 || error != 0 || band != 0 || mask != 1 || limit != 0)
      base::data_error("{}, row {}, point {}: time {}, value {}, mask {} in the padding; it must be 0, 0 and 1", name,
                       row, i, time, value, mask);
    return;
  }
  if (!std::isfinite(time) || !std::isfinite(value) || !(std::isfinite(error) && error >= 0) || mask > 1 || limit > 1 ||
      (limit == 1 && mask == 0))
    base::data_error(
        "{}, row {}, point {}: time {}, value {}, error {}, mask {}, upper limit {}; all must be finite, the error >= "
        "0, the flags 0 or 1, and an upper limit masked",
        name, row, i, time, value, error, mask, limit);
  if (band < 0 || size_t(band) >= block.bands.size())
    base::data_error("{}, row {}, point {}: band {} of {}", name, row, i, band, block.bands.size());
  if (i > 0 && time < block.time_day[at - 1])
    base::data_error("{}, row {}, point {}: time {} after {}; points stand in order of time", name, row, i, time,
                     block.time_day[at - 1]);
}

// The number of a band in `bands`, to which it is added when it is new.
int32_t place_of(const Band& band, std::vector<Band>& bands) {
  for (size_t i = 0; i < bands.size(); ++i) {
    if (bands[i].name != band.name) continue;
    if (!(bands[i] == band))
      base::data_error("the band '{}' lies at {} A here and at {} A there", band.name, band.wavelength_angstrom,
                       bands[i].wavelength_angstrom);
    return int32_t(i);
  }
  bands.push_back(band);
  return int32_t(bands.size() - 1);
}

}  // namespace

void check(const std::string& name, const LightCurveBlock& block) {
  if (block.n < 0 || block.length < 0)
    base::data_error("{}: {} light curves of {} points; sizes cannot be negative", name, block.n, block.length);
  check_size(name, "present", block.present.size(), block.n, 1);
  check_size(name, "count", block.count.size(), block.n, 1);
  check_size(name, "time_day", block.time_day.size(), block.n, block.length);
  check_size(name, "band", block.band.size(), block.n, block.length);
  check_size(name, "value", block.value.size(), block.n, block.length);
  check_size(name, "error", block.error.size(), block.n, block.length);
  check_size(name, "mask", block.mask.size(), block.n, block.length);
  check_size(name, "upper_limit", block.upper_limit.size(), block.n, block.length);
  check_present(name, block.present);
  if (block.time_system != "MJD" && block.time_system != "day")
    base::data_error("{}: times in '{}'; allowed are 'MJD' and 'day'", name, block.time_system);
  for (int64_t row = 0; row < block.n; ++row) {
    const int32_t count = block.count[size_t(row)];
    if (count < 0 || count > block.length || (count > 0 && block.present[size_t(row)] == 0))
      base::data_error("{}, row {}: {} points of at most {}, present {}; an absent light curve has none", name, row,
                       count, block.length, block.present[size_t(row)]);
    for (int64_t i = 0; i < block.length; ++i) check_point(name, block, row, i);
  }
}

LightCurveBlock make_light_curves(int64_t n, int64_t length, std::vector<Band> bands, std::string unit,
                                  std::string time_system) {
  LightCurveBlock block;
  block.n = n;
  block.length = length;
  block.bands = std::move(bands);
  block.unit = std::move(unit);
  block.time_system = std::move(time_system);
  const size_t size = size_t(n) * size_t(length);
  block.present.assign(size_t(n), 0);
  block.count.assign(size_t(n), 0);
  block.time_day.assign(size, 0);
  block.band.assign(size, 0);
  block.value.assign(size, 0);
  block.error.assign(size, 0);
  block.mask.assign(size, 1);
  block.upper_limit.assign(size, 0);
  return block;
}

LightCurveBlock absent_like(const LightCurveBlock& block, int64_t n) {
  return make_light_curves(n, block.length, block.bands, block.unit, block.time_system);
}

LightCurveBlock select(const LightCurveBlock& block, const std::vector<int64_t>& rows) {
  LightCurveBlock out;
  out.n = int64_t(rows.size());
  out.length = block.length;
  out.bands = block.bands;
  out.unit = block.unit;
  out.time_system = block.time_system;
  take_rows(block.present, rows, block.n, 1, out.present);
  take_rows(block.count, rows, block.n, 1, out.count);
  take_rows(block.time_day, rows, block.n, block.length, out.time_day);
  take_rows(block.band, rows, block.n, block.length, out.band);
  take_rows(block.value, rows, block.n, block.length, out.value);
  take_rows(block.error, rows, block.n, block.length, out.error);
  take_rows(block.mask, rows, block.n, block.length, out.mask);
  take_rows(block.upper_limit, rows, block.n, block.length, out.upper_limit);
  return out;
}

LightCurveBlock concatenate(const std::vector<const LightCurveBlock*>& blocks) {
  ASTERISM_CHECK(!blocks.empty());
  LightCurveBlock out;
  out.unit = blocks.front()->unit;
  out.time_system = blocks.front()->time_system;
  for (const LightCurveBlock* block : blocks) {
    if (block->unit != out.unit || block->time_system != out.time_system)
      base::data_error("light curves in '{}' against {} cannot be joined to light curves in '{}' against {}",
                       block->unit, block->time_system, out.unit, out.time_system);
    out.length = std::max(out.length, block->length);
  }
  for (const LightCurveBlock* block : blocks) {
    std::vector<int32_t> place;
    for (const Band& band : block->bands) place.push_back(place_of(band, out.bands));
    base::AlignedVector<int32_t> band = block->band;
    for (int64_t row = 0; row < block->n; ++row) {
      for (int64_t i = 0; i < block->count[size_t(row)]; ++i) {
        int32_t& number = band[size_t(row * block->length + i)];
        number = place[size_t(number)];
      }
    }
    out.n += block->n;
    append_rows(block->present, out.present);
    append_rows(block->count, out.count);
    append_padded(block->time_day, block->n, block->length, out.length, 0.0, out.time_day);
    append_padded(band, block->n, block->length, out.length, int32_t{0}, out.band);
    append_padded(block->value, block->n, block->length, out.length, 0.0f, out.value);
    append_padded(block->error, block->n, block->length, out.length, 0.0f, out.error);
    append_padded(block->mask, block->n, block->length, out.length, uint8_t(1), out.mask);
    append_padded(block->upper_limit, block->n, block->length, out.length, uint8_t(0), out.upper_limit);
  }
  return out;
}

void set_points(LightCurveBlock& block, int64_t row, std::vector<LightCurvePoint> points) {
  ASTERISM_CHECK(row >= 0 && row < block.n && int64_t(points.size()) <= block.length, "row {} of {}, {} points of {}",
                 row, block.n, points.size(), block.length);
  std::stable_sort(points.begin(), points.end(), [](const auto& a, const auto& b) { return a.time_day < b.time_day; });
  block.present[size_t(row)] = 1;
  block.count[size_t(row)] = int32_t(points.size());
  for (size_t i = 0; i < points.size(); ++i) {
    const size_t at = size_t(row * block.length) + i;
    block.time_day[at] = points[i].time_day;
    block.band[at] = points[i].band;
    block.value[at] = points[i].value;
    block.error[at] = points[i].error;
    block.upper_limit[at] = points[i].upper_limit;
    block.mask[at] = points[i].masked || points[i].upper_limit;
  }
}

}  // namespace asterism::modalities
