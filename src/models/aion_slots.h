#pragma once
// Which tokens an object's budget keeps, before any of them is a vector (4M embeds every token first). All modalities
// lie one after the other in the order given; visible tokens come first, in that order, then hidden ones, cut at the
// budget. Letters: N objects, L tokens of one modality, T slots an object, R visible rows of all objects.

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

#include "models/aion_network.h"
#include "nn/ranges.h"

namespace asterism::models {

// Tokens of one modality: int32 or int64 [N, L], or [N] where it has one token; ids from 0 to the vocabulary - 1.
struct AionTokens {
  std::string key;  // "tok_image"
  at::Tensor ids_NL;
  at::Tensor hidden_NL = {};  // bool: true = not given; undefined: all are given
};

// What a training step knows of one modality (4M): tokens, which are given, which are asked for, and the compressed
// mask of the decoder's self-attention.
struct AionExample {
  std::string key;
  at::Tensor ids_NL;
  at::Tensor input_hidden_NL, target_hidden_NL;  // bool: true = not given, not asked for
  at::Tensor attention_NL;                       // int: summed up along the slots, how many first slots may be seen
};

struct AionSlots {
  at::Tensor modality_NT, place_NT, id_NT;  // int64; modality -1: a register token
  at::Tensor hidden_NT;                     // bool: this slot is padding
  at::Tensor wanted_NT, attention_NT;       // targets only: the id to predict; see AionExample
  int64_t objects() const { return hidden_NT.size(0); }
  int64_t slots() const { return hidden_NT.size(1); }

  // The visible slots: their number in [N T], in reading order; and how many each object has.
  at::Tensor visible_R() const;
  nn::Ranges visible_ranges() const;
  AionRows rows(const at::Tensor& chosen_R) const;
};

// budget 0: every visible token; register tokens come on top. UserError for modalities that the network does not read,
// tokens of another shape or number of objects, and visible ids out of range (modality, row, value, allowed range).
AionSlots input_slots(const AionNetwork& network, const std::vector<AionTokens>& inputs, int64_t budget);
AionSlots input_slots(const AionNetwork& network, const std::vector<AionExample>& examples, int64_t budget);

// One slot for each token of each target; nobody may see anybody (what the package's forward passes).
AionSlots unseeing_target_slots(const AionNetwork& network, const std::vector<std::string>& targets, int64_t objects);
// Of a training step; modalities that the network does not predict are left out.
AionSlots target_slots(const AionNetwork& network, const std::vector<AionExample>& examples, int64_t budget);

// int64 [N, L] of tokens as callers give them.
at::Tensor checked_ids(const AionModality& facts, const at::Tensor& ids, const at::Tensor& hidden_NL);

}  // namespace asterism::models
