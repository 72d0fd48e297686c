#pragma once
// SpecFormer: a transformer over overlapping slices of a spectrum that rebuilds hidden ones (AstroCLIP v2, Parker et
// al. 2024), under its published parameter names. Letters: B spectra, L pixels, T tokens (one for mean and spread, then
// the slices), S numbers a token, D width.

#include <vector>

#include "config/settings.h"
#include "nn/attention.h"
#include "nn/drop.h"
#include "nn/linear.h"
#include "nn/norm.h"
#include "nn/packed_linear.h"

namespace asterism::models {

struct SpecFormerSettings {
  int64_t slice = 20, overlap = 10;  // pixels of a slice, and how many it shares with the next; S = slice + 2
  int64_t width = 768, layers = 6, heads = 6, hidden = 3072;
  int64_t max_tokens = 800;  // rows of the table of positions
  bool causal = false;       // a token sees those before it alone
  double dropout = 0, epsilon = 1e-5;
  void describe(config::Fields& f);
};

// [B, L] flux in 1e-17 erg/s/cm^2/A, as observed -> [B, T, slice + 2]. Each spectrum is brought to mean 0 and standard
// deviation 1 (of at least 0.2 before), and cut into slices; the last one is left out whether it is short or not, as
// the published code does. Token 0 holds (mean - 2) / 2 and (deviation - 2) / 8, within +-1e6. UserError where L gives
// no slice.
at::Tensor slice_spectra(const at::Tensor& flux_BL, int64_t slice, int64_t overlap);
int64_t slices_of(int64_t length, int64_t slice, int64_t overlap);  // T - 1

// The same of what is not hidden (bool [B, L]; undefined: nothing is): hidden pixels have no part in mean and
// deviation, and are 0 in every slice that holds them.
struct SpectrumLevel {
  at::Tensor mean_B1, deviation_B1;  // float64
};
SpectrumLevel level_of(const at::Tensor& flux_BL, const at::Tensor& hidden_BL = {});
at::Tensor slice_spectra(const at::Tensor& flux_BL, const SpectrumLevel& level, const at::Tensor& hidden_BL,
                         int64_t slice, int64_t overlap);
// Any values of pixels [B, L] -> [B, T - 1, slice], a view. UserError where L gives no slice.
at::Tensor sliced(const at::Tensor& values_BL, int64_t slice, int64_t overlap);
// Which tokens a spectrum has without its padding at the end (bool [B, L]): bool [B, T], token 0 always.
at::Tensor tokens_before(const at::Tensor& padding_BL, int64_t slice, int64_t overlap);

struct SpecFormerBlock {
  SpecFormerBlock() = default;
  SpecFormerBlock(const nn::Scope& scope, const SpecFormerSettings& settings);
  // usable [B, T], bool: tokens that may be seen; undefined: all
  at::Tensor operator()(const at::Tensor& x_BTD, const nn::DropKey& drop = {}, const at::Tensor& usable_BT = {}) const;
  // As VisionBlock::advance.
  nn::SumAndNorm advance(const nn::SumAndNorm& stream, const nn::LayerNorm* next, const at::Tensor& usable_BT) const;
  at::Tensor attention(const at::Tensor& x_BTD, int64_t first_query, int64_t queries) const;  // [B, H, queries, T]
  nn::LayerNorm layernorm1, layernorm2;
  nn::Linear attention_qkv, projection, encoder, decoder;
  nn::PackedLinear fast_qkv, fast_projection, fast_encoder, fast_decoder;  // the same, for use without gradients
  int64_t heads = 6;
  bool causal = false;
  double dropout = 0;

 private:
  at::Tensor attended(const at::Tensor& normed_BTD, const at::Tensor& usable_BT) const;  // before the projection
  at::Tensor mlp(const at::Tensor& normed_BTD) const;
};

class SpecFormer {
 public:
  SpecFormer() = default;
  SpecFormer(const nn::Scope& scope, SpecFormerSettings settings);

  // slice_spectra, UserError where they are more than positions
  at::Tensor tokens(const at::Tensor& flux_BL) const;
  at::Tensor tokens(const at::Tensor& flux_BL, const SpectrumLevel& level, const at::Tensor& hidden_BL) const;
  // [B, T, S] -> normed [B, T, D]. layer: after that block, not normed; -1: the last, normed. usable [B, T], bool:
  // tokens that are seen; undefined: all. UserError: no such block.
  at::Tensor operator()(const at::Tensor& tokens_BTS, int64_t layer = -1, const nn::DropKey& drop = {},
                        const at::Tensor& usable_BT = {}) const;
  // Of spectra of several lengths, each as it would be alone; padding: bool [B, L], undefined where there is none, as
  // usable is then.
  struct Encoded {
    at::Tensor tokens_BTD, usable_BT;
    at::Tensor mean_BD() const;
  };
  Encoded encode(const at::Tensor& flux_BL, const at::Tensor& padding_BL, int64_t layer = -1,
                 const nn::DropKey& drop = {}) const;
  at::Tensor rebuild(const at::Tensor& encoded_BTD) const;  // -> [B, T, S]
  at::Tensor attention(const at::Tensor& tokens_BTS, int64_t layer, int64_t first_query, int64_t queries) const;

  const SpecFormerSettings& settings() const { return settings_; }

 private:
  at::Tensor embed(const at::Tensor& tokens_BTS) const;
  void check_layer(int64_t layer) const;
  void check_length(int64_t pixels) const;

  SpecFormerSettings settings_;
  nn::Linear data_embed_, head_;
  at::Tensor position_embed_;
  std::vector<SpecFormerBlock> blocks_;
  nn::LayerNorm final_layernorm_;
};

// The published loss: mean squared error over the numbers in which `masked` differs from `tokens`; all [B, T, S]. 0
// where they differ nowhere.
at::Tensor masked_token_loss(const at::Tensor& rebuilt, const at::Tensor& tokens, const at::Tensor& masked);

// Hides stretches of tokens as published: `chunks` of `length` tokens, one in each `chunks`-th of the sequence, begun
// at `start_share` [B, chunks], numbers in [0, 1), of the room there. Hidden tokens become zeros.
at::Tensor mask_stretches(const at::Tensor& tokens_BTS, int64_t chunks, int64_t length, const at::Tensor& start_share);

}  // namespace asterism::models
