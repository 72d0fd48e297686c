#include "tokenizers/bin_edges.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace asterism::tokenizers {

namespace {

// Between two neighbouring distinct values, such that the upper one belongs to the upper bin.
double between(double below, double above) {
  const double middle = below + (above - below) / 2;
  return middle > below ? middle : above;
}

// Halves the widest bins until there are `bins` of them.
void split_widest(std::vector<double>& edges, int64_t bins) {
  while (int64_t(edges.size()) - 1 < bins) {
    size_t widest = 0;
    for (size_t i = 0; i + 1 < edges.size(); ++i)
      if (edges[i + 1] - edges[i] > edges[widest + 1] - edges[widest]) widest = i;
    const double middle = between(edges[widest], edges[widest + 1]);
    if (!(middle < edges[widest + 1]))
      base::user_error("no {} different bins fit between {} and {}; ask for fewer.", bins, edges.front(), edges.back());
    edges.insert(edges.begin() + int64_t(widest) + 1, middle);
  }
}

}  // namespace

std::vector<double> equal_mass_edges(std::span<const double> v, int64_t bins) {
  ASTERISM_CHECK(bins >= 2 && !v.empty() && v.front() < v.back(), "{} bins of {} values", bins, v.size());
  std::vector<double> edges{v.front()};
  size_t i = 0;
  for (int64_t left = bins; left > 1 && i < v.size(); --left) {
    const double fair = double(v.size() - i) / double(left);
    size_t j = i + std::max<size_t>(1, size_t(std::llround(fair)));
    if (j >= v.size()) break;
    // all of a repeated value goes to one bin: to this one, unless its share ends nearer to where the value begins
    const auto first = size_t(std::lower_bound(v.begin() + int64_t(i), v.begin() + int64_t(j), v[j - 1]) - v.begin());
    const auto past = size_t(std::upper_bound(v.begin() + int64_t(j - 1), v.end(), v[j - 1]) - v.begin());
    j = first > i && j - first < past - j ? first : past;
    if (j >= v.size()) break;
    edges.push_back(between(v[j - 1], v[j]));
    i = j;
  }
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
  for (size_t i = 0; i + 1 < edges.size(); ++i)
    if (!(edges[i] < edges[i + 1]))
      base::user_error("no {} different bins fit between {} and {}; ask for fewer.", bins, low, high);
  return edges;
}

std::vector<double> bin_centres(std::span<const double> edges, std::span<const double> v) {
  std::vector<double> centres;
  for (size_t b = 0; b + 1 < edges.size(); ++b) {
    const auto first = std::lower_bound(v.begin(), v.end(), edges[b]);
    const bool is_last = b + 2 == edges.size();
    const auto past = is_last ? std::upper_bound(v.begin(), v.end(), edges[b + 1]) : std::lower_bound(v.begin(), v.end(), edges[b + 1]);
    centres.push_back(first < past ? quantile({first, past}, 0.5) : edges[b] + (edges[b + 1] - edges[b]) / 2);
  }
  // medians of neighbours may meet only at a shared edge; centres must still increase
  for (size_t b = 1; b < centres.size(); ++b)
    if (!(centres[b] > centres[b - 1])) centres[b] = edges[b] + (edges[b + 1] - edges[b]) / 2;
  return centres;
}

double quantile(std::span<const double> sorted, double q) {
  ASTERISM_CHECK(!sorted.empty(), "a quantile of nothing");
  const double place = std::clamp(q, 0.0, 1.0) * double(sorted.size() - 1);
  const size_t left = std::min(size_t(place), sorted.size() - 1), right = std::min(left + 1, sorted.size() - 1);
  return sorted[left] + (sorted[right] - sorted[left]) * (place - double(left));
}

double natural_softening(std::span<const double> sorted, std::vector<double> errors) {
  if (!errors.empty()) {
    std::nth_element(errors.begin(), errors.begin() + int64_t(errors.size() / 2), errors.end());
    return errors[errors.size() / 2];
  }
  const double half = quantile(sorted, 0.75) - quantile(sorted, 0.25);
  return 0.1 * (half > 0 ? half : sorted.back() - sorted.front());
}

}  // namespace asterism::tokenizers
