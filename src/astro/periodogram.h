#pragma once
// The period of an unevenly sampled series: the generalised Lomb-Scargle periodogram (Zechmeister & Kuerster 2009, A&A
// 496, 577), and the curve folded at a period as a short Fourier series.

#include <cstdint>
#include <vector>

namespace asterism::astro {

// Measurements in one or several groups (bands), each of which has a mean of its own. All of one length; weights are
// positive (1 / variance), groups count from 0, everything is finite.
struct Series {
  std::vector<double> time_day, value, weight;
  std::vector<int32_t> group;
};

// The values less their group's weighted mean.
std::vector<double> about_group_means(const Series& series);

// Share of chi^2 about the groups' means that one sine of each frequency low + j step (per day, j = 0 .. count-1) takes
// away: [count], 0 to 1. The sine is common to all groups.
std::vector<float> periodogram(const Series& series, double low, double step, int64_t count);

// value = group mean + sum_k cosine[k-1] cos(2 pi k phase) + sine[k-1] sin(2 pi k phase), phase = frequency x (time -
// zero_day). Weighted least squares, with amplitudes held back by a Gaussian prior of twice the series' scatter.
struct Folded {
  double frequency = 0;  // per day; 0: no period could be looked for
  double explained = 0;  // share of chi^2 about the groups' means that the curve takes away, 0 to 1
  std::vector<double> cosine, sine;
  double at(double phase) const;  // without the mean
};
Folded fold(const Series& series, double frequency, double zero_day, int64_t harmonics);

struct PeriodSearch {
  double shortest_day = 0.3;         // period; the longest is the series' span
  double oversample = 3;             // frequencies per 1/span
  int64_t most_frequencies = 16384;  // where these do not reach shortest_day, shorter periods are not looked for
  int64_t harmonics = 4;             // of the folded curve
};
// The highest peaks of the periodogram and twice their periods (an eclipsing star shows half of its own) are folded;
// the best is refined. Fewer than 8 points, or no spread in time or value: frequency 0.
Folded find_period(const Series& series, double zero_day, const PeriodSearch& search = {});

}  // namespace asterism::astro
