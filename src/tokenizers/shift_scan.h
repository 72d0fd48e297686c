#pragma once
// The redshift of a spectrum that is not known: the place of all sets of templates with the most evidence. All shifts
// are tried on a grid of joined pixels at once (a sum over pixels is a correlation, made by FFT), the best of them
// again on the grid itself, step by step finer. As redrock does, with the evidence in the place of chi^2.

#include <map>
#include <utility>

#include "tokenizers/line_spreads.h"
#include "tokenizers/rest_templates.h"

namespace asterism::tokenizers {

struct Found {
  size_t set = 0;
  int64_t place = 0;
  at::Tensor u_K;    // float64
  double score = 0;  // as TemplateFit
};

class ShiftScan {
 public:
  // Reads the templates as they are now; `templates` must outlive this.
  explicit ShiftScan(const RestTemplates& templates);

  // One for each spectrum; of one that no place explains, its numbers being too large to square, place 0 of set 0, and
  // an infinite score. flux_ML, weight_ML: float32, on the CPU. Rows are read by several threads. Templates are blurred
  // as `spreads` says: while all shifts are tried alike at all pixels, by what is typical of the spectrum.
  std::vector<Found> find(const at::Tensor& flux_ML, const at::Tensor& weight_ML,
                          const LineSpreads& spreads = {}) const;
  // How well every shift on joined pixels explains spectra that are joined as `joined` does: -2 ln of the evidence, as
  // TemplateFit, float64 [M, S], from the highest redshift of the set down, kPlacesPerShift places apart. blur_M: the
  // typical blur of each spectrum in pixels; empty: none.
  at::Tensor scores(size_t set, const at::Tensor& flux_MJ, const at::Tensor& weight_MJ,
                    const std::vector<double>& blur_M = {}) const;
  static constexpr int64_t kJoined = 4;  // pixels to one while all shifts are tried
  static constexpr int64_t kPlacesPerShift = kJoined * RestTemplates::kPlacesPerPixel;
  // Weighted means of kJoined neighbours and their weights; the rest of a row is dropped.
  static std::pair<at::Tensor, at::Tensor> joined(const at::Tensor& flux_ML, const at::Tensor& weight_ML);
  // At a redshift that is known: the set with the most evidence; false where no set reaches it.
  static bool at(const RestTemplates& templates, double redshift, const at::Tensor& flux_L, const at::Tensor& weight_L,
                 Found& found, const std::shared_ptr<const LineBlur>& blur = nullptr);

 private:
  struct Table {          // of one set, pixels joined
    int64_t shifts = 0;   // S
    int64_t length = 0;   // of the transforms
    at::Tensor products;  // complex [(K+1)(K+2)/2, F]: T_j T_k, j <= k, row by row
    at::Tensor singles;   // complex [K+1, F]
  };
  using Tables = std::vector<Table>;  // of all sets
  struct Spectrum {                   // what one is searched by
    at::Tensor flux_L, weight_L;
    const Tables* tables;
    std::shared_ptr<const LineBlur> blur;
  };
  // The tables of each row, blurred to the nearest of a few levels; they stay in `made`.
  std::vector<const Tables*> tables_for(const std::vector<double>& blur_M, std::map<int, Tables>& made) const;
  Tables tables_of(double blur) const;
  Found find_one(const Spectrum& spectrum) const;
  std::vector<double> scores_of_one(size_t set, const Table& table, const at::Tensor& flux_J,
                                    const at::Tensor& weight_J) const;
  // The best places of a set on joined pixels, without coefficients.
  std::vector<Found> scan(size_t set, const Table& table, const at::Tensor& flux, const at::Tensor& weight) const;
  // The best of itself and its neighbours, step by step finer; a start without coefficients is fitted first.
  Found refined(Found start, std::initializer_list<int64_t> steps, const Spectrum& spectrum) const;

  const RestTemplates* templates_;
  Tables tables_;  // without a blur
};

}  // namespace asterism::tokenizers
