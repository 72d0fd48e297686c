#pragma once
// Rounds in which the tokens of a grid are drawn: how many each draws, how hot, in which order. Letters: N objects, T
// tokens.

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

namespace asterism::models {

// How many tokens each round draws, as 4M counts them ("cosine": few, many, few; "linear": as many in each); they sum
// to `tokens`, and rounds without any are left out. UserError for an unknown schedule or steps < 1.
std::vector<int64_t> tokens_by_round(int64_t tokens, int64_t steps, const std::string& schedule);

// The temperature of each round: "constant"; "linear", which falls with the tokens that are left; "onex:MIN:POWER",
// which falls as 1 / x^POWER down to MIN. UserError for another.
std::vector<double> temperature_by_round(double temperature, const std::string& schedule,
                                         const std::vector<int64_t>& tokens);

// A random order of the tokens of each object [N, T]: element t is the rank of token t; the first `first` tokens keep
// the first ranks. Keyed by (seed, object).
at::Tensor random_ranks(const std::vector<uint64_t>& objects, int64_t tokens, uint64_t seed, int64_t first = 0);

// UserError for a scheme that is none, one that does not draw what `target` is ("autoregressive" sequences, "maskgit"
// and "roar" grids), and for numbers out of range.
void check_drawing(const std::string& target, bool sequence, const std::string& scheme, double temperature,
                   double top_k, double top_p);

}  // namespace asterism::models
