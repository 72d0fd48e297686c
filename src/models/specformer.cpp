#include "models/specformer.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "models/vision_block.h"
#include "nn/late_bias.h"
#include "nn/losses.h"

namespace asterism::models {
namespace {

constexpr double kLeastDeviation = 0.2, kLargest = 1e6;

at::Tensor heads_of(const at::Tensor& x_BTD, int64_t heads) {
  return x_BTD.view({x_BTD.size(0), x_BTD.size(1), heads, x_BTD.size(2) / heads}).transpose(1, 2);
}

}  // namespace

void SpecFormerSettings::describe(config::Fields& f) {
  f.add("slice", slice, "pixels of a token").between(1, 65536);
  f.add("overlap", overlap, "pixels that a token shares with the next").between(0, 65535);
  f.add("width", width, "numbers a token; a multiple of heads").between(1, 65536);
  f.add("layers", layers, "blocks").between(0, 1000);
  f.add("heads", heads, "attention heads").between(1, 1024);
  f.add("hidden", hidden, "hidden width of the MLP").between(1, 1 << 20);
  f.add("max_tokens", max_tokens, "tokens that there are positions for").between(2, 1 << 20);
  f.add("causal", causal, "a token sees those before it alone");
  f.add("dropout", dropout, "after attention and MLP, in training").between(0, 0.95);
  f.add("epsilon", epsilon, "of the norms").between(1e-12, 1e-2);
}

int64_t slices_of(int64_t length, int64_t slice, int64_t overlap) {
  ASTERISM_CHECK(overlap < slice, "slices of {} pixels that share {}", slice, overlap);
  const int64_t step = slice - overlap, starts = (length - overlap + step - 1) / step;
  return std::max<int64_t>(0, starts - 1);
}

SpectrumLevel level_of(const at::Tensor& flux_BL, const at::Tensor& hidden_BL) {
  const auto wide = flux_BL.to(at::kDouble);
  if (!hidden_BL.defined()) return {wide.mean(1, true), wide.std(1, true, true).clamp_min(kLeastDeviation)};
  const auto seen = hidden_BL.logical_not().to(at::kDouble), count = seen.sum(1, true);
  const auto mean = (wide * seen).sum(1, true) / count.clamp_min(1);
  const auto variance = ((wide - mean).square() * seen).sum(1, true) / (count - 1).clamp_min(1);
  return {mean, variance.sqrt().clamp_min(kLeastDeviation)};
}

at::Tensor sliced(const at::Tensor& values_BL, int64_t slice, int64_t overlap) {
  const int64_t count = slices_of(values_BL.size(1), slice, overlap);
  if (count < 1)
    base::user_error("a spectrum of {} pixels gives no slice of {} (the last one is left out): give longer spectra",
                     values_BL.size(1), slice);
  return values_BL.unfold(1, slice, slice - overlap).narrow(1, 0, count);
}

at::Tensor tokens_before(const at::Tensor& padding_BL, int64_t slice, int64_t overlap) {
  const int64_t T = 1 + slices_of(padding_BL.size(1), slice, overlap), step = slice - overlap;
  const auto length_B1 = padding_BL.logical_not().sum(1, true);
  // as slices_of has it
  const auto slices_B1 = (length_B1 - overlap + step - 1).floor_divide(step).sub(1);
  const auto number_T = at::arange(T, length_B1.options());
  return number_T.le(slices_B1).logical_or(number_T.eq(0));
}

at::Tensor slice_spectra(const at::Tensor& flux_BL, const SpectrumLevel& level, const at::Tensor& hidden_BL,
                         int64_t slice, int64_t overlap) {
  auto scaled = ((flux_BL.to(at::kDouble) - level.mean_B1) / level.deviation_B1).to(at::kFloat);
  if (hidden_BL.defined()) scaled = scaled.masked_fill(hidden_BL, 0);
  const auto slices = sliced(scaled, slice, overlap);
  const int64_t count = slices.size(1);
  auto out = at::zeros({flux_BL.size(0), count + 1, slice + 2}, scaled.options());
  out.narrow(1, 1, count).narrow(2, 2, slice).copy_(slices);
  out.select(1, 0).select(1, 0).copy_(((level.mean_B1 - 2) / 2).clamp(-kLargest, kLargest).squeeze(1));
  out.select(1, 0).select(1, 1).copy_(((level.deviation_B1 - 2) / 8).clamp(-kLargest, kLargest).squeeze(1));
  return out;
}

at::Tensor slice_spectra(const at::Tensor& flux_BL, int64_t slice, int64_t overlap) {
  return slice_spectra(flux_BL, level_of(flux_BL), {}, slice, overlap);
}

SpecFormerBlock::SpecFormerBlock(const nn::Scope& scope, const SpecFormerSettings& s)
    : layernorm1(scope / "layernorm1", s.width, nn::NormBias::learned, s.epsilon),
      layernorm2(scope / "layernorm2", s.width, nn::NormBias::learned, s.epsilon),
      heads(s.heads),
      causal(s.causal),
      dropout(s.dropout) {
  const auto init = [&](int64_t in) {
    return nn::Init::normal(1 / std::sqrt(2.0 * double(in * std::max<int64_t>(1, s.layers))));
  };
  const auto attention = scope / "attention", mlp = scope / "mlp";
  attention_qkv = nn::Linear(attention / "attention", s.width, 3 * s.width, true, init(s.width));
  projection = nn::Linear(attention / "projection", s.width, s.width, true, init(s.width));
  encoder = nn::Linear(mlp / "encoder", s.width, s.hidden, true, init(s.width));
  decoder = nn::Linear(mlp / "decoder", s.hidden, s.width, true, init(s.hidden));
}

at::Tensor SpecFormerBlock::attended(const at::Tensor& normed_BTD, const at::Tensor& usable_BT) const {
  const int64_t B = normed_BTD.size(0), T = normed_BTD.size(1), d = normed_BTD.size(2) / heads;
  const auto qkv = nn::late_bias(attention_qkv, fast_qkv, normed_BTD);
  const auto parts = nn::split_heads(qkv.y.view({B * T, 3, heads, d}), {}, qkv.bias);
  const auto spread = [&](const at::Tensor& rows) { return rows.view({B, T, heads, d}).transpose(1, 2); };
  auto mask = usable_BT;
  if (causal && mask.defined()) mask = mask.view({B, 1, 1, T}).logical_and(at::ones({T, T}, mask.options()).tril());
  const auto seen = causal && !mask.defined() ? at::scaled_dot_product_attention(spread(parts[0]), spread(parts[1]),
                                                                                 spread(parts[2]), {}, 0, true)
                                              : nn::attend(spread(parts[0]), spread(parts[1]), spread(parts[2]), mask);
  return seen.transpose(1, 2).reshape(normed_BTD.sizes());
}

at::Tensor SpecFormerBlock::mlp(const at::Tensor& normed_BTD) const {
  return fast_decoder(decoder, nn::gelu_product(encoder, fast_encoder, normed_BTD));
}

at::Tensor SpecFormerBlock::operator()(const at::Tensor& x_BTD, const nn::DropKey& drop,
                                       const at::Tensor& usable_BT) const {
  const auto seen = fast_projection(projection, attended(layernorm1(x_BTD), usable_BT));
  const auto x = x_BTD + nn::dropout(seen, dropout, drop / 0);
  return x + nn::dropout(mlp(layernorm2(x)), dropout, drop / 1);
}

nn::SumAndNorm SpecFormerBlock::advance(const nn::SumAndNorm& stream, const nn::LayerNorm* next,
                                        const at::Tensor& usable_BT) const {
  const auto first = nn::late_bias(projection, fast_projection, attended(stream.normed, usable_BT));
  const auto middle = nn::add_norm(stream.sum, first.y, {}, layernorm2, first.bias);
  if (next != nullptr) {
    const auto second = nn::late_bias(decoder, fast_decoder, nn::gelu_product(encoder, fast_encoder, middle.normed));
    return nn::add_norm(middle.sum, second.y, {}, *next, second.bias);
  }
  return {middle.sum + mlp(middle.normed), {}};
}

at::Tensor SpecFormerBlock::attention(const at::Tensor& x_BTD, int64_t first, int64_t queries) const {
  const int64_t T = x_BTD.size(1);
  const auto parts = attention_qkv(layernorm1(x_BTD)).chunk(3, 2);
  const auto q = heads_of(parts[0], heads).narrow(2, first, queries), k = heads_of(parts[1], heads);
  auto scores = at::matmul(q, k.transpose(-2, -1)) / std::sqrt(double(q.size(-1)));
  if (causal) {
    const auto whole = scores.options().dtype(at::kLong);
    scores = scores.masked_fill(
        at::arange(T, whole).unsqueeze(0).gt(at::arange(first, first + queries, whole).unsqueeze(1)), -1e30);
  }
  return scores.softmax(-1);
}

SpecFormer::SpecFormer(const nn::Scope& scope, SpecFormerSettings settings) : settings_(settings) {
  const auto& s = settings_;
  if (s.width % s.heads != 0)
    base::user_error("spectrum width {} is not a multiple of its {} heads: choose one that is", s.width, s.heads);
  if (s.overlap >= s.slice) base::user_error("slices of {} pixels cannot share {}: choose fewer", s.slice, s.overlap);
  const double deviation = 1 / std::sqrt(double(s.width));
  data_embed_ = nn::Linear(scope / "data_embed", s.slice + 2, s.width, true, nn::Init::truncated_normal(deviation));
  position_embed_ =
      (scope / "position_embed").parameter("weight", {s.max_tokens, s.width}, nn::Init::truncated_normal(deviation));
  for (int64_t i = 0; i < s.layers; ++i) blocks_.emplace_back(scope / "blocks" / i, s);
  final_layernorm_ = nn::LayerNorm(scope / "final_layernorm", s.width, nn::NormBias::learned, s.epsilon);
  head_ = nn::Linear(scope / "head", s.width, s.slice + 2, true, nn::Init::normal(1 / std::sqrt(double(s.width))));
}

void SpecFormer::check_length(int64_t pixels) const {
  const int64_t T = 1 + slices_of(pixels, settings_.slice, settings_.overlap);
  if (T > settings_.max_tokens)
    base::user_error("spectra of {} pixels make {} tokens, and this model has positions for {}: give fewer pixels",
                     pixels, T, settings_.max_tokens);
}

at::Tensor SpecFormer::tokens(const at::Tensor& flux_BL) const { return tokens(flux_BL, level_of(flux_BL), {}); }

at::Tensor SpecFormer::tokens(const at::Tensor& flux_BL, const SpectrumLevel& level,
                              const at::Tensor& hidden_BL) const {
  check_length(flux_BL.size(1));
  return slice_spectra(flux_BL, level, hidden_BL, settings_.slice, settings_.overlap);
}

at::Tensor SpecFormer::embed(const at::Tensor& tokens) const {
  const int64_t S = settings_.slice + 2;
  if (tokens.dim() != 3 || tokens.size(2) != S || tokens.size(1) > settings_.max_tokens)
    base::user_error("tokens of shape {} for a model of [spectra, at most {} tokens, {} numbers]",
                     fmt::format("{}", fmt::join(tokens.sizes(), " x ")), settings_.max_tokens, S);
  const auto x = data_embed_(tokens);
  return x + position_embed_.narrow(0, 0, tokens.size(1)).to(x.scalar_type());  // the stream is as products are
}

void SpecFormer::check_layer(int64_t layer) const {
  if (layer < 0 || layer >= settings_.layers)
    base::user_error("no block {}: the spectrum transformer has 0 to {}", layer, settings_.layers - 1);
}

at::Tensor SpecFormer::Encoded::mean_BD() const {
  if (!usable_BT.defined()) return tokens_BTD.mean(1);
  const auto weight = usable_BT.unsqueeze(2).to(tokens_BTD.scalar_type());
  return (tokens_BTD * weight).sum(1) / weight.sum(1);
}

SpecFormer::Encoded SpecFormer::encode(const at::Tensor& flux, const at::Tensor& padding, int64_t layer,
                                       const nn::DropKey& drop) const {
  if (!padding.defined()) return {(*this)(tokens(flux), layer, drop), {}};
  const auto usable = tokens_before(padding, settings_.slice, settings_.overlap);
  return {(*this)(tokens(flux, level_of(flux, padding), padding), layer, drop, usable), usable};
}

at::Tensor SpecFormer::operator()(const at::Tensor& tokens, int64_t layer, const nn::DropKey& drop,
                                  const at::Tensor& usable) const {
  if (layer >= 0) check_layer(layer);
  auto x = nn::dropout(embed(tokens), settings_.dropout, drop / 0);
  const bool drops = drop.on && settings_.dropout > 0;
  if (!x.is_cpu() && !drops && layer < 0 && !blocks_.empty()) {
    nn::SumAndNorm stream{x, blocks_.front().layernorm1.for_product(x)};
    for (size_t i = 0; i < blocks_.size(); ++i)
      stream = blocks_[i].advance(stream, i + 1 < blocks_.size() ? &blocks_[i + 1].layernorm1 : nullptr, usable);
    // learning, products read it and nothing else does; vectors that are kept have float32's digits
    return at::GradMode::is_enabled() ? final_layernorm_.for_product(stream.sum) : final_layernorm_(stream.sum);
  }
  for (size_t i = 0; i < blocks_.size(); ++i) {
    x = blocks_[i](x, drop / (i + 1), usable);
    if (layer == int64_t(i)) return x;
  }
  return final_layernorm_(x);
}

at::Tensor SpecFormer::rebuild(const at::Tensor& encoded) const { return head_(encoded); }

at::Tensor SpecFormer::attention(const at::Tensor& tokens, int64_t layer, int64_t first, int64_t queries) const {
  check_layer(layer);
  auto x = embed(tokens);
  for (int64_t i = 0; i < layer; ++i) x = blocks_[size_t(i)](x);
  return blocks_[size_t(layer)].attention(x, first, queries);
}

at::Tensor masked_token_loss(const at::Tensor& rebuilt, const at::Tensor& tokens, const at::Tensor& masked) {
  return nn::weighted_mean((rebuilt - tokens).square(), tokens.ne(masked).to(rebuilt.scalar_type()));
}

at::Tensor mask_stretches(const at::Tensor& tokens, int64_t chunks, int64_t length, const at::Tensor& start_share) {
  const int64_t B = tokens.size(0), T = tokens.size(1), part = T / chunks;
  ASTERISM_CHECK(chunks >= 1 && length >= 1 && length <= part, "{} stretches of {} tokens of {}", chunks, length, T);
  ASTERISM_CHECK(start_share.sizes() == at::IntArrayRef({B, chunks}), "a start for each stretch");
  // [B, chunks]: the first hidden token of each
  const auto whole = tokens.options().dtype(at::kLong);
  const auto first = at::arange(chunks, whole) * part + (start_share * double(part - length)).floor().to(at::kLong);
  const auto place = at::arange(T, whole).view({1, 1, T});
  const auto hidden = place.ge(first.unsqueeze(-1)).logical_and(place.lt(first.unsqueeze(-1) + length)).any(1);
  return tokens.masked_fill(hidden.unsqueeze(-1), 0);
}

}  // namespace asterism::models
