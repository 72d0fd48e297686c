#pragma once
// Where the bins of a scalar lie. All values are finite and sorted ascending.

#include <cstdint>
#include <span>
#include <vector>

namespace asterism::tokenizers {

// K + 1 strictly increasing edges so that bins [e_i, e_i+1) hold equal numbers of values as nearly as repeated values
// allow: a value with more than its share gets a bin of its own and the rest is spread over the other bins. Fewer
// distinct values than bins: the widest bins are halved. Needs two distinct values.
std::vector<double> equal_mass_edges(std::span<const double> sorted, int64_t bins);

// K + 1 edges from low to high, even in asinh(x / softening), or in x where softening is 0.
std::vector<double> even_edges(double low, double high, int64_t bins, double softening);

// A value and the error with which it was measured, > 0.
struct MeasuredValue {
  double value, error;
};

// K + 1 edges from low to high so that each bin is as wide as the error of the values around it times one number, the
// same for all bins: the error of coding is a constant share of that of measurement. The error around a value is the
// median of its neighbours', by rank: windows hold 16 values at either end of the sample, twice as many one further
// inwards, and a 64th of the sample (16 at least) in the middle; between the windows' medians it is linear, beyond the
// outermost constant. At least one value, sorted by value; UserError where no `bins` different bins fit.
std::vector<double> error_edges(std::span<const MeasuredValue> sorted, double low, double high, int64_t bins);

// The median of the values in each bin; the middle of bins that hold none. Values beyond the outer edges count nowhere.
std::vector<double> bin_centres(std::span<const double> edges, std::span<const double> sorted);

// The median error where there are errors, else a tenth of the middle half of the values (then of their whole range).
double natural_softening(std::span<const double> sorted, std::vector<double> errors);

}  // namespace asterism::tokenizers
