#pragma once
// A light curve that rises and falls, of any cadence and bands, as a few points of what a process learned from all
// objects expects of it: a header (process_header.h) and two tokens for each point (process_sketch.h). Encoding is
// closed form: the expected curve given the points, and the few points that say most of it. What is learned are the
// processes (curve_process.h), first by least squares (fit_all), then by gradient: points that are hidden must be
// known from the points shown. All of it runs on the CPU, in float64.

#include "tokenizers/curves_to_draw.h"
#include "tokenizers/process_input.h"
#include "tokenizers/process_sketch.h"
#include "tokenizers/tokenizer.h"

namespace asterism::tokenizers {

struct LightCurveProcessSettings : LightCurveBands {
  int64_t points = 256;         // that are read at most
  int64_t learned_points = 72;  // the same, while learning
  double unknown_error = 0.1;
  int64_t kinds = 4;    // of processes
  int64_t sketch = 32;  // points in the tokens
  double reach = 3;     // standard deviations of a sketch's point at which its levels end
  double hidden_share = 0.25;
  double most_chi2 = 25;     // that a hidden point can cost
  double smoothness = 1e-3;  // of the mean curves, in the loss
  void describe(config::Fields& fields);
};

class LightCurveProcess : public Tokenizer {
 public:
  explicit LightCurveProcess(LightCurveProcessSettings settings, uint64_t seed = 0);

  std::string kind() const override { return "light_curve_process"; }
  int64_t vocabulary() const override { return kProcessBins; }
  int64_t num_tokens() const override { return kProcessHeader + 2 * settings_.sketch; }
  bool of_whole() const override { return true; }
  // Objects without a good point are absent; upper limits are ignored.
  Tokens encode(const modalities::Block& block) const override;
  // At request.points, else at 64 times from the first point to the last in the settings' bands (without any, in one
  // band, "reference"). Errors are 0: a reconstruction has none of its own.
  modalities::Block decode(const Tokens& tokens, const DecodeRequest& request = {}) const override;
  // Figures: chi2_shown (hidden points, each at most most_chi2, by the points that are shown), chi2_hidden (by the
  // tokens; only where nothing is trained, for it takes twenty times as long), reconstruction.
  nn::Outcome loss(const modalities::Block& block) override { return learn({{&block}, {}}); }
  nn::Outcome learn(const Lesson& lesson) override;
  void fit(const modalities::Block& block) override { fit_all({{&block}, {}}); }
  void fit_all(const Lesson& lesson) override;
  // float32 [n, 4 + 45]: level, ln of the scale, when the first and last points are, and the curve in three colours at
  // fifteen times about the reference, levelling off where it is far from the object's level.
  at::Tensor vectors(const Tokens& tokens) const override;
  nn::Parameters& parameters() override { return parameters_; }
  void save(const std::filesystem::path& folder) const override;

  const LightCurveProcessSettings& settings() const { return settings_; }

 private:
  std::vector<ProcessCurve> curves(const Lesson& lesson, double hidden_share, int64_t points, int64_t& objects) const;
  ProcessHeader header_of(const at::Tensor& ids_T) const;  // a kind beyond the last is the last
  CurveSpan span_of(const at::Tensor& ids_T) const;

  LightCurveProcessSettings settings_;
  nn::Parameters parameters_;
  CurveProcess process_;
};

}  // namespace asterism::tokenizers
