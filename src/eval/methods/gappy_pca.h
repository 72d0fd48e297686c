#pragma once
// Principal components of spectra with gaps, and what they say of a gap (Connolly & Szalay 1999): fitted to rows whose
// gaps are filled again and again from the components themselves, and laid on the seen pixels of another row by
// weighted least squares. M rows, N rows, G pixels, K components. Weights are inverse variances, 0 where nothing is
// seen.

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace asterism::eval {

struct GappyPca {
  at::Tensor basis_KG;  // float64: the mean spectrum, then the components, in the units of the rows

  // Columns are brought to their typical noise and rows to one size, and a row counts by its signal-to-noise: the
  // components that leave the least chi^2. `rounds` of filling.
  static GappyPca fit(const at::Tensor& value_MG, const at::Tensor& weight_MG, int64_t components, int64_t rounds = 3);

  // The least chi^2 on the pixels of some weight, by the first `used` rows of the basis; all G pixels of it. [N, G]
  at::Tensor filled(const at::Tensor& value_NG, const at::Tensor& weight_NG, int64_t used) const;
};

// How many rows of the basis rebuild hidden pixels best: the least mean chi^2 per hidden pixel over these rows (each at
// most 100, so that one broken row does not choose), of 2, 3, 4, 6, 8, 12 ... `hidden_NG`: bool, pixels of some weight
// that are hidden from the fit.
int64_t best_used(const GappyPca& pca, const at::Tensor& value_NG, const at::Tensor& weight_NG,
                  const at::Tensor& hidden_NG);

}  // namespace asterism::eval
