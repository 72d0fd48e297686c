#include "tokenizers/process_header.h"

#include <algorithm>
#include <cmath>

namespace asterism::tokenizers {
namespace {

constexpr double kDays = 30;
constexpr double kFirstDay = -1000, kLastDay = 130072;
constexpr double kSoftening = 1e-6;  // flux, in the unit, below which the level is told linearly
constexpr int64_t kEnds = 32, kScales = kProcessBins / kMostKinds;
constexpr double kEdge = 1e-9;
constexpr double kFarthest = 5.6;                 // process_time of 4,000 days
constexpr double kScaleLow = -6, kScaleHigh = 8;  // log10

int64_t step_of(double share, int64_t steps) {
  return share > 0 ? int64_t(std::min(std::floor(share * double(steps)), double(steps - 1))) : 0;
}
double middle_of(int64_t step, int64_t steps) { return (double(step) + 0.5) / double(steps); }

struct Range {
  double low, high;
  double share(double value) const { return (value - low) / (high - low); }
  double at(double share) const { return low + share * (high - low); }
};
constexpr Range kDay{kFirstDay, kLastDay}, kMagnitude{-10, 50}, kFlux{-36, 36}, kScale{kScaleLow, kScaleHigh},
    kEnd{-kFarthest, kFarthest};

}  // namespace

double process_time(double days) { return std::asinh(days / kDays); }

double ProcessHeader::day_of(int64_t cell) const {
  return kDays * std::sinh(first + middle_of(cell, kTimeCells) * (last - first));
}

int64_t ProcessHeader::cell_at(double days) const {
  return last > first ? step_of((process_time(days) - first) / (last - first), kTimeCells) : 0;
}

std::array<int64_t, kProcessHeader> process_ids(const ProcessHeader& h, bool magnitudes) {
  const double level = magnitudes ? kMagnitude.share(h.level) : kFlux.share(std::asinh(h.level / kSoftening));
  const int64_t squared = kProcessBins * kProcessBins;
  const int64_t day = step_of(kDay.share(h.reference_day), squared), bright = step_of(level, squared);
  // What was read from tokens stands on edges of cells, and gives the same ones again.
  const int64_t first = step_of(kEnd.share(h.first) + kEdge, kEnds);
  const double end = std::ceil((kEnd.share(h.last) - kEdge) * double(kEnds)) - 1;
  const auto last = int64_t(std::clamp(end, 0.0, double(kEnds - 1)));
  const int64_t scale = magnitudes ? 0 : step_of(kScale.share(std::log10(std::max(h.scale, 1e-300))), kScales);
  return {day / kProcessBins,
          day % kProcessBins,
          bright / kProcessBins,
          bright % kProcessBins,
          first * kEnds + last,
          h.kind * kScales + scale,
          h.pose};
}

ProcessHeader process_header(const int64_t* ids, bool magnitudes) {
  ProcessHeader out;
  const int64_t squared = kProcessBins * kProcessBins;
  out.reference_day = kDay.at(middle_of(ids[0] * kProcessBins + ids[1], squared));
  const double level = middle_of(ids[2] * kProcessBins + ids[3], squared);
  out.level = magnitudes ? kMagnitude.at(level) : std::sinh(kFlux.at(level)) * kSoftening;
  const int64_t first = ids[4] / kEnds, last = std::max(ids[4] % kEnds, first);
  out.first = kEnd.at(double(first) / double(kEnds));
  out.last = kEnd.at(double(last + 1) / double(kEnds));
  out.kind = ids[5] / kScales;
  out.pose = std::min(ids[6], kPoses - 1);
  if (!magnitudes) out.scale = std::pow(10.0, kScale.at(middle_of(ids[5] % kScales, kScales)));
  return out;
}

}  // namespace asterism::tokenizers
