// The model's packed loss (rows of all objects one after the other, attention inside ranges) against the padded form of
// the same network, written out here with masks and the layers for [B, T, D]: equal losses, equal gradients.
#include <gtest/gtest.h>

#include "models/any_to_any_network.h"
#include "models/wrap.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

using Network = AnyToAny::Network;

// Rows [L, D] of a packing as [objects, longest, D] and back.
struct Pad {
  explicit Pad(const nn::Ranges& ranges) {
    const int64_t n = ranges.groups(), longest = ranges.longest();
    std::vector<int64_t> place, object;
    for (int64_t i = 0; i < n; ++i)
      for (int64_t t = 0; t < ranges.length(i); ++t) place.push_back(i * longest + t);
    place_L = copied(place);
    shape = {n, longest};
    mask_BT = at::zeros({n * longest}, at::kBool).index_fill(0, place_L, true).view(shape);
  }
  at::Tensor operator()(const at::Tensor& x_LD) const {
    return at::zeros({shape[0] * shape[1], x_LD.size(1)}, x_LD.options().requires_grad(false))
        .index_copy(0, place_L, x_LD)
        .view({shape[0], shape[1], x_LD.size(1)});
  }
  at::Tensor back(const at::Tensor& x_BTD) const { return x_BTD.flatten(0, 1).index_select(0, place_L); }
  at::Tensor place_L, mask_BT;
  std::vector<int64_t> shape;
};

// One decoder layer's weights by their names, in the layers that take [B, T, D].
struct PaddedDecoder {
  const nn::Parameters& p;
  int64_t heads, width;

  nn::Linear linear(const std::string& name) const {
    nn::Linear out;
    out.weight = p.parameters().at(name + ".weight");
    out.bias = p.parameters().at(name + ".bias");
    return out;
  }
  at::Tensor norm(const std::string& name, const at::Tensor& x) const {
    return at::layer_norm(x, {width}, p.parameters().at(name + ".weight"), p.parameters().at(name + ".bias"), 1e-6);
  }
  at::Tensor operator()(at::Tensor x, const at::Tensor& context, const at::Tensor& self_mask_BTT,
                        const at::Tensor& context_mask_BS, int64_t layers) const {
    nn::AttentionSettings settings;
    settings.width = width;
    settings.heads = heads;
    for (int64_t i = 0; i < layers; ++i) {
      const std::string at = "decoder." + std::to_string(i) + ".";
      nn::SelfAttention self;
      self.settings = settings;
      self.qkv = linear(at + "self_attn.qkv");
      self.proj = linear(at + "self_attn.proj");
      nn::CrossAttention cross;
      cross.settings = settings;
      cross.q = linear(at + "cross_attn.q");
      cross.kv = linear(at + "cross_attn.kv");
      cross.proj = linear(at + "cross_attn.proj");
      const auto inside = self(norm(at + "norm1", x), self_mask_BTT);
      // rows without a segment (scalars, padding) have no self-attention at all: not even its bias
      x = x + at::where(self_mask_BTT.any(2).unsqueeze(2), inside, at::zeros({}, inside.options()));
      x = x + cross(norm(at + "query_norm", x), norm(at + "context_norm", context), context_mask_BS);
      nn::Mlp mlp;
      mlp.gated = true;
      mlp.activation = nn::Activation::silu;
      mlp.fc1 = linear(at + "mlp.fc1");
      mlp.fc2 = linear(at + "mlp.fc2");
      mlp.fc3 = linear(at + "mlp.fc3");
      x = x + mlp(norm(at + "norm2", x));
    }
    return norm("decoder_norm", x);
  }
};

