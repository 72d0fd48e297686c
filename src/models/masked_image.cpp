#include "models/masked_image.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "models/crop_patches.h"
#include "models/input_units.h"
#include "models/lone_encoder.h"
#include "models/patch_sums.h"
#include "models/row_patches.h"
#include "models/wrap.h"
#include "nn/device.h"
#include "nn/losses.h"
#include "nn/nothing_to_learn.h"
#include "nn/scope.h"

namespace asterism::models {
namespace {

constexpr double kHuber = 3, kBrightest = 1e6;

nn::TransformerSettings transformer_of(const MaskedImageSettings& s, bool decoder) {
  nn::TransformerSettings t;
  t.width = decoder ? s.decoder_width : s.width;
  t.heads = decoder ? s.decoder_heads : s.heads;
  t.depth = decoder ? s.decoder_layers : s.layers;
  t.mlp_ratio = s.mlp_ratio;
  t.dropout = s.dropout;
  t.drop_path = decoder ? 0 : s.drop_path;
  return t;
}

CropEncoderSettings vision_of(const MaskedImageSettings& s) {
  CropEncoderSettings v;
  v.patch = s.patch;
  v.size = s.size;
  v.bands = s.bands;
  v.width = s.width;
  v.heads = s.heads;
  v.layers = s.layers;
  v.registers = s.registers;
  v.mlp_ratio = s.mlp_ratio;
  v.layer_scale = s.layer_scale;
  v.drop_path = s.drop_path;
  return v;
}

void check_network(const MaskedImageSettings& s) {
  const MaskedImageSettings plain;
  const bool vision = s.network == "dino";
  const auto refuse = [](const char* key, const char* network) {
    base::user_error("{} has no effect with network = \"{}\": take it out", key, network);
  };
  if (vision && s.size == 0) base::user_error("network = \"dino\" learns positions of images of one size: set size");
  if (vision && s.dropout > 0) refuse("dropout", "dino");
  if (vision && s.patch_sums) refuse("patch_sums", "dino");
  if (!vision && s.registers != plain.registers) refuse("registers", "plain");
  if (!vision && s.layer_scale != plain.layer_scale) refuse("layer_scale", "plain");
}

// A view wraps the buffers of its block, so the block itself is handed on, never a copy of what it holds.
const modalities::Block& images_of(const modalities::Batch& batch, const std::string& modality) {
  const auto found = batch.blocks.find(modality);
  if (found == batch.blocks.end()) base::user_error("the batch has no '{}'", modality);
  return found->second;
}

// asinh(flux / sigma) and which pixels are good, of these patches: [R, C, patch^2].
std::pair<at::Tensor, at::Tensor> targets_of(const InputEmbedding::View& view, const at::Tensor& object_R,
                                             const at::Tensor& patch_R) {
  const auto row = patch_R.div(view.grid.columns, "floor"), column = patch_R.remainder(view.grid.columns);
  const auto chosen = [&](const char* name) { return view.tensors.at(name).index({object_R, row, column}).flatten(2); };
  const auto good = chosen("good");
  const auto signal = (chosen("flux").to(at::kFloat) * chosen("ivar").to(at::kFloat).sqrt())
                          .clamp(-kBrightest, kBrightest)
                          .asinh()
                          .masked_fill(good.logical_not(), 0);
  return {signal, good};
}

}  // namespace

void MaskedImageSettings::describe(config::Fields& f) {
  f.add("modality", modality, "which images");
  f.add("unit", unit, "of their pixels, others are refused; taken from the data when empty");
  f.add("patch", patch, "pixels a side of a token").between(1, 1024);
  f.add("size", size, "pixels a side, cropped about the centre; 0: as they come").between(0, 65536);
  f.add("bands", bands, "bands with an embedding of their own by name, beside that by wavelength");
  f.add("width", width, "numbers a token; a multiple of heads and of 4").between(4, 16384);
  f.add("heads", heads, "attention heads").between(1, 256);
  f.add("layers", layers, "blocks of the encoder, which sees what is not hidden").between(1, 256);
  f.add("decoder_width", decoder_width, "numbers a token where patches are rebuilt; a multiple of decoder_heads")
      .between(4, 16384);
  f.add("decoder_heads", decoder_heads, "attention heads there").between(1, 256);
  f.add("decoder_layers", decoder_layers, "blocks there").between(1, 64);
  f.add("mlp_ratio", mlp_ratio, "hidden width of a block over its width").between(0.25, 16);
  f.add("dropout", dropout, "after attention and MLP, in training").between(0, 0.9);
  f.add("drop_path", drop_path, "probability that the last block's branches are skipped for an object, in training")
      .between(0, 0.9);
  f.add("network", network,
        "plain blocks over patches, or the vision transformer that dino trains: CLS, learned positions, LayerScale")
      .one_of({"plain", "dino"});
  f.add("registers", registers, "network = dino: tokens that stand for nothing").between(0, 1024);
  f.add("layer_scale", layer_scale, "network = dino: factor with which each branch starts; more for short runs")
      .between(1e-9, 10);
  f.add("patch_sums", patch_sums,
        "the light of each patch and of its quarters goes in beside its pixels, and is rebuilt as well");
  f.add("hidden_share", hidden_share, "share of the patches that is hidden").between(0.01, 0.95);
  f.add("seed", seed, "of the first weights").between(0, 9e15);
}

MaskedImage::MaskedImage(MaskedImageSettings settings, at::ScalarType dtype) : settings_(std::move(settings)) {
  const auto& s = settings_;
  if (s.width % s.heads != 0 || s.width % 4 != 0)
    base::user_error("width {} is not a multiple of 4 and of its {} heads: choose one that is", s.width, s.heads);
  if (s.decoder_width % s.decoder_heads != 0)
    base::user_error("decoder_width {} is not a multiple of its {} heads: choose one that is", s.decoder_width,
                     s.decoder_heads);
  if (s.size != 0 && s.size < 2 * s.patch)
    base::user_error("size {} is fewer than two patches of {}: nothing could be hidden and seen", s.size, s.patch);
  check_network(s);
  const nn::Scope scope(parameters_, uint64_t(s.seed), "", dtype);
  if (s.network == "dino") {
    vision_ = std::make_unique<CropEncoder>(scope / "backbone", vision_of(s));
  } else {
    input_ = std::make_unique<ValueEmbeddingImage>(scope / "input", s.modality, s.patch, s.size, s.bands, s.width,
                                                   s.patch_sums);
    encoder_ = nn::Encoder(scope / "encoder", transformer_of(s, false));
    norm_ = nn::LayerNorm(scope / "norm", s.width);
    mask_token_D_ = scope.parameter("mask_token", {s.width}, nn::Init::normal(0.02));
  }
  to_decoder_ = nn::Linear(scope / "to_decoder", s.width, s.decoder_width);
  decoder_ = nn::Encoder(scope / "decoder", transformer_of(s, true));
  decoder_norm_ = nn::LayerNorm(scope / "decoder_norm", s.decoder_width);
  output_bands_ = std::make_unique<BandEmbedding>(scope / "output_band", s.bands, s.decoder_width);
  to_pixels_ = nn::Linear(scope / "to_pixels", s.decoder_width, s.patch * s.patch);
  if (s.patch_sums) to_sums_ = nn::Linear(scope / "to_sums", s.decoder_width, kPatchRegions);
  learn_unit({});
}

void MaskedImage::learn_unit(const modalities::Batch& sample) {
  const auto found = units_in(sample, {settings_.modality});
  if (settings_.unit.empty() && !found.empty()) settings_.unit = found.front();
  if (settings_.unit.empty()) return;
  if (vision_) vision_->expect({settings_.unit});
  if (input_) input_->expect({settings_.unit});
}

InputEmbedding::View MaskedImage::look(const modalities::Block& images) const {
  return vision_ ? vision_->look(images).view : input_->view(images);
}

std::vector<uint8_t> draw_hidden_patches(const std::vector<uint8_t>& usable, int64_t patches, double share,
                                         const std::vector<uint64_t>& hashes, const DrawKey& key) {
  std::vector<uint8_t> out(usable.size(), 0);
  for (size_t i = 0; i < hashes.size(); ++i) {
    std::vector<int64_t> can;
    for (int64_t p = 0; p < patches; ++p)
      if (usable[i * size_t(patches) + size_t(p)] != 0) can.push_back(p);
    if (can.size() < 2) continue;
    base::Random random(key.seed, uint64_t(key.epoch), hashes[i], "masked image");
    random.shuffle(can);
    const auto count = int64_t(can.size());
    can.resize(size_t(std::clamp<int64_t>(std::lround(share * double(count)), 1, count - 1)));
    for (const int64_t p : can) out[i * size_t(patches) + size_t(p)] = 1;
  }
  return out;
}

MaskedImage::Encoded MaskedImage::encode(const InputEmbedding::View& view, const std::vector<uint8_t>& seen,
                                         const nn::DropKey& drop, int64_t layer) const {
  const int64_t P = view.grid.positions(), n = int64_t(seen.size()) / std::max<int64_t>(1, P);
  Encoded out;
  if (vision_) {
    auto crops = CropEncoder::Crops{view, {}};
    crops.view.usable_NP = seen;
    auto encoded = (*vision_)({crops}, drop, layer);
    out.rows_RD = encoded.rows_RD;
    out.objects = std::move(encoded.images);
    return out;
  }
  std::vector<int64_t> object, position;
  for (int64_t i = 0; i < n; ++i) {
    const auto before = int64_t(object.size());
    for (int64_t p = 0; p < P; ++p)
      if (seen[size_t(i * P + p)] != 0) object.push_back(i), position.push_back(p);
    out.objects.add(int64_t(object.size()) - before);
  }
  if (object.empty()) {
    out.rows_RD = at::zeros({0, settings_.width}, norm_.weight.options().requires_grad(false));
    return out;
  }
  const auto there = nn::onto(parameters_.device(), std::vector{copied(object), copied(position)});
  const auto x = encoder_.rows(input_->embed(view, there[0], there[1]), out.objects, drop, layer < 0 ? -1 : layer + 1);
  out.rows_RD = layer < 0 ? norm_(x) : x;
  return out;
}

MaskedImage::Encoded MaskedImage::tokens(const modalities::Block& images, const nn::DropKey& drop) const {
  return patches_of(look(images), drop, -1);
}

MaskedImage::Encoded MaskedImage::patches_of(const InputEmbedding::View& view, const nn::DropKey& drop,
                                             int64_t layer) const {
  auto all = encode(view, view.usable_NP, drop, layer);
  if (!vision_) return all;
  const int64_t before = 1 + settings_.registers;
  std::vector<int64_t> rows;
  Encoded out;
  for (int64_t i = 0; i < all.objects.groups(); ++i) {
    const int64_t first = all.objects.starts[size_t(i)] + before, end = all.objects.starts[size_t(i + 1)];
    for (int64_t r = first; r < end; ++r) rows.push_back(r);
    out.objects.add(std::max<int64_t>(0, end - first));
  }
  out.rows_RD = all.rows_RD.index_select(0, nn::onto(all.rows_RD.device(), rows));
  return out;
}

MaskedImage::Rebuilt MaskedImage::rebuild_hidden(const modalities::ImageBlock& images, const InputEmbedding::View& view,
                                                 const std::vector<uint8_t>& hidden, const nn::DropKey& drop) const {
  const int64_t P = view.grid.positions();
  auto seen = view.usable_NP;
  for (size_t k = 0; k < seen.size(); ++k)
    if (hidden[k] != 0) seen[k] = 0;
  const auto encoded = encode(view, seen, drop / 0, -1);
  // every object's rows: those seen, then those asked for
  std::vector<int64_t> order, answers, object, patch;
  nn::Ranges both;
  for (int64_t i = 0; i < images.n; ++i) {
    const auto before = int64_t(order.size());
    for (int64_t r = encoded.objects.starts[size_t(i)]; r < encoded.objects.starts[size_t(i + 1)]; ++r)
      order.push_back(r);
    for (int64_t p = 0; p < P; ++p) {
      if (hidden[size_t(i * P + p)] == 0) continue;
      answers.push_back(int64_t(order.size()));
      order.push_back(encoded.rows_RD.size(0) + int64_t(object.size()));
      object.push_back(i);
      patch.push_back(p);
    }
    both.add(int64_t(order.size()) - before);
  }
  const auto there =
      nn::onto(parameters_.device(), std::vector{copied(object), copied(patch), copied(order), copied(answers)});
  Rebuilt out{there[0], there[1], {}, {}};
  const auto asked = vision_ ? vision_->hidden_rows(view.grid.rows, view.grid.columns, out.patch_R)
                             : mask_token_D_ + input_->place(view, out.patch_R);
  const auto rows = to_decoder_(at::cat({encoded.rows_RD, asked.to(encoded.rows_RD.scalar_type())}));
  const auto x = decoder_.rows(rows.to(decoder_norm_.weight.scalar_type()).index_select(0, there[2]), both, drop / 1);
  const auto made = decoder_norm_(x).index_select(0, there[3]);
  // one answer a band: the same patch, seen through the band's gate and shift
  const auto film = (*output_bands_)(images);
  const auto of_band =
      made.unsqueeze(1) * film.gate_NCD.index_select(0, out.object_R) + film.shift_NCD.index_select(0, out.object_R);
  out.signal_RCp = to_pixels_(of_band);
  if (settings_.patch_sums) out.sums_RC5 = to_sums_(of_band);
  return out;
}

at::Tensor MaskedImage::loss_of_sums(const InputEmbedding::View& view, const Rebuilt& rebuilt, nn::Outcome& out) const {
  const auto row = rebuilt.patch_R.div(view.grid.columns, "floor"),
             column = rebuilt.patch_R.remainder(view.grid.columns);
  const auto chosen = [&](const char* name) { return view.tensors.at(name).index({rebuilt.object_R, row, column}); };
  const auto type = rebuilt.sums_RC5.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const auto sums = patch_sums(chosen("flux").to(type), chosen("ivar").to(type), chosen("good"));
  const auto known = (sums.share_RC5 > 0).to(type);
  const auto residual = rebuilt.sums_RC5.to(type) - sums.signal_RC5;
  out.figures["off_in_sums"] = nn::weighted_mean(residual.detach().abs(), known);
  return nn::weighted_mean(nn::huber(residual, kHuber), known);
}

nn::Outcome MaskedImage::loss(const modalities::Batch& batch, const DrawKey& key) const {
  const auto& block = images_of(batch, settings_.modality);
  const auto view = look(block);
  const auto& images = std::get<modalities::ImageBlock>(block);
  std::vector<uint64_t> hashes;
  uint64_t mixed = uint64_t(key.epoch);
  for (const auto& object : batch.objects) {
    hashes.push_back(object.hash());
    mixed = mixed * 0x9e3779b97f4a7c15ULL + hashes.back();
  }
  const auto hidden = draw_hidden_patches(view.usable_NP, view.grid.positions(), settings_.hidden_share, hashes, key);
  int64_t objects = 0;
  for (size_t i = 0; i < hashes.size(); ++i) {
    const auto from = hidden.begin() + int64_t(i) * view.grid.positions();
    objects += std::find(from, from + view.grid.positions(), uint8_t{1}) != from + view.grid.positions();
  }
  if (objects == 0)
    nn::nothing_to_learn("none of the {} objects of the batch has two patches of '{}' to learn from", batch.size(),
                         settings_.modality);
  const auto drop = key.training ? nn::DropKey(key.seed, mixed) : nn::DropKey();
  const auto rebuilt = rebuild_hidden(images, view, hidden, drop);
  const auto [wanted, is_good] = targets_of(view, rebuilt.object_R, rebuilt.patch_R);
  const auto type = rebuilt.signal_RCp.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const auto target = wanted.to(type), good = is_good.to(type);
  const auto residual = rebuilt.signal_RCp.to(type) - target;
  nn::Outcome out;
  out.loss = nn::weighted_mean(nn::huber(residual, kHuber), good);
  if (settings_.patch_sums) out.loss = out.loss + loss_of_sums(view, rebuilt, out);
  const auto spread = (target - nn::weighted_mean(target, good)).square() * good;
  out.figures["explained"] = 1 - (residual.detach().square() * good).sum() / spread.sum().clamp_min(1e-12);
  out.weight = double(objects);
  return out;
}

at::Tensor MaskedImage::rebuild(const modalities::Block& block, const at::Tensor& hidden_NP) const {
  const at::NoGradGuard no_grad;
  const auto view = look(block);
  const auto& images = std::get<modalities::ImageBlock>(block);
  const int64_t n = images.n, C = int64_t(images.bands.size()), P = view.grid.positions(), p = settings_.patch;
  if (hidden_NP.sizes() != at::IntArrayRef({n, P}))
    base::user_error("a choice of hidden patches for {} images of {} patches is needed", n, P);
  const auto flags = hidden_NP.to(at::kByte).contiguous();
  const std::vector<uint8_t> hidden(flags.const_data_ptr<uint8_t>(), flags.const_data_ptr<uint8_t>() + flags.numel());
  const auto rebuilt = rebuild_hidden(images, view, hidden, {});
  auto cells = at::zeros({n, P, C, p * p}, rebuilt.signal_RCp.options().dtype(at::kFloat));
  cells.index_put_({rebuilt.object_R, rebuilt.patch_R}, rebuilt.signal_RCp.to(at::kFloat));
  const int64_t rows = view.grid.rows, columns = view.grid.columns;
  const auto field = cells.view({n, rows, columns, C, p, p}).permute({0, 3, 1, 4, 2, 5});
  auto out = at::zeros({n, C, images.height, images.width});
  out.narrow(2, (images.height - rows * p) / 2, rows * p)
      .narrow(3, (images.width - columns * p) / 2, columns * p)
      .copy_(field.reshape({n, C, rows * p, columns * p}));
  return out;
}

Model::Embedded MaskedImage::embed(const modalities::Batch& batch, const EmbedRequest& request) const {
  const at::NoGradGuard no_grad;
  check_request(request, modalities(), settings_.layers);
  if (batch.size() == 0 || !batch.blocks.contains(settings_.modality)) return nothing_embedded(batch.size(), width());
  const auto encoded = patches_of(look(images_of(batch, settings_.modality)), {}, request.layer);
  return mean_of_rows(encoded.rows_RD, encoded.objects, request.normalise);
}

Model::TokenRows MaskedImage::token_rows(const modalities::Batch& batch, const EmbedRequest& request) const {
  if (request.rings > 0 || request.layer >= 0)
    base::user_error("tokens of the last block alone: leave out rings and layer");
  const auto found = batch.blocks.find(settings_.modality);
  if (batch.size() == 0 || found == batch.blocks.end()) return no_token_rows(batch.size(), width());
  const auto encoded = tokens(found->second, {});
  return {encoded.rows_RD, encoded.objects, modalities(), std::vector<int32_t>(size_t(encoded.objects.rows()), 0)};
}

std::unique_ptr<PatchEncoder> MaskedImage::patch_encoder(const std::string& modality) const {
  if (modality != settings_.modality) return nullptr;
  if (vision_) return std::make_unique<CropPatches>(*vision_);
  return std::make_unique<RowPatches>(*input_, encoder_, norm_);
}

void MaskedImage::forget(uint64_t seed) {
  auto settings = settings_;
  settings.seed = int64_t(seed);
  take_first_weights(parameters_, MaskedImage(settings).parameters_);
}

void MaskedImage::save(const std::filesystem::path& folder) const {
  auto settings = settings_;
  save_lone_encoder(folder, kind(), config::fields_of(settings), parameters_);
}

std::unique_ptr<MaskedImage> MaskedImage::load(const std::filesystem::path& folder) {
  MaskedImageSettings settings;
  auto fields = config::fields_of(settings);
  read_lone_settings(folder, "masked_image", fields);
  const nn::ValuesFollow follow(folder / "model.safetensors");
  auto model = std::make_unique<MaskedImage>(std::move(settings));
  read_lone_weights(folder, model->parameters_);
  return model;
}

}  // namespace asterism::models
