#include "tokenizers/aion/segmentation_map.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "modalities/map.h"
#include "nn/losses.h"
#include "nn/nothing_to_learn.h"
#include "nn/scope.h"
#include "nn/transfer.h"
#include "tokenizers/aion/fsq_grid.h"
#include "tokenizers/block_tensors.h"
#include "tokenizers/image_crop.h"

namespace asterism::tokenizers::aion {

namespace {

constexpr int64_t kChunk = 16;  // maps through the network at a time: bounds memory

// 4 x 4, twice as coarse or as fine
nn::ConvSettings step() { return {4, 2, 1, 1, true}; }

std::vector<int64_t> widths(int64_t first, int64_t full, int64_t steps) {
  std::vector<int64_t> out{first};
  for (int64_t i = steps - 1; i > 0; --i) out.push_back(full >> i);
  return out;
}

struct Fields {
  at::Tensor value_BHW, good_BHW, present_B;  // fp32, 0 where not good; bool; bool: has a good pixel that is read
};

// UserError: another kind of block, several layers, a unit, values that are no shares.
Fields fields_of(const modalities::Block& block) {
  const std::string reader = "aion_segmentation_map";
  const auto* b = std::get_if<modalities::MapBlock>(&block);
  if (b == nullptr) base::user_error("{} reads blocks of kind 'map', not '{}'.", reader, modalities::kind(block));
  if (b->layers.size() != 1)
    base::user_error("{} reads maps of one layer; these have {}. Keep one of them.", reader, b->layers.size());
  if (!b->layers[0].unit.empty())
    base::user_error("{} reads shares from 0 to 1; the layer '{}' is in '{}'.", reader, b->layers[0].name,
                     b->layers[0].unit);
  if (b->n < 0 || b->height <= 0 || b->width <= 0)
    base::user_error("{}: {} maps of {} x {} pixels.", reader, b->n, b->height, b->width);
  const size_t pixels = size_t(b->n * b->height * b->width);
  if (int64_t(b->present.size()) != b->n || b->value.size() != pixels || b->mask.size() != pixels)
    base::user_error("{}: {} present flags, {} values and {} masks for {} maps of {} x {} pixels.", reader,
                     b->present.size(), b->value.size(), b->mask.size(), b->n, b->height, b->width);
  const std::vector<int64_t> shape{b->n, b->height, b->width};
  Fields out;
  const auto value = wrap(b->value, shape);
  out.good_BHW = at::logical_and(wrap(b->mask, shape) == 0, at::isfinite(value));
  out.good_BHW.logical_and_(wrap(b->present, {b->n}).to(at::kBool).view({b->n, 1, 1}));
  out.present_B = crop_or_pad(out.good_BHW, kPublishedSize, kPublishedSize).flatten(1).any(1);
  const auto outside = at::logical_and(out.good_BHW, at::logical_or(value<0, value> 1));
  if (!b->integer && outside.any().item<bool>())
    base::user_error("{} reads shares from 0 to 1; the layer '{}' holds {}.", reader, b->layers[0].name,
                     value.masked_select(outside)[0].item<float>());
  const auto share = b->integer ? (value > 0).to(at::kFloat) : value;
  out.value_BHW = at::where(out.good_BHW, share, at::zeros({}));
  return out;
}

}  // namespace

void SegmentationMapSettings::describe(config::Fields& f) {
  f.add("encoder_output_dim", encoder_output_dim, "channels of the encoder's latent grid").between(1, 65536);
  f.add("decoder_input_dim", decoder_input_dim, "channels of the decoder's; 0: the same").between(0, 65536);
  f.add("embedding_dim", embedding_dim, "dimensions of a code; as many as levels").between(0, 64);
  f.add("levels", levels, "of each dimension of a code").between(2, 65536);
  f.add("res_hidden_dims", res_hidden_dims, "channels inside a residual layer").between(1, 65536);
  f.add("num_res_layers", num_res_layers, "residual layers").between(0, 1000);
  f.add("num_downsamples", num_downsamples, "halvings of the 96 pixels").between(1, 5);
  f.add("output_activation_extension", output_activation_extension, "how far the sigmoid is widened on both sides")
      .between(0, 100);
  f.add("variational", variational, "not supported");
  f.add("lr", lr, "learning rate it was trained with").between(0, 1e6);
  f.add("quantisation_loss_weight", quantisation_loss_weight, "in its training").between(0, 1e6);
  f.add("ema_decay", ema_decay, "of the averaged weights").between(0, 1);
  f.add("lr_warmup", lr_warmup, "steps; 0: none").between(0, 1e15);
  f.add("begin_cosine_annealing", begin_cosine_annealing, "step; 0: none").between(0, 1e15);
  f.add("lr_cosine_period", lr_cosine_period, "steps; 0: none").between(0, 1e15);
  f.add("ema_update_freq", ema_update_freq, "steps").between(0, 1e15);
  f.add("ema_model_weights", ema_model_weights, "the file holds averaged weights too");
  f.add("reference_behaviour", reference_behaviour, "with the published codec's defects, for comparisons bit by bit");
}

AionSegmentationMap::AionSegmentationMap(SegmentationMapSettings settings, uint64_t seed)
    : settings_(std::move(settings)) {
  build(nn::Scope(parameters_, seed));
}

AionSegmentationMap::AionSegmentationMap(const PublishedFolder& folder) : extras_(folder.extras) {
  auto fields = config::fields_of(settings_);
  read_config(fields, folder.config_json, folder.source);
  build(nn::Scope(parameters_).blank());
  load_weights(parameters_, folder);
  check_same(folder.weights.at("_quantizer.levels"), settings_.levels, "_quantizer.levels", folder.weights_source);
}

AionSegmentationMap::Residual AionSegmentationMap::residual(const nn::Scope& scope, int64_t channels, int64_t hidden) {
  Residual out;
  out.conv = nn::Conv2d(scope / "1", channels, hidden, nn::ConvSettings::same(3));
  const auto norm = scope / "2";
  out.weight = norm.parameter("weight", {hidden}, nn::Init::ones());
  out.bias = norm.parameter("bias", {hidden}, nn::Init::zeros());
  out.mean = norm.buffer("running_mean", at::zeros({hidden}));
  out.variance = norm.buffer("running_var", at::ones({hidden}));
  norm.buffer("num_batches_tracked", at::zeros({}, at::kLong));
  out.pointwise = nn::Conv2d(scope / "4", hidden, channels, nn::ConvSettings::same(1));
  return out;
}

at::Tensor AionSegmentationMap::Residual::operator()(const at::Tensor& x) const {
  const auto y = at::batch_norm(conv(at::relu(x)), weight, bias, mean, variance, false, 0.1, 1e-5, false);
  return x + pointwise(at::relu(y));
}

void AionSegmentationMap::build(const nn::Scope& scope) {
  auto& s = settings_;
  if (s.variational) base::user_error("aion_segmentation_map: variational = true is not supported.");
  fsq_ = nn::Fsq(s.levels);
  const int64_t D = s.encoder_output_dim, n = s.num_downsamples, R = s.res_hidden_dims;
  const int64_t H = s.decoder_input_dim > 0 ? s.decoder_input_dim : D, d = s.embedding_dim > 0 ? s.embedding_dim : D;
  if (d != fsq_.dimensions())
    base::user_error("aion_segmentation_map: embedding_dim = {}, but {} levels.", d, fsq_.dimensions());
  if ((D >> (n - 1)) < 1 || (H >> (n - 1)) < 1)
    base::user_error("aion_segmentation_map: {} and {} channels cannot be halved {} times.", D, H, n - 1);
  const auto in = scope / "encoder" / "net", out = scope / "decoder" / "net";
  auto down = widths(1, D, n), up = widths(H, H, n);
  down.push_back(D);
  up.push_back(1);
  for (int64_t i = 0; i < n; ++i) {
    downs_.emplace_back(in / (2 * i), down[size_t(i)], down[size_t(i) + 1], step());
    ups_.emplace_back(out / (3 + 2 * i), up[size_t(i)], up[size_t(i) + 1], step());
  }
  mix_ = nn::Conv2d(in / (2 * n), D, D, nn::ConvSettings::same(3));
  unmix_ = nn::ConvTranspose2d(out / int64_t(0), H, H, {3, 1, 1, 1, true});
  for (int64_t i = 0; i < s.num_res_layers; ++i) {
    encoder_.push_back(residual(in / (2 * n + 1) / "net" / i / "net", D, R));
    decoder_.push_back(residual(out / int64_t(1) / "net" / i / "net", H, R));
  }
  to_code_ = nn::Conv2d(scope / "encode_proj", D, d, nn::ConvSettings::same(1));
  from_code_ = nn::Conv2d(scope / "decode_proj", d, H, nn::ConvSettings::same(1));
  (scope / "_quantizer").buffer("levels", at::tensor(s.levels, at::kInt));
}

at::Tensor AionSegmentationMap::latent(const at::Tensor& field) const {
  if (field.dim() != 3 && !(field.dim() == 4 && field.size(1) == 1))
    base::user_error("aion_segmentation_map reads fields of shape B x H x W.");
  auto x = crop_published(field.dim() == 3 ? field.unsqueeze(1) : field, settings_.reference_behaviour).to(at::kFloat);
  x = nn::sent(x, parameters_.device());
  if (!settings_.reference_behaviour) x = at::nan_to_num(x, 0, 0, 0);
  for (const auto& down : downs_) x = at::relu(down(x));
  x = mix_(x);
  for (const auto& layer : encoder_) x = layer(x);
  return to_code_(x);
}

at::Tensor AionSegmentationMap::ids(const at::Tensor& latent) const {
  return grid_ids(fsq_, latent, settings_.reference_behaviour);
}

at::Tensor AionSegmentationMap::margin(const at::Tensor& latent) const { return grid_margin(fsq_, latent); }

at::Tensor AionSegmentationMap::draw(const at::Tensor& codes) const {
  auto x = unmix_(from_code_(codes));
  for (const auto& layer : decoder_) x = layer(x);
  for (const auto& up : ups_) x = up(at::relu(x));
  const double d = settings_.output_activation_extension;
  return (at::sigmoid(x) * (1 + 2 * d) - d).squeeze(1);
}

at::Tensor AionSegmentationMap::decode(const at::Tensor& ids) const {
  return draw(nn::sent(grid_codes(fsq_, ids, settings_.reference_behaviour), parameters_.device())).clamp(0, 1);
}

Tokens AionSegmentationMap::encode(const modalities::Block& block) const {
  at::NoGradGuard no_grad;
  const auto fields = fields_of(block);
  auto out = at::zeros({fields.present_B.size(0), num_tokens()}, at::kLong);
  const auto rows = at::nonzero(fields.present_B).squeeze(1);
  for (int64_t first = 0; first < rows.size(0); first += kChunk) {
    const auto some = rows.narrow(0, first, std::min(kChunk, rows.size(0) - first));
    out.index_copy_(0, some, ids(latent(fields.value_BHW.index_select(0, some)).to(at::kCPU)));
  }
  return {out, fields.present_B.clone()};
}

modalities::Block AionSegmentationMap::decode(const Tokens& tokens, const DecodeRequest&) const {
  at::NoGradGuard no_grad;
  check_tokens(tokens, num_tokens(), vocabulary(), kind());
  const int64_t n = tokens.ids.size(0);
  auto out = modalities::make_maps(n, {{"segmentation", ""}}, kPublishedSize, kPublishedSize, 0, false, false);
  if (n == 0) return out;
  const auto present = tokens.present.view({n, 1, 1});
  std::vector<at::Tensor> drawn;
  for (int64_t first = 0; first < n; first += kChunk)
    drawn.push_back(decode(tokens.ids.narrow(0, first, std::min(kChunk, n - first))).to(at::kCPU));
  const auto value = at::where(present, at::cat(drawn), at::zeros({}));
  copy_into(out.present, tokens.present);
  copy_into(out.value, value);
  copy_into(out.ivar, present.expand(value.sizes()).to(at::kFloat));
  copy_into(out.mask, present.logical_not().expand(value.sizes()));
  return out;
}

nn::Outcome AionSegmentationMap::loss(const modalities::Block& block) {
  const auto fields = fields_of(block);
  const auto rows = at::nonzero(fields.present_B).squeeze(1);
  if (rows.size(0) == 0)
    nn::nothing_to_learn("{}: none of the {} objects has a good pixel.", kind(), fields.present_B.size(0));
  const auto device = parameters_.device();
  const auto value = nn::sent(fields.value_BHW.index_select(0, rows), device);
  const auto good_BHW = nn::sent(fields.good_BHW.index_select(0, rows).to(at::kFloat), device);
  const auto good = crop_published(good_BHW.unsqueeze(1), false).squeeze(1);
  const auto quantised = fsq_(latent(value).permute({0, 2, 3, 1}));
  const auto drawn = draw(quantised.codes.permute({0, 3, 1, 2}));
  const auto residual = crop_published(value.unsqueeze(1), false).squeeze(1) - drawn;
  nn::Outcome out;
  out.loss = (residual.square() * good).sum() / good.sum().clamp_min(1);
  out.weight = double(rows.size(0));
  at::NoGradGuard no_grad;
  out.figures = nn::codebook_use(quantised.ids, vocabulary());
  return out;
}

void AionSegmentationMap::save(const std::filesystem::path& folder) const {
  auto copy = settings_;
  auto extras = extras_;
  if (settings_.ema_model_weights && extras.empty())  // the package insists on the copy
    for (const auto& [name, tensor] : parameters_.all()) extras["ema.module." + name] = tensor;
  write_published(folder, config::fields_of(copy),
                  {"decoder_input_dim", "embedding_dim", "output_activation_extension", "lr_warmup",
                   "begin_cosine_annealing", "lr_cosine_period"},
                  parameters_, extras);
}

}  // namespace asterism::tokenizers::aion