// The loss as AnyToAny::loss takes it, padded.
at::Tensor padded_loss(const Network& net, const modalities::Batch& batch, const DrawKey& key) {
  const auto observed = net.observe(batch, net.choose_inputs({}), net.choose_targets({}), nullptr);
  const auto draw = draw_budgets(observed.candidates, observed.hashes, net.settings.mixture, key);
  const std::vector<uint8_t> all(size_t(observed.objects), 1);
  const auto in = pack(draw.inputs, all, 1), out = pack(draw.targets, all, 0);
  const Pad pad_in(in.objects), pad_out(out.objects);
  const auto encoded =
      net.encoder_norm(net.encoder(pad_in(in.scatter(net.embed_rows(observed, draw.inputs, key))), pad_in.mask_BT));

  std::vector<at::Tensor> queries;
  std::vector<int64_t> segment(size_t(out.objects.rows()), -1);  // of each packed row: its modality, -1 for scalars
  for (size_t m = 0; m < net.names.size(); ++m) {
    const auto& rows = draw.targets[m];
    if (rows.size() == 0) continue;
    at::Tensor shown, ids;
    if (!net.heads[m]->one_token()) {
      shown = at::from_blob(const_cast<uint8_t*>(rows.shown.data()), {rows.size()}, at::kByte).to(at::kBool);
      ids = observed.tokens[m].ids.index({copied(rows.object), copied(rows.position)});
      for (const int64_t row : out.placed[m]) segment[size_t(row)] = int64_t(m);
    }
    queries.push_back(net.heads[m]->queries(net.mask_token_D, copied(rows.position), shown, ids));
  }
  const auto of = pad_out(copied(segment).unsqueeze(1).to(at::kDouble) + 1).squeeze(2);  // 0: no segment
  const auto self_mask = of.unsqueeze(2).eq(of.unsqueeze(1)).logical_and(of.unsqueeze(2).gt(0));
  const PaddedDecoder decoder{net.parameters, net.settings.heads, net.settings.width};
  const auto x_LD = pad_out.back(decoder(pad_out(out.scatter(at::cat(queries, 0))), encoded, self_mask, pad_in.mask_BT,
                                         net.settings.decoder_layers));
  at::Tensor loss;
  int64_t parts = 0;
  for (size_t m = 0; m < net.names.size(); ++m) {
    const auto& rows = draw.targets[m];
    std::vector<int64_t> places, objects, positions;
    for (size_t r = 0; r < rows.object.size(); ++r) {
      if (rows.shown[r]) continue;
      places.push_back(out.placed[m][r]);
      objects.push_back(rows.object[r]);
      positions.push_back(rows.position[r]);
    }
    if (places.empty()) continue;
    const auto x = x_LD.index_select(0, copied(places));
    at::Tensor each;
    if (net.heads[m]->bins()) {
      const auto values = wrap(observed.scalars[m]->value, {observed.objects}).index_select(0, copied(objects));
      each = net.heads[m]->value_loss(x, values, 1 << 20);
    } else {
      const auto ids = observed.tokens[m].ids.index({copied(objects), copied(positions)});
      const auto logits = net.heads[m]->code_logits(x, copied(positions));  // of what may stand there, not in chunks
      each = at::cross_entropy_loss(logits, ids);
    }
    loss = loss.defined() ? loss + each : each;
    ++parts;
  }
  return loss / double(parts);
}

// Objects of very different lengths, some without image, spectrum or fluxes. Returns the largest differences of loss
// and gradients, the latter as a share of the largest gradient of the tensor.
std::pair<double, double> differences(at::ScalarType type) {
  auto batch = tiny::sky(7);
  for (const auto& [name, row] : std::vector<std::pair<const char*, int64_t>>{
           {"image_legacy", 1}, {"spectrum_desi", 1}, {"image_legacy", 3}, {"spectrum_desi", 4}, {"flux_g", 5}})
    tiny::remove(batch, name, row);
  auto settings = tiny::sky_model();
  settings.encoder_layers = settings.decoder_layers = 2;
  settings.modalities["spectrum_desi"].soft_bins = 0;  // plain cross-entropy of its norm
  settings.loss_chunk = 5;
  auto codecs = tiny::codecs(tiny::sky(7));
  for (const char* name : {"flux_g", "flux_r", "redshift"})  // bins of both
    codecs[name] = std::make_shared<tokenizers::ScalarBins>(tokenizers::ScalarBinsSettings{.bins = 16});
  AnyToAny packed(settings, codecs, type);
  Network padded(settings, codecs, type);
  packed.fit(batch);
  padded.parameters.load(packed.parameters().all(), "packed");
  const DrawKey key{3, 2, true};
  const auto a = packed.loss(batch, key).loss, b = padded_loss(padded, batch, key);
  a.backward();
  b.backward();
  double worst = 0;
  int64_t compared = 0;
  for (const auto& [name, tensor] : packed.parameters().parameters()) {
    const auto other = padded.parameters.parameters().at(name).grad();
    EXPECT_EQ(tensor.grad().defined(), other.defined()) << name;
    if (!tensor.grad().defined()) continue;
    const double scale = other.abs().max().item<double>();
    const double off = (tensor.grad() - other).abs().max().item<double>();
    worst = std::max(worst, off / std::max(scale, 1e-3));
    compared += scale > 0;
  }
  EXPECT_GT(compared, 60) << "gradients to compare";
  return {std::abs(a.item<double>() - b.item<double>()), worst};
}

TEST(PackedAndPadded, SameLossAndGradientsInDouble) {
  const auto [loss, gradient] = differences(at::kDouble);
  EXPECT_LT(loss, 1e-12);
  EXPECT_LT(gradient, 1e-12);
}

// In float32 the packed form runs the kernel of its own (nn/ragged_attention.h), the padded one torch's.
TEST(PackedAndPadded, SameLossAndGradientsInFloat) {
  const auto [loss, gradient] = differences(at::kFloat);
  EXPECT_LT(loss, 1e-5);
  EXPECT_LT(gradient, 1e-5);
}

}  // namespace
}  // namespace asterism::models
