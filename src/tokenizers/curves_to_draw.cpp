#include "tokenizers/curves_to_draw.h"

#include <cmath>

#include "base/error.h"
#include "tokenizers/block_tensors.h"

namespace asterism::tokenizers {
namespace {

constexpr int64_t kGridTimes = 64;

modalities::LightCurveBlock grid_of(const Tokens& tokens, const LightCurveBands& settings,
                                    const std::function<CurveSpan(const at::Tensor&)>& span_of) {
  modalities::LightCurveBlock out;
  for (size_t b = 0; b < settings.bands.size(); ++b)
    out.bands.push_back({settings.bands[b], settings.wavelengths_angstrom[b], 0});
  if (out.bands.empty()) out.bands.push_back({"reference", settings.reference_angstrom, 0});
  const auto bands = int64_t(out.bands.size());
  out.n = tokens.ids.size(0);
  out.length = kGridTimes * bands;
  out.unit = settings.unit;
  out.time_system = "MJD";
  const auto ids = tokens.ids.contiguous();
  for (int64_t i = 0; i < out.n; ++i) {
    const bool present = tokens.present[i].item<bool>();
    const auto span = present ? span_of(ids[i]) : CurveSpan{};
    out.present.push_back(present);
    out.count.push_back(present ? int32_t(out.length) : 0);
    for (int64_t k = 0; k < out.length; ++k) {
      const int64_t step = k / bands;
      const double share = double(step) / double(kGridTimes - 1);
      out.time_day.push_back(span.first_day + share * (span.last_day - span.first_day));
      out.band.push_back(present ? int32_t(k % bands) : 0);
    }
  }
  return out;
}

}  // namespace

modalities::LightCurveBlock curves_to_draw(const Tokens& tokens, const DecodeRequest& request,
                                           const LightCurveBands& settings,
                                           const std::function<CurveSpan(const at::Tensor&)>& span_of,
                                           const std::string& reader) {
  auto out = request.points == nullptr ? grid_of(tokens, settings, span_of)
                                       : light_curve_of(modalities::Block(*request.points), reader);
  if (out.n != tokens.ids.size(0))
    base::user_error("{}: tokens of {} objects cannot be drawn at the points of {}.", reader, tokens.ids.size(0),
                     out.n);
  for (int64_t i = 0; i < out.n; ++i) {
    for (int64_t k = 0; k < out.count[size_t(i)]; ++k) {
      const auto at = size_t(i * out.length + k);
      if (out.band[at] < 0 || size_t(out.band[at]) >= out.bands.size() || !std::isfinite(out.time_day[at]))
        base::user_error("{}: object {}, point {} to draw: day {}, band {} of {}.", reader, i, k, out.time_day[at],
                         out.band[at], out.bands.size());
    }
  }
  const auto size = size_t(out.n * out.length);
  out.value.assign(size, 0);
  out.error.assign(size, 0);
  out.mask.assign(size, 1);
  out.upper_limit.assign(size, 0);
  return out;
}

}  // namespace asterism::tokenizers
