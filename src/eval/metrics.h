#pragma once
// Scores of point predictions. Rows of `predicted` and `truth` are the same objects in the same order; both must be
// finite and at least one long (CheckError otherwise): missing truths are left out by the caller.

#include <cstdint>
#include <span>
#include <vector>

namespace asterism::eval {

// The median; of an even count the mean of the middle two.
double median(std::vector<double> values);

// The value below which a fraction `q` (0..1) of the values lies, linear between order statistics (type 7 of Hyndman &
// Fan 1996).
double quantile(std::vector<double> values, double q);

// Redshift residuals are d = (predicted - truth) / (1 + truth).

// 1.4826 x median |d - median d|: the standard deviation of d were it Gaussian. The same convention as
// realdata/baselines.py; Brammer et al. (2008) write the same with d.
double sigma_nmad(std::span<const double> predicted, std::span<const double> truth);
// Share of |d| > threshold (0..1).
double outlier_fraction(std::span<const double> predicted, std::span<const double> truth, double threshold = 0.15);
// median d.
double redshift_bias(std::span<const double> predicted, std::span<const double> truth);

// 1 - sum (p - t)^2 / sum (t - mean t)^2; 1 is perfect, 0 is the mean of the truths. NaN where all truths are equal.
double r2(std::span<const double> predicted, std::span<const double> truth);
double mean_absolute_error(std::span<const double> predicted, std::span<const double> truth);
double root_mean_square(std::span<const double> predicted, std::span<const double> truth);

// Share of equal labels, and the mean over the classes that occur in `truth` of the share found (recall).
double accuracy(std::span<const int64_t> predicted, std::span<const int64_t> truth);
double balanced_accuracy(std::span<const int64_t> predicted, std::span<const int64_t> truth);

// Spearman's rank correlation (ties get their mean rank). NaN where either side is constant.
double spearman(std::span<const double> a, std::span<const double> b);

}  // namespace asterism::eval
