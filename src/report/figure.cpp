#include "report/figure.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace asterism::report {
namespace {

// An axis cut into equal cells, in log10 where it is logarithmic.
struct Cells {
  double low = 0, high = 1;
  int bins = 1;
  bool log = false;

  Cells(const std::vector<double>& values, const Axis& axis, int bins) : bins(bins), log(axis.log) {
    double least = std::numeric_limits<double>::infinity(), most = -least;
    for (const double raw : values) {
      const double value = placed(raw);
      if (!std::isfinite(value)) continue;
      least = std::min(least, value);
      most = std::max(most, value);
    }
    low = axis.low ? placed(*axis.low) : least;
    high = axis.high ? placed(*axis.high) : most;
    if (!(low < high)) {  // one value, or none
      low = std::isfinite(low) ? low - 0.5 : 0;
      high = low + 1;
    }
  }
  double placed(double value) const { return log ? std::log10(value) : value; }
  int cell(double raw) const {
    const double at = (placed(raw) - low) / (high - low) * bins;
    if (!(at >= 0 && at <= bins)) return -1;
    return std::min(static_cast<int>(at), bins - 1);
  }
  std::vector<double> centres() const {
    std::vector<double> centres;
    for (int i = 0; i < bins; ++i) {
      const double at = low + (high - low) * (i + 0.5) / bins;
      centres.push_back(log ? std::pow(10.0, at) : at);
    }
    return centres;
  }
};

}  // namespace

Histogram histogram(const std::vector<double>& values, double low, double high, int bins, const std::string& name,
                    bool density) {
  if (!(low < high) || bins < 1) base::user_error("a histogram of {} bins from {} to {} cannot be", bins, low, high);
  Histogram result;
  result.name = name;
  result.counts.assign(static_cast<size_t>(bins), 0);
  for (int i = 0; i <= bins; ++i) result.edges.push_back(low + (high - low) * i / bins);
  double inside = 0;
  for (const double value : values) {
    if (!(value >= low && value <= high)) continue;
    const int bin = std::min(static_cast<int>((value - low) / (high - low) * bins), bins - 1);
    result.counts[static_cast<size_t>(bin)] += 1;
    inside += 1;
  }
  if (density && inside > 0) {
    for (double& count : result.counts) count /= inside * (high - low) / bins;
  }
  return result;
}

Heatmap density(const std::vector<double>& x, const std::vector<double>& y, const Axis& x_axis, const Axis& y_axis,
                int bins, bool log) {
  if (x.size() != y.size()) base::user_error("{} x for {} y of a density", x.size(), y.size());
  if (bins < 1) base::user_error("a density of {} bins cannot be", bins);
  const Cells across(x, x_axis, bins), up(y, y_axis, bins);
  const auto side = static_cast<size_t>(bins);
  Heatmap map;
  map.x = across.centres();
  map.y = up.centres();
  map.z.assign(side * side, 0);
  for (size_t i = 0; i < x.size(); ++i) {
    const int column = across.cell(x[i]), row = up.cell(y[i]);
    if (column >= 0 && row >= 0) map.z[static_cast<size_t>(row) * side + static_cast<size_t>(column)] += 1;
  }
  for (double& count : map.z)
    count = count == 0 ? std::numeric_limits<double>::quiet_NaN() : log ? std::log10(count) : count;
  map.value_label = log ? "log10 objects per cell" : "objects per cell";
  return map;
}

Line diagonal(double low, double high) {
  Line line;
  line.x = line.y = {low, high};
  line.dash = Dash::kDash;
  line.colour = Colour::kMuted;
  line.width = 1;
  return line;
}

Line horizontal(double y, double low, double high, const std::string& name) {
  Line line = diagonal(low, high);
  line.y = {y, y};
  line.name = name;
  return line;
}

Line vertical(double x, double low, double high, const std::string& name) {
  Line line = diagonal(low, high);
  line.x = {x, x};
  line.name = name;
  return line;
}

}  // namespace asterism::report
