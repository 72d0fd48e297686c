#include "models/aion_sequence.h"

#include "base/error.h"
#include "nn/attention.h"

namespace asterism::models {
namespace {

// What the encoder made of the objects; none of them has rows when nothing is given.
AionEncoded encoded_of(const Aion& model, const std::vector<AionTokens>& given, int64_t objects) {
  if (!given.empty()) return model.encode(given);
  AionEncoded out;
  out.context_RD = at::zeros({0, model.width()}, model.network().mask_token_11D.options().requires_grad(false));
  for (int64_t i = 0; i < objects; ++i) out.objects.add(0);
  return out;
}

}  // namespace

SequenceDecoder::SequenceDecoder(const Aion& model, const std::vector<AionTokens>& given, const std::string& target,
                                 int64_t objects)
    : model_(model), modality_(model.network().target(target)), objects_(objects) {
  at::NoGradGuard no_grad;
  const auto& net = model.network();
  if (!net.modalities[size_t(modality_)].facts.sequence)
    base::user_error("'{}' is a grid, no sequence: its tokens are asked for all at once", target);
  const auto encoded = encoded_of(model, given, objects);
  if (encoded.objects.groups() != objects)
    base::user_error("tokens of {} objects are given, and {} sequences asked for", encoded.objects.groups(), objects);
  context_ = model.context_of(encoded);
  seen_.resize(net.decoder.blocks.size());
}

int64_t SequenceDecoder::length() const { return model_.network().modalities[size_t(modality_)].facts.tokens(); }

at::Tensor SequenceDecoder::next(const at::Tensor& ids_N) {
  at::NoGradGuard no_grad;
  const auto& net = model_.network();
  const int64_t places = net.modalities[size_t(modality_)].out_places_1PD.size(1);
  if (position_ >= places)
    base::user_error("a sequence of more than {} tokens: the model has no place for them", places);
  const auto same = [&](int64_t value) { return at::full({objects_}, value, at::kLong); };
  auto x_ND = net.embed_targets({same(modality_), same(position_), ids_N.to(at::kLong)});
  nn::Ranges one_each;
  for (int64_t i = 0; i < objects_; ++i) one_each.add(1);
  for (size_t layer = 0; layer < seen_.size(); ++layer) {
    const auto& block = net.decoder.blocks[layer];
    const auto& attention = block.self_attn;
    const auto& s = attention.settings;
    const auto qkv = attention.qkv(block.norm1(x_ND)).view({objects_, 3, s.heads, s.width / s.heads}).unbind(1);
    auto& seen = seen_[layer];
    seen.k_NHd.push_back(s.qk_norm ? attention.k_norm(qkv[1]) : qkv[1]);
    seen.v_NHd.push_back(qkv[2]);
    const auto q = (s.qk_norm ? attention.q_norm(qkv[0]) : qkv[0]).unsqueeze(2);
    const auto y = nn::attend(q, at::stack(seen.k_NHd, 2), at::stack(seen.v_NHd, 2), {});
    x_ND = x_ND + attention.proj(y.reshape({objects_, s.width}));
    x_ND = x_ND + block.cross_attn.rows(block.query_norm(x_ND), one_each, context_[layer]);
    x_ND = x_ND + block.mlp(block.norm2(x_ND));
  }
  ++position_;
  return net.logits(modality_, net.decoder_norm(x_ND));
}

}  // namespace asterism::models
