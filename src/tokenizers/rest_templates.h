#pragma once
// Templates of spectra at rest, seen at every redshift of a range: flux / scale = mean + sum_k u_k direction_k, with
// u ~ N(0, 1), on a grid of equal steps in ln(wavelength), on which a redshift is a shift. Several sets (stars,
// galaxies, quasars), each with its own range and number of directions. What redrock (Bailey et al., DESI) fits, with a
// prior on the coefficients (probabilistic principal components, Tipping & Bishop 1999), so that a spectrum without
// light in some of them is read all the same.
//
// Letters: M spectra, L pixels observed, G pixels at rest, K directions.

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "nn/scope.h"
#include "tokenizers/line_blur.h"

namespace asterism::tokenizers {

struct TemplateSet {
  double redshift_low = 0, redshift_high = 1;
  int64_t directions = 8;  // K
};

// The best coefficients of M spectra, each at a given place of one set.
struct TemplateFit {
  at::Tensor u_MK;        // float64
  at::Tensor score_M;     // float64: -2 ln of the evidence, u integrated out, but for what is the same everywhere
  at::Tensor spread_MKK;  // float64: covariance of u; undefined unless asked for
};

using Blurs = std::vector<std::shared_ptr<const LineBlur>>;

class RestTemplates {
 public:
  static constexpr int64_t kPlacesPerPixel = 4;

  RestTemplates() = default;
  // Makes the parameters "I.templates" [K+1, G] of each set I under `scope`: mean 1, directions at random. log_step: of
  // ln(wavelength) between pixels. CheckError for a range that is none.
  RestTemplates(const nn::Scope& scope, std::vector<TemplateSet> sets, int64_t pixels, double log_step);

  // These templates on the CPU: themselves where they are there. No gradient passes back.
  RestTemplates on_cpu() const;

  size_t sets() const { return sets_.size(); }
  int64_t directions(size_t set) const { return sets_[set].directions; }
  int64_t pixels() const { return pixels_; }
  const at::Tensor& templates(size_t set) const { return templates_[set]; }  // [K+1, G]

  // Places are the redshifts of a set, numbered from its lowest, kPlacesPerPixel in each step of the grid.
  int64_t places(size_t set) const { return places_[set]; }
  double redshift(size_t set, int64_t place) const;
  int64_t place(size_t set, double redshift) const;  // the nearest; -1 where the set does not reach so far
  // The same place counted from redshift 0, alike in all sets; and the redshift of such a count, also between places.
  int64_t from_zero(size_t set, int64_t place) const { return lowest_[set] + place; }
  double redshift_from_zero(double places) const;
  // Where the observed grid begins at rest: pixels of G.
  double offset(size_t set, int64_t place) const;

  // The set as it would be observed at that place: [K+1, L]; differentiable.
  at::Tensor seen(size_t set, int64_t place) const;
  // blurs: of each spectrum, which its templates go through first, null: none; empty: none of any.
  TemplateFit fit(size_t set, const std::vector<int64_t>& places, const at::Tensor& flux_ML,
                  const at::Tensor& weight_ML, bool with_spread = false, const Blurs& blurs = {}) const;
  // flux / scale of one spectrum, [L]; differentiable in the templates.
  at::Tensor draw(size_t set, int64_t place, const at::Tensor& u_K) const;

 private:
  std::vector<TemplateSet> sets_;
  std::vector<at::Tensor> templates_;
  std::vector<int64_t> lowest_;  // of each set: its place 0, counted from redshift 0
  std::vector<int64_t> places_;
  int64_t pixels_ = 0;
  double log_step_ = 0;
};

}  // namespace asterism::tokenizers
