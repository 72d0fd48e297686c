#include "nn/transformer.h"

#include "base/error.h"
#include "nn/row_spans.h"

namespace asterism::nn {

void TransformerSettings::describe(config::Fields& f) {
  f.add("width", width, "numbers per token; a multiple of heads").between(1, 65536);
  f.add("heads", heads, "attention heads").between(1, 1024);
  f.add("depth", depth, "blocks").between(0, 1000);
  f.add("mlp_ratio", mlp_ratio, "hidden width of the MLP over the width").between(0.25, 64);
  f.add("gated_mlp", gated_mlp, "SwiGLU with two thirds of the hidden width instead of GELU");
  f.add("norm_bias", norm_bias, "norms have a bias");
  f.add("qkv_bias", qkv_bias, "queries, keys and values have a bias");
  f.add("proj_bias", proj_bias, "the attention's output has a bias");
  f.add("mlp_bias", mlp_bias, "the MLP has biases");
  f.add("zero_norm_bias", zero_norm_bias, "norms store a bias of zeros (published AION weights do)");
  f.add("qk_norm", qk_norm, "normalise queries and keys of each head");
  f.add("drop_path", drop_path, "probability that the last block's branches are skipped for an object")
      .between(0, 0.95);
  f.add("dropout", dropout, "dropout after attention and MLP").between(0, 0.95);
  f.add("epsilon", epsilon, "of the norms").between(1e-12, 1e-2);
}

NormBias TransformerSettings::norm() const {
  if (norm_bias) return NormBias::learned;
  return zero_norm_bias ? NormBias::zero_buffer : NormBias::none;
}

int64_t TransformerSettings::hidden_width() const {
  if (hidden > 0) return hidden;
  return gated_mlp ? Mlp::gated_hidden(width, mlp_ratio) : int64_t(mlp_ratio * double(width));
}

AttentionSettings TransformerSettings::attention() const {
  AttentionSettings s;
  s.width = width;
  s.heads = heads;
  s.qkv_bias = qkv_bias;
  s.proj_bias = proj_bias;
  s.qk_norm = qk_norm;
  s.qk_norm_bias = norm();
  s.epsilon = epsilon;
  return s;
}

namespace {

Mlp make_mlp(const Scope& scope, const TransformerSettings& s) {
  ASTERISM_CHECK(s.hidden_width() >= 1, "an MLP of hidden width {}", s.hidden_width());
  return Mlp(scope, s.width, s.hidden_width(), s.width, s.gated_mlp, s.mlp_bias, s.activation);
}

double drop_of(const TransformerSettings& s, int64_t block) {
  return s.depth > 1 ? s.drop_path * double(block) / double(s.depth - 1) : s.drop_path;
}

// x + what a branch adds, with the branch's dropouts
at::Tensor add_branch(const at::Tensor& x, const at::Tensor& branch, double dropout_p, double path_p,
                      const DropKey& key) {
  return x + drop_path(dropout(branch, dropout_p, key / 0), path_p, key / 1);
}

}  // namespace

EncoderBlock::EncoderBlock(const Scope& scope, const TransformerSettings& s, double path)
    : norm1(scope / "norm1", s.width, s.norm(), s.epsilon),
      norm2(scope / "norm2", s.width, s.norm(), s.epsilon),
      attn(scope / "attn", s.attention()),
      mlp(make_mlp(scope / "mlp", s)),
      dropout(s.dropout),
      drop_path(path) {}

at::Tensor EncoderBlock::operator()(at::Tensor x, const at::Tensor& mask, const DropKey& drop) const {
  x = add_branch(x, attn(norm1(x), mask), dropout, drop_path, drop / 0);
  return add_branch(x, mlp(norm2(x)), dropout, drop_path, drop / 1);
}

SumAndNorm EncoderBlock::rows(const SumAndNorm& stream, const Ranges& groups, const LayerNorm* next,
                              const DropKey& drop) const {
  const auto dropped = [&](const at::Tensor& branch, const DropKey& key) {
    return nn::drop_path(nn::dropout(branch, groups, dropout, key / 0), groups, drop_path, key / 1);
  };
  const auto middle = add_norm(stream.sum, dropped(attn.rows(stream.normed, groups), drop / 0), {}, norm2);
  const auto branch = dropped(mlp(middle.normed), drop / 1);
  if (next == nullptr) return {middle.sum + branch, {}};
  return add_norm(middle.sum, branch, {}, *next);
}

std::vector<at::Tensor> EncoderBlock::weights() const {
  std::vector<at::Tensor> out;
  for (const auto* norm : {&norm1, &norm2, &attn.q_norm, &attn.k_norm})
    out.insert(out.end(), {norm->weight, norm->bias});
  for (const auto* product : {&attn.qkv, &attn.proj, &mlp.fc1, &mlp.fc2, &mlp.fc3})
    out.insert(out.end(), {product->weight, product->bias});
  return out;
}

DecoderBlock::DecoderBlock(const Scope& scope, const TransformerSettings& s, double path)
    : norm1(scope / "norm1", s.width, s.norm(), s.epsilon),
      query_norm(scope / "query_norm", s.width, s.norm(), s.epsilon),
      context_norm(scope / "context_norm", s.width, s.norm(), s.epsilon),
      norm2(scope / "norm2", s.width, s.norm(), s.epsilon),
      self_attn(scope / "self_attn", s.attention()),
      cross_attn(scope / "cross_attn", s.attention()),
      mlp(make_mlp(scope / "mlp", s)),
      dropout(s.dropout),
      drop_path(path) {}

CrossAttention::Context DecoderBlock::prepare(const at::Tensor& context) const {
  return cross_attn.prepare(context_norm(context));
}

at::Tensor DecoderBlock::operator()(at::Tensor x, const CrossAttention::Context& context, const at::Tensor& self_mask,
                                    const at::Tensor& cross_mask, const DropKey& drop) const {
  x = add_branch(x, self_attn(norm1(x), self_mask), dropout, drop_path, drop / 0);
  x = add_branch(x, cross_attn(query_norm(x), context, cross_mask), dropout, drop_path, drop / 1);
  return add_branch(x, mlp(norm2(x)), dropout, drop_path, drop / 2);
}

at::Tensor DecoderBlock::operator()(at::Tensor x, const at::Tensor& context, const at::Tensor& self_mask,
                                    const at::Tensor& cross_mask, const DropKey& drop) const {
  return (*this)(std::move(x), prepare(context), self_mask, cross_mask, drop);
}

Encoder::Encoder(const Scope& scope, const TransformerSettings& s) {
  for (int64_t i = 0; i < s.depth; ++i) blocks.emplace_back(scope / i, s, drop_of(s, i));
}

at::Tensor Encoder::operator()(at::Tensor x, const at::Tensor& mask, const DropKey& drop) const {
  for (size_t i = 0; i < blocks.size(); ++i) x = blocks[i](std::move(x), mask, drop / i);
  return x;
}

at::Tensor Encoder::rows(const at::Tensor& x, const Ranges& groups, const DropKey& drop, int64_t depth) const {
  const size_t end = depth < 0 ? blocks.size() : size_t(depth);
  if (end == 0) return x;
  const auto through = [&](const at::Tensor& rows, const Ranges& span, int64_t first) {
    SumAndNorm stream{rows, blocks[0].norm1.for_product(rows)};
    for (size_t i = 0; i < end; ++i)
      stream = blocks[i].rows(stream, span, i + 1 < end ? &blocks[i + 1].norm1 : nullptr, (drop / i).from_group(first));
    return stream.sum;
  };
  if (drop.on && blocks[0].dropout > 0) return through(x, groups, 0);  // drawn for all rows at once
  std::vector<at::Tensor> weights;
  for (size_t i = 0; i < end; ++i)
    for (auto& weight : blocks[i].weights()) weights.push_back(std::move(weight));
  return through_spans(x, groups, weights, through);
}

Decoder::Decoder(const Scope& scope, const TransformerSettings& s) {
  for (int64_t i = 0; i < s.depth; ++i) blocks.emplace_back(scope / i, s, drop_of(s, i));
}

at::Tensor Decoder::operator()(at::Tensor x, const at::Tensor& context, const at::Tensor& self_mask,
                               const at::Tensor& cross_mask, const DropKey& drop) const {
  for (size_t i = 0; i < blocks.size(); ++i) x = blocks[i](std::move(x), context, self_mask, cross_mask, drop / i);
  return x;
}

std::vector<CrossAttention::Context> Decoder::prepare(const at::Tensor& context) const {
  std::vector<CrossAttention::Context> out;
  for (const auto& block : blocks) out.push_back(block.prepare(context));
  return out;
}

at::Tensor Decoder::operator()(at::Tensor x, const std::vector<CrossAttention::Context>& context,
                               const at::Tensor& self_mask, const at::Tensor& cross_mask) const {
  ASTERISM_CHECK(context.size() == blocks.size(), "{} contexts for {} blocks", context.size(), blocks.size());
  for (size_t i = 0; i < blocks.size(); ++i) x = blocks[i](std::move(x), context[i], self_mask, cross_mask);
  return x;
}

}  // namespace asterism::nn
