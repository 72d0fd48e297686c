#pragma once
// Drawing the tokens of an image or spectrum in a few rounds (MaskGIT, Chang et al. 2022, section 3.2; as 4M: no noise
// on the confidence). Each round draws every token still masked, and keeps those drawn with the highest probability.
// Letters: N objects, T tokens, V codes, R rows = masked tokens.

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace asterism::models {

// How many tokens each round fixes: "cosine" (few, then many: n times the differences of cos(pi i / 2 steps)) or
// "linear". The counts are positive and sum to `tokens`; at most `tokens` rounds. UserError for another schedule or
// steps < 1.
std::vector<int64_t> unmask_counts(int64_t tokens, int64_t steps, const std::string& schedule);

// One draw from each row of logits [R, V] at a temperature (0: the largest), from uniform [R] in [0, 1). ids [R] and
// the probability of what was drawn [R]: that it was drawn with, as 4M ranks its draws (at temperature 0 as at 1).
struct CodeDraw {
  at::Tensor ids_R, probability_R;
};
CodeDraw draw_codes(const at::Tensor& logits_RV, const at::Tensor& uniform_R, double temperature);

// The logits of what is neither among the `top_k` largest of a row (below 1: that share of all codes; 0: no limit) nor
// needed to reach the probability `top_p` (0: no limit) become -infinity. At least the largest stays.
at::Tensor keep_likely(const at::Tensor& logits_RV, double top_k, double top_p);

// Uniform numbers [R] in [0, 1) for the tokens of ids [N, T] that are not known, in reading order: each depends on
// (seed, object, token, round) alone.
at::Tensor keyed_uniforms(const at::Tensor& known_NT, const std::vector<uint64_t>& objects, uint64_t seed,
                          int64_t round);

struct MaskgitSettings {
  int64_t steps = 8;
  std::string schedule = "cosine";
  double temperature = 1;
  uint64_t seed = 0;
  int64_t first = 0;  // so many tokens at the beginning are fixed in the first round, however unsure: the norm of a
                      // spectrum, which the rest is relative to
};

// Fills ids [N, T]. `logits` is asked for all rows (n, t) that are masked, given the ids so far and which of them are
// known (bool [N, T]); it returns [R, V] in reading order of the masked rows. Noise is keyed by (seed, object, token,
// round).
using CodeLogits = std::function<at::Tensor(const at::Tensor& ids_NT, const at::Tensor& known_NT)>;
at::Tensor maskgit(int64_t tokens, const std::vector<uint64_t>& objects, const MaskgitSettings& settings,
                   const CodeLogits& logits);

}  // namespace asterism::models
