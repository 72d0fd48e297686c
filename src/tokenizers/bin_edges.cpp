#include "tokenizers/bin_edges.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/quantile.h"

namespace asterism::tokenizers {

namespace {

// Between two neighbouring distinct values, such that the upper one belongs to the upper bin.
double between(double below, double above) {
  const double middle = below + (above - below) / 2;
  return middle > below ? middle : above;
}

// A value and how often it occurs.
struct Distinct {
  double value;
  size_t count;
};

std::vector<Distinct> distinct_of(std::span<const double> sorted) {
  std::vector<Distinct> out;
  for (const double v : sorted) {
    if (out.empty() || v != out.back().value) out.push_back({v, 0});
    ++out.back().count;
  }
  return out;
}

// How many values make a fair bin when values more frequent than that have bins of their own.
double fair_share(const std::vector<Distinct>& values, size_t total, int64_t bins) {
  double fair = double(total) / double(bins);
  for (int round = 0; round < 64; ++round) {
    size_t light = total;
    int64_t left = bins;
    for (const auto& v : values)
      if (double(v.count) >= fair) light -= v.count, --left;
    const double next = left > 0 && light > 0 ? double(light) / double(left) : fair;
    if (next == fair) break;
    fair = next;
  }
  return fair;
}

// A run of distinct values that share a bin.
struct Run {
  size_t first, past, count;
};

std::vector<Run> runs_of(const std::vector<Distinct>& values, double fair) {
  std::vector<Run> runs;
  double carried = 0;  // what earlier bins took beyond their share
  Run run{0, 0, 0};
  const auto close = [&](size_t at) {
    if (run.count > 0) runs.push_back({run.first, at, run.count});
    run = {at, at, 0};
  };
  for (size_t i = 0; i < values.size(); ++i) {
    if (double(values[i].count) >= fair) {
      close(i);
      runs.push_back({i, i + 1, values[i].count});
      run = {i + 1, i + 1, 0};
      carried = 0;
      continue;
    }
    run.count += values[i].count;
    if (double(run.count) + carried >= fair - 0.5 * double(values[i].count)) {
      carried += double(run.count) - fair;
      close(i + 1);
    }
  }
  close(values.size());
  return runs;
}

// Joins the emptiest neighbours, or halves the fullest run that has two values, until there are `bins` runs if that can
// be.
void adjust(std::vector<Run>& runs, const std::vector<Distinct>& values, int64_t bins) {
  while (int64_t(runs.size()) > bins) {
    size_t best = 0;
    for (size_t i = 0; i + 1 < runs.size(); ++i)
      if (runs[i].count + runs[i + 1].count < runs[best].count + runs[best + 1].count) best = i;
    runs[best] = {runs[best].first, runs[best + 1].past, runs[best].count + runs[best + 1].count};
    runs.erase(runs.begin() + int64_t(best) + 1);
  }
  while (int64_t(runs.size()) < bins) {
    const Run* fullest = nullptr;
    for (const auto& run : runs)
      if (run.past - run.first > 1 && (!fullest || run.count > fullest->count)) fullest = &run;
    if (!fullest) return;
    Run low{fullest->first, fullest->first, 0};
    while (low.past + 1 < fullest->past && (low.count == 0 || 2 * low.count < fullest->count))
      low.count += values[low.past++].count;
    const Run high{low.past, fullest->past, fullest->count - low.count};
    const auto place = fullest - runs.data();
    runs[size_t(place)] = low;
    runs.insert(runs.begin() + place + 1, high);
  }
}

[[noreturn]] void no_room(int64_t bins, double low, double high) {
  base::user_error("no {} different bins fit between {} and {}; ask for fewer.", bins, low, high);
}

void check_rising(const std::vector<double>& edges, double low, double high) {
  for (size_t i = 0; i + 1 < edges.size(); ++i)
    if (!(edges[i] < edges[i + 1])) no_room(int64_t(edges.size()) - 1, low, high);
}

// Of values, from one to the next where the error is known: it changes linearly between them.
struct Stretch {
  double from, to, error_from, error_to;
  double errors = 0;  // how many of its errors it is long: the integral of 1 / error

