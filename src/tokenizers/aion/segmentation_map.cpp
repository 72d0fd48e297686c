#include "tokenizers/aion/segmentation_map.h"

#include <cmath>

#include "base/error.h"
#include "nn/scope.h"
#include "tokenizers/aion/fsq_grid.h"

namespace asterism::tokenizers::aion {

namespace {

// 4 x 4, twice as coarse or as fine
nn::ConvSettings step() { return {4, 2, 1, 1, true}; }

std::vector<int64_t> widths(int64_t first, int64_t full, int64_t steps) {
  std::vector<int64_t> out{first};
  for (int64_t i = steps - 1; i > 0; --i) out.push_back(full >> i);
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
  build(seed);
}

AionSegmentationMap::AionSegmentationMap(const PublishedFolder& folder) : extras_(folder.extras) {
  auto fields = config::fields_of(settings_);
  read_config(fields, folder.config_json, folder.source);
  build(0);
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

void AionSegmentationMap::build(uint64_t seed) {
  auto& s = settings_;
  if (s.variational) base::user_error("aion_segmentation_map: variational = true is not supported.");
  fsq_ = nn::Fsq(s.levels);
  const int64_t D = s.encoder_output_dim, n = s.num_downsamples, R = s.res_hidden_dims;
  const int64_t H = s.decoder_input_dim > 0 ? s.decoder_input_dim : D, d = s.embedding_dim > 0 ? s.embedding_dim : D;
  if (d != fsq_.dimensions())
    base::user_error("aion_segmentation_map: embedding_dim = {}, but {} levels.", d, fsq_.dimensions());
  if ((D >> (n - 1)) < 1 || (H >> (n - 1)) < 1)
    base::user_error("aion_segmentation_map: {} and {} channels cannot be halved {} times.", D, H, n - 1);
  const nn::Scope scope(parameters_, seed);
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

at::Tensor AionSegmentationMap::decode(const at::Tensor& ids) const {
  auto x = unmix_(from_code_(grid_codes(fsq_, ids)));
  for (const auto& layer : decoder_) x = layer(x);
  for (const auto& up : ups_) x = up(at::relu(x));
  const double d = settings_.output_activation_extension;
  return (at::sigmoid(x) * (1 + 2 * d) - d).clamp(0, 1).squeeze(1);
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
