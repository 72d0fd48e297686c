#include "sky/counts.h"

#include <algorithm>
#include <cmath>

namespace asterism::sky {

const Schechter kRedGalaxies{3.2e-3, -21.15, -0.45, 1.2, -0.6};
const Schechter kBlueGalaxies{2.4e-3, -20.95, -1.40, 0.9, 0.5};

double Schechter::at(double absolute, double redshift) const {
  const double x = std::pow(10.0, -0.4 * (absolute - magnitude + q * redshift));
  return phi * std::pow(10.0, 0.4 * p * redshift) * std::pow(x, slope + 1) * std::exp(-x);
}

double quasar_density(double absolute, double redshift) {
  if (absolute > -21.5) return 0;
  const double z = std::min(redshift, 2.3);
  const double knee = -21.69 - 2.5 * (1.39 * z - 0.29 * z * z);
  const double x = absolute - knee;
  return std::pow(10.0, -0.45 * std::max(0.0, redshift - 2.3)) /
         (std::pow(10.0, 0.4 * -2.31 * x) + std::pow(10.0, 0.4 * -0.09 * x));
}

CountTable::CountTable(double z_low, double z_high, const std::function<double(double, double)>& density)
    : low_(std::log1p(z_low)),
      high_(std::log1p(z_high)),
      counts_(kMagnitudes),
      cumulative_(kMagnitudes, 0.0),
      share_(size_t(kMagnitudes) * kRedshifts) {
  for (int m = 0; m < kMagnitudes; ++m) {
    double* row = share_.data() + size_t(m) * kRedshifts;
    double sum = 0, last = 0;
    for (int i = 0; i < kRedshifts; ++i) {
      const double z = z_of(i), value = density(kBright + kStep * m, z) * (1 + z);
      if (i > 0) sum += 0.5 * (value + last);
      last = value;
      row[i] = sum;
    }
    counts_[size_t(m)] = sum;
    for (int i = 0; i < kRedshifts; ++i) row[i] = sum > 0 ? row[i] / sum : double(i) / (kRedshifts - 1);
  }
  for (int m = 1; m < kMagnitudes; ++m)
    cumulative_[size_t(m)] = cumulative_[size_t(m) - 1] + 0.5 * kStep * (counts_[size_t(m)] + counts_[size_t(m) - 1]);
}

double CountTable::z_of(double node) const { return std::expm1(low_ + (high_ - low_) * node / (kRedshifts - 1)); }

double CountTable::counts(double r) const {
  const double place = std::clamp((r - kBright) / kStep, 0.0, kMagnitudes - 1.000001);
  const size_t m = size_t(place);
  const double t = place - double(m);
  return (1 - t) * counts_[m] + t * counts_[m + 1];
}

double CountTable::cumulative(double r) const {
  const double place = std::clamp((r - kBright) / kStep, 0.0, kMagnitudes - 1.000001);
  const size_t m = size_t(place);
  const double t = place - double(m);
  return (1 - t) * cumulative_[m] + t * cumulative_[m + 1];
}

double CountTable::magnitude(double low, double high, double u) const {
  const double wanted = cumulative(low) + u * (cumulative(high) - cumulative(low));
  const auto above = std::upper_bound(cumulative_.begin(), cumulative_.end(), wanted);
  const size_t m = size_t(std::clamp<int64_t>(above - cumulative_.begin() - 1, 0, kMagnitudes - 2));
  const double gap = cumulative_[m + 1] - cumulative_[m];
  const double t = gap > 0 ? (wanted - cumulative_[m]) / gap : 0.5;
  return std::clamp(kBright + kStep * (double(m) + t), low, high);
}

double CountTable::redshift(double r, double choose, double u) const {
  const double place = std::clamp((r - kBright) / kStep, 0.0, kMagnitudes - 1.000001);
  const size_t m = size_t(place) + (choose < place - std::floor(place) ? 1 : 0);
  const double* row = share_.data() + m * kRedshifts;
  const int i = std::clamp(int(std::upper_bound(row, row + kRedshifts, u) - row) - 1, 0, kRedshifts - 2);
  const double gap = row[i + 1] - row[i];
  return z_of(i + (gap > 0 ? (u - row[i]) / gap : 0.5));
}

}  // namespace asterism::sky
