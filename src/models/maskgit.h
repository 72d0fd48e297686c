#pragma once
// Drawing the tokens of an image or spectrum in a few rounds (MaskGIT, Chang et al. 2022, section 3.2; as 4M: no noise
// on the confidence). Each round draws every token still masked, and keeps those drawn with the highest probability; or
// (ROAR) it draws the next tokens of a random order, and keeps them all.
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

// How a grid of T tokens is drawn, round by round.
struct Rounds {
  std::vector<int64_t> tokens;      // fixed in each round; they sum to T
  std::vector<double> temperature;  // of each round; 0: the most probable code
  bool random_order = false;        // a round draws the next tokens of a random order of each object (ROAR, Mizrahi et
                                    // al. 2023), instead of all that are masked
  double top_k = 0, top_p = 0;      // see keep_likely; cut before the temperature acts, as in 4M
  uint64_t seed = 0;
  int64_t first = 0;  // so many tokens at the beginning are fixed in the first round, however unsure
};

// Logits [R, V] of the tokens that are asked for (bool [N, T], none of them known), in reading order, given the ids so
// far and which of them are known (bool [N, T]).
using CodeLogits =
    std::function<at::Tensor(const at::Tensor& ids_NT, const at::Tensor& known_NT, const at::Tensor& asked_NT)>;

// Fills ids [N, T]. Noise is keyed by (seed, object, token, round).
at::Tensor draw_in_rounds(int64_t tokens, const std::vector<uint64_t>& objects, const Rounds& rounds,
                          const CodeLogits& logits);

struct MaskgitSettings {
  int64_t steps = 8;
  std::string schedule = "cosine";
  double temperature = 1;
  uint64_t seed = 0;
  int64_t first = 0;  // so many tokens at the beginning are fixed in the first round, however unsure: the norm of a
                      // spectrum, which the rest is relative to
  std::string scheme = "maskgit";                 // or "roar"
  std::string temperature_schedule = "constant";  // see temperature_by_round
  double top_k = 0, top_p = 0;
};

// The same with as many tokens a round as unmask_counts says. UserError as unmask_counts, temperature_by_round.
at::Tensor maskgit(int64_t tokens, const std::vector<uint64_t>& objects, const MaskgitSettings& settings,
                   const CodeLogits& logits);

}  // namespace asterism::models
