#include "models/pooling_head.h"

#include <cmath>
#include <limits>

#include "base/error.h"
#include "nn/mlp.h"

namespace asterism::models {

PoolingHead::PoolingHead(const nn::Scope& scope, const PoolingHeadSettings& s) : settings(s) {
  if (s.width % s.heads != 0)
    base::user_error("an embedding of {} numbers in {} heads: choose a multiple", s.width, s.heads);
  const auto cross = scope / "cross_attention", attention = cross / "multihead_attn";
  query_ = cross.parameter("query", {1, 1, s.width}, nn::Init::normal(1));
  if (s.width == s.context_width) {
    in_weight_ = attention.parameter_parts("in_proj_weight", 3, {s.width, s.width}, nn::Init::xavier(s.width, s.width));
  } else {
    q_weight_ = attention.parameter("q_proj_weight", {s.width, s.width}, nn::Init::xavier(s.width, s.width));
    for (auto* weight : {&k_weight_, &v_weight_})
      *weight = attention.parameter(weight == &k_weight_ ? "k_proj_weight" : "v_proj_weight",
                                    {s.width, s.context_width}, nn::Init::xavier(s.context_width, s.width));
  }
  in_bias_ = attention.parameter("in_proj_bias", {3 * s.width}, nn::Init::zeros());
  out_proj_ = nn::Linear(attention / "out_proj", s.width, s.width);
  layernorm_ = nn::LayerNorm(cross / "layernorm", s.width, nn::NormBias::learned, s.epsilon);
  encoder_ = nn::Linear(scope / "mlp" / "encoder", s.width, s.hidden);
  decoder_ = nn::Linear(scope / "mlp" / "decoder", s.hidden, s.width);
}

// There is one query, so nothing as large as keys or values of all tokens is made: the query goes through the keys'
// matrix (q W x = (W^T q) x), and what the weights pick through the values' matrix. The keys' bias adds the same to
// every score and drops out of the softmax.
PoolingHead::Output PoolingHead::operator()(const at::Tensor& tokens, const at::Tensor& usable,
                                            const nn::DropKey& drop) const {
  const int64_t E = settings.width, H = settings.heads, d = E / H, C = settings.context_width;
  ASTERISM_CHECK(tokens.dim() == 3 && tokens.size(2) == C, "tokens of {} dimensions, width {}", tokens.dim(),
                 tokens.size(-1));
  const auto part = [&](const at::Tensor& own, int64_t i) {
    return in_weight_.defined() ? in_weight_.narrow(0, i * E, E) : own;
  };
  const auto q_Hd = at::linear(query_.view({E}), part(q_weight_, 0), in_bias_.narrow(0, 0, E)).view({H, 1, d});
  const auto asked_HC = at::matmul(q_Hd, part(k_weight_, 1).view({H, d, C})).squeeze(1) / std::sqrt(double(d));
  auto scores_BHN = at::matmul(tokens, asked_HC.t().to(tokens.scalar_type())).transpose(1, 2).to(at::kFloat);
  at::Tensor weights;
  if (usable.defined()) {
    const auto seen = usable.unsqueeze(1);
    scores_BHN = scores_BHN.masked_fill(seen.logical_not(), -1e30);
    weights = scores_BHN.softmax(-1) * seen.to(at::kFloat);
  } else {
    weights = scores_BHN.softmax(-1);
  }
  const auto picked_BHC = at::matmul(weights.to(tokens.scalar_type()), tokens);
  // by head: [H, B, C] x [H, C, d] -> [H, B, d], without a copy of the matrix for every object
  const auto values = at::matmul(picked_BHC.transpose(0, 1), part(v_weight_, 2).view({H, d, C}).transpose(1, 2))
                          .transpose(0, 1)
                          .reshape({-1, E});
  // the values' bias is picked as often as anything is
  const auto any_BE = weights.sum(-1, true).expand({-1, -1, d}).reshape({-1, E});
  const auto attended = out_proj_(values + any_BE * in_bias_.narrow(0, 2 * E, E));
  Output out;
  out.pooled_BE = layernorm_(nn::dropout(attended, settings.dropout, drop / 0));
  out.embedding_BE = embedding(out.pooled_BE, settings.residual, drop / 1);
  out.weights_BHN = weights;
  return out;
}

at::Tensor PoolingHead::embedding(const at::Tensor& pooled, bool residual, const nn::DropKey& drop) const {
  const auto inside = nn::dropout(nn::activate(encoder_(pooled), nn::Activation::gelu), settings.dropout, drop / 0);
  const auto out = nn::dropout(decoder_(inside), settings.dropout, drop / 1);
  return residual ? pooled + out : out;
}

}  // namespace asterism::models
