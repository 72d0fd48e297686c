#pragma once
// A scalar as the number of its bin. Bins hold equal numbers of objects, or have equal widths in x or in asinh(x /
// softening) (which keeps negative fluxes apart), or are as wide as the error of measurement around them times one
// number for all (bin_edges.h), so that coding costs every object the same share of its error; decode gives the centre
// of the bin. Values beyond the outer edges fall into the outer bins and `out_of_range` tells. Differs from 4M and
// AION: bins are centred, negative values are kept, missing stays missing.

#include <memory>

#include "config/settings.h"
#include "tokenizers/bin_edges.h"
#include "tokenizers/tokenizer.h"

namespace asterism::tokenizers {

struct ScalarBinsSettings {
  int64_t bins = 256;
  std::string spacing = "equal_mass";  // "equal_mass", "asinh", "linear" or "error"
  std::string unit;                    // of the values; set by fit
  double low = 0, high = 0;            // outer edges, not for equal_mass; low == high: from the data
  double softening = 0;  // asinh: where it turns from linear to logarithmic; 0: from the data (median error, else a
                         // tenth of the middle half)
  bool fitted = false;   // written by fit and save
  void describe(config::Fields& fields);
};

class ScalarBins : public Tokenizer {
 public:
  explicit ScalarBins(ScalarBinsSettings settings);

  std::string kind() const override { return "scalar_bins"; }
  int64_t vocabulary() const override { return settings_.bins; }
  int64_t num_tokens() const override { return 1; }
  Tokens encode(const modalities::Block& block) const override;  // UserError before fit, or where the unit is another
  modalities::Block decode(const Tokens& tokens, const DecodeRequest& request = {}) const override;
  nn::Outcome loss(const modalities::Block& block) override;  // mean squared (value - centre) in units of the error (or
                                                              // of the bin's width); nothing to learn: no gradient
  void fit(const modalities::Block& block) override { fit_all({{&block}, {}}); }
  // Of all blocks together. UserError: fewer than two distinct present values (one is enough where linear bins have
  // their edges given), or spacing "error" and no error among them.
  void fit_all(const Lesson& lesson) override;
  nn::Parameters& parameters() override { return parameters_; }  // buffers "edges" [K+1], "centres" [K], float64
  void save(const std::filesystem::path& folder) const override;

  const ScalarBinsSettings& settings() const { return settings_; }
  bool fitted() const;  // by fit, or by loading

  // For posteriors: p(bin) / width is a density between edges[i] and edges[i+1]. float64, strictly increasing.
  const at::Tensor& edges() const { return edges_; }      // [K+1]
  const at::Tensor& centres() const { return centres_; }  // [K]
  at::Tensor widths() const;                              // [K]

  // Bins of plain values, float64 [n] of any device -> int64 [n]; values outside go into the outer bins.
  at::Tensor bins_of(const at::Tensor& values_N) const;
  at::Tensor out_of_range(const at::Tensor& values_N) const;  // bool [n]

  // A distribution over bins around each value: a Gaussian of the given error (0: none) widened by `smoothing_bins` of
  // the value's own bin width, integrated over each bin; the outer bins take the tails. Both zero: linear between the
  // two nearest centres, so that the mean of the distribution is the value. float64 [n] (error_N may be undefined) ->
  // fp32 [n, K], rows sum to 1.
  at::Tensor soft_targets(const at::Tensor& values_N, const at::Tensor& error_N = {}, double smoothing_bins = 0) const;

 private:
  struct Bins {
    at::Tensor edges, centres;
  };
  void check_fitted() const;
  // Of sorted values; sets what settings leave to the data.
  std::vector<double> edges_of(const std::vector<double>& values, const std::vector<MeasuredValue>& measured);
  Bins bins_on(const at::Device& device) const;  // copies are kept
  ScalarBinsSettings settings_;
  nn::Parameters parameters_;
  at::Tensor edges_, centres_;
  struct Kept;  // of the bins on another device
  std::shared_ptr<Kept> kept_;
};

}  // namespace asterism::tokenizers