  Stretch(double a, double b, double error_a, double error_b) : from(a), to(b), error_from(error_a), error_to(error_b) {
    errors = is_flat() ? (to - from) / error_from : std::log(error_to / error_from) / slope();
  }
  double slope() const { return (error_to - error_from) / (to - from); }
  bool is_flat() const { return std::abs(error_to - error_from) <= 1e-9 * error_from; }
  // The value so many errors behind its beginning.
  double place(double count) const {
    const double way = is_flat() ? count * error_from : error_from * std::expm1(slope() * count) / slope();
    return std::clamp(from + way, from, to);
  }
};

double median_of(std::span<const MeasuredValue> window, double MeasuredValue::*what) {
  std::vector<double> all;
  for (const auto& v : window) all.push_back(v.*what);
  return base::middle(std::move(all));
}

// How many values each window holds, from the lowest to the highest.
std::vector<size_t> window_sizes(size_t total) {
  constexpr size_t kFewest = 16, kWindows = 64;
  const size_t most = std::max(kFewest, total / kWindows);
  std::vector<size_t> low, high;  // from either end inwards
  size_t left = total;
  for (size_t size = kFewest; left >= 2 * size; size = std::min(2 * size, most)) {
    low.push_back(size);
    high.push_back(size);
    left -= 2 * size;
  }
  if (left > 0) low.push_back(left);
  low.insert(low.end(), high.rbegin(), high.rend());
  return low;
}

// The median errors of the windows as stretches that cover low to high.
std::vector<Stretch> stretches_of(std::span<const MeasuredValue> sorted, double low, double high) {
  std::vector<MeasuredValue> known;  // at strictly rising values
  size_t first = 0;
  for (const size_t size : window_sizes(sorted.size())) {
    const auto window = sorted.subspan(first, size);
    first += size;
    const MeasuredValue middle{median_of(window, &MeasuredValue::value), median_of(window, &MeasuredValue::error)};
    if (known.empty() || middle.value > known.back().value) known.push_back(middle);
  }
  std::vector<Stretch> out;
  MeasuredValue last{low, known.front().error};
  for (const auto& k : known) {
    if (k.value <= low) {
      last.error = k.error;
      continue;
    }
    if (k.value >= high) break;
    out.emplace_back(last.value, k.value, last.error, k.error);
    last = k;
  }
  out.emplace_back(last.value, high, last.error, last.error);
  return out;
}

// Halves the widest bins until there are `bins` of them.
void split_widest(std::vector<double>& edges, int64_t bins) {
  while (int64_t(edges.size()) - 1 < bins) {
    size_t widest = 0;
    for (size_t i = 0; i + 1 < edges.size(); ++i)
      if (edges[i + 1] - edges[i] > edges[widest + 1] - edges[widest]) widest = i;
    const double middle = between(edges[widest], edges[widest + 1]);
    if (!(middle < edges[widest + 1])) no_room(bins, edges.front(), edges.back());
    edges.insert(edges.begin() + int64_t(widest) + 1, middle);
  }
}

}  // namespace

std::vector<double> equal_mass_edges(std::span<const double> v, int64_t bins) {
  ASTERISM_CHECK(bins >= 2 && !v.empty() && v.front() < v.back(), "{} bins of {} values", bins, v.size());
  const auto values = distinct_of(v);
  auto runs = runs_of(values, fair_share(values, v.size(), bins));
  adjust(runs, values, bins);
  std::vector<double> edges{v.front()};
  for (size_t i = 1; i < runs.size(); ++i)
    edges.push_back(between(values[runs[i].first - 1].value, values[runs[i].first].value));
  const double last = edges.back();
  edges.push_back(v.back() > last ? v.back() : std::nextafter(last, HUGE_VAL));
  split_widest(edges, bins);
  return edges;
}

std::vector<double> even_edges(double low, double high, int64_t bins, double softening) {
  std::vector<double> edges(size_t(bins) + 1);
  const bool curved = softening > 0;
  const double a = curved ? std::asinh(low / softening) : low, b = curved ? std::asinh(high / softening) : high;
  for (int64_t i = 0; i <= bins; ++i) {
    const double t = a + (b - a) * double(i) / double(bins);
    edges[size_t(i)] = curved ? softening * std::sinh(t) : t;
  }
  edges.front() = low;
  edges.back() = high;
  check_rising(edges, low, high);
  return edges;
}

std::vector<double> error_edges(std::span<const MeasuredValue> sorted, double low, double high, int64_t bins) {
  ASTERISM_CHECK(bins >= 2 && !sorted.empty() && low < high, "{} bins of {} values from {} to {}", bins, sorted.size(),
                 low, high);
  const auto stretches = stretches_of(sorted, low, high);
  double whole = 0;  // how many errors lie between low and high
  for (const auto& s : stretches) whole += s.errors;
  if (!std::isfinite(whole)) no_room(bins, low, high);
  std::vector<double> edges{low};
  size_t at = 0;
  double before = 0;
  for (int64_t i = 1; i < bins; ++i) {
    const double wanted = whole * double(i) / double(bins);
    while (at + 1 < stretches.size() && before + stretches[at].errors < wanted) before += stretches[at++].errors;
    edges.push_back(stretches[at].place(wanted - before));
  }
  edges.push_back(high);
  check_rising(edges, low, high);
  return edges;
}

std::vector<double> bin_centres(std::span<const double> edges, std::span<const double> v) {
  std::vector<double> centres;
  for (size_t b = 0; b + 1 < edges.size(); ++b) {
    const auto first = std::lower_bound(v.begin(), v.end(), edges[b]);
    const bool is_last = b + 2 == edges.size();
    const auto past = is_last ? std::upper_bound(v.begin(), v.end(), edges[b + 1])
                              : std::lower_bound(v.begin(), v.end(), edges[b + 1]);
    centres.push_back(first < past ? base::quantile({first, past}, 0.5) : edges[b] + (edges[b + 1] - edges[b]) / 2);
  }
  // medians of neighbours may meet only at a shared edge; centres must still increase
  for (size_t b = 1; b < centres.size(); ++b)
    if (!(centres[b] > centres[b - 1])) centres[b] = edges[b] + (edges[b + 1] - edges[b]) / 2;
  return centres;
}

double natural_softening(std::span<const double> sorted, std::vector<double> errors) {
  if (!errors.empty()) return base::middle(std::move(errors));
  const double half = base::quantile(sorted, 0.75) - base::quantile(sorted, 0.25);
  return 0.1 * (half > 0 ? half : sorted.back() - sorted.front());
}

}  // namespace asterism::tokenizers
