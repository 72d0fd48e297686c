#include "models/masked_spectrum.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "models/bridged.h"
#include "models/causal_rows.h"
#include "models/input_units.h"
#include "models/lone_encoder.h"
#include "models/without_pixels.h"
#include "models/wrap.h"
#include "nn/device.h"
#include "nn/losses.h"
#include "nn/nothing_to_learn.h"
#include "nn/scope.h"

namespace asterism::models {
namespace {

constexpr double kHuber = 5, kLargest = 1e6;

nn::TransformerSettings transformer_of(const MaskedSpectrumSettings& s, int64_t depth) {
  nn::TransformerSettings t;
  t.width = s.width;
  t.heads = s.heads;
  t.depth = depth;
  t.mlp_ratio = s.mlp_ratio;
  t.dropout = s.dropout;
  return t;
}

const modalities::SpectrumBlock& spectra_of(const modalities::Batch& batch, const std::string& modality) {
  const auto found = batch.blocks.find(modality);
  if (found == batch.blocks.end()) base::user_error("the batch has no '{}'", modality);
  if (!std::holds_alternative<modalities::SpectrumBlock>(found->second))
    base::user_error("'{}' is a spectrum for this model, but the batch holds a {}: check the modality's name", modality,
                     modalities::kind(found->second));
  return std::get<modalities::SpectrumBlock>(found->second);
}

at::Tensor bytes(const std::vector<uint8_t>& values, at::IntArrayRef shape) {
  return at::from_blob(const_cast<uint8_t*>(values.data()), shape, at::kByte).to(at::kBool);
}

}  // namespace

void MaskedSpectrumSettings::describe(config::Fields& f) {
  f.add("modality", modality, "which spectra");
  f.add("unit", unit, "of their flux, others are refused; taken from the data when empty");
  f.add("patch", patch, "pixels a token").between(1, 4096);
  f.add("width", width, "numbers a token; a multiple of heads").between(4, 16384);
  f.add("heads", heads, "attention heads").between(1, 256);
  f.add("layers", layers, "blocks of the encoder, which sees what is not hidden").between(1, 256);
  f.add("decoder_layers", decoder_layers, "blocks that rebuild what is").between(1, 64);
  f.add("mlp_ratio", mlp_ratio, "hidden width of a block over its width").between(0.25, 16);
  f.add("dropout", dropout, "after attention and MLP, in training").between(0, 0.9);
  f.add("hidden_share", hidden_share, "share of the patches that is hidden").between(0.01, 0.95);
  f.add("hidden_patches", hidden_patches, "hidden in a row").between(1, 4096);
  f.add("causal", causal,
        "a patch sees those of shorter wavelengths alone, and the brightness: for comparison, slower");
  f.add("line", line, "what is rebuilt is added to a straight line between what is seen on both sides");
  f.add("error_floor", error_floor, "of the brightness, added to the noise in the loss").between(1e-4, 10);
  f.add("seed", seed, "of the first weights").between(0, 9e15);
}

MaskedSpectrum::MaskedSpectrum(MaskedSpectrumSettings settings) : settings_(std::move(settings)) {
  const auto& s = settings_;
  if (s.width % s.heads != 0)
    base::user_error("width {} is not a multiple of its {} heads: choose one that is", s.width, s.heads);
  if (s.line && s.causal) base::user_error("line looks to both sides, causal to one: set one of them to false");
  const nn::Scope scope(parameters_, uint64_t(s.seed));
  input_ = std::make_unique<ValueEmbeddingSpectrum>(scope / "input", s.modality, s.patch, s.width);
  encoder_ = nn::Encoder(scope / "encoder", transformer_of(s, s.layers));
  norm_ = nn::LayerNorm(scope / "norm", s.width);
  decoder_ = nn::Encoder(scope / "decoder", transformer_of(s, s.decoder_layers));
  decoder_norm_ = nn::LayerNorm(scope / "decoder_norm", s.width);
  to_flux_ = nn::Linear(scope / "to_flux", s.width, s.patch);
  mask_token_D_ = scope.parameter("mask_token", {s.width}, nn::Init::normal(0.02));
  learn_unit({});
}

void MaskedSpectrum::learn_unit(const modalities::Batch& sample) {
  const auto found = units_in(sample, {settings_.modality});
  if (settings_.unit.empty() && !found.empty()) settings_.unit = found.front();
  if (!settings_.unit.empty()) input_->expect({settings_.unit});
}

std::vector<uint8_t> draw_hidden(const std::vector<uint8_t>& usable, int64_t patches, double share, int64_t in_a_row,
                                 const std::vector<uint64_t>& hashes, const DrawKey& key) {
  std::vector<uint8_t> out(usable.size(), 0);
  for (size_t i = 0; i < hashes.size(); ++i) {
    const uint8_t* can = usable.data() + int64_t(i) * patches;
    uint8_t* hidden = out.data() + int64_t(i) * patches;
    const int64_t count = std::count(can, can + patches, uint8_t{1});
    if (count < 2) continue;
    const int64_t wanted = std::clamp<int64_t>(std::lround(share * double(count)), 1, count - 1);
    base::Random random(key.seed, uint64_t(key.epoch), hashes[i], "masked spectrum");
    int64_t done = 0;
    while (done < wanted) {
      // may begin before the first patch, so that those at the ends are hidden as often as any
      const int64_t start = int64_t(random.below(uint64_t(patches + in_a_row - 1))) - in_a_row + 1;
      for (int64_t p = std::max<int64_t>(0, start); p < std::min(patches, start + in_a_row) && done < wanted; ++p)
        if (can[p] && !hidden[p]) hidden[p] = 1, ++done;
    }
  }
  return out;
}

at::Tensor MaskedSpectrum::through(const nn::Encoder& blocks, const at::Tensor& x_RD, const Layout& layout,
                                   const nn::DropKey& drop, int64_t depth) const {
  return settings_.causal ? causal_rows(blocks, x_RD, layout.groups, layout.position, drop, depth)
                          : blocks.rows(x_RD, layout.groups, drop, depth);
}

// Rows of every usable token, object by object.
at::Tensor MaskedSpectrum::encode(const InputEmbedding::View& view, Layout& layout, const nn::DropKey& drop,
                                  int64_t layer) const {
  const int64_t places = view.grid.positions();
  const auto n = int64_t(view.usable_NP.size()) / std::max<int64_t>(1, places);
  auto& [object, position, groups] = layout;
  for (int64_t i = 0; i < n; ++i) {
    const auto before = int64_t(object.size());
    for (int64_t p = 0; p < places; ++p)
      if (view.usable_NP[size_t(i * places + p)]) object.push_back(i), position.push_back(p);
    groups.add(int64_t(object.size()) - before);
  }
  if (object.empty()) return at::zeros({0, settings_.width}, norm_.weight.options().requires_grad(false));
  const auto x = through(encoder_, input_->embed(view, copied(object), copied(position)), layout, drop,
                         layer < 0 ? -1 : layer + 1);
  return layer < 0 ? norm_(x) : x;
}

MaskedSpectrum::Encoded MaskedSpectrum::tokens(const modalities::Block& spectra, const nn::DropKey& drop) const {
  const auto view = input_->view(spectra);
  Layout layout;
  const auto rows_RD = encode(view, layout, drop, -1);
  return {rows_RD, std::move(layout.groups)};
}

MaskedSpectrum::Rebuilt MaskedSpectrum::rebuild_hidden(const modalities::SpectrumBlock& spectra,
                                                       const at::Tensor& hidden_NP, const nn::DropKey& drop) const {
  const auto hidden = hidden_NP.contiguous();
  const auto seen = without_pixels(spectra, pixels_of_patches(hidden, settings_.patch, spectra.length));
  const auto view = input_->view(seen);
  Layout seen_rows, both;
  const auto encoded = encode(view, seen_rows, drop / 0, -1);
  const auto places = hidden.nonzero().contiguous();  // in order of object, then patch
  const auto object_of = places.select(1, 0).contiguous();
  // every object's rows: those seen, then those asked for
  std::vector<int64_t> order, answers;
  const int64_t rows = encoded.size(0);
  int64_t next = 0;
  for (int64_t i = 0; i < spectra.n; ++i) {
    const auto before = int64_t(order.size());
    for (int64_t r = seen_rows.groups.starts[size_t(i)]; r < seen_rows.groups.starts[size_t(i + 1)]; ++r)
      order.push_back(r), both.position.push_back(seen_rows.position[size_t(r)]);
    for (; next < object_of.size(0) && object_of.const_data_ptr<int64_t>()[next] == i; ++next) {
      answers.push_back(int64_t(order.size()));
      order.push_back(rows + next);
      both.position.push_back(places.const_data_ptr<int64_t>()[2 * next + 1] + 1);
    }
    both.groups.add(int64_t(order.size()) - before);
  }
  const std::vector<at::Tensor> indices{object_of, places.select(1, 1).contiguous(), copied(order), copied(answers)};
  const auto there = nn::onto(parameters_.device(), indices);
  Rebuilt out;
  out.object_R = there[0];
  out.patch_R = there[1];
  out.scale_N = view.tensors.at("scale").to(at::kDouble);
  const auto asked = mask_token_D_ + input_->place(view, out.object_R, out.patch_R);
  const auto x = at::cat({encoded, asked.to(encoded.scalar_type())}).index_select(0, there[2]);
  out.flux_Rp = to_flux_(decoder_norm_(through(decoder_, x, both, drop / 1)).index_select(0, there[3]));
  if (settings_.line) out.flux_Rp = out.flux_Rp + line_Rp(seen, hidden, out).to(out.flux_Rp.scalar_type());
  return out;
}

// The straight line across each gap, in units of the scale.
at::Tensor MaskedSpectrum::line_Rp(const modalities::SpectrumBlock& seen, const at::Tensor& hidden_NP,
                                   const Rebuilt& rebuilt) const {
  const int64_t L = seen.length, P = hidden_NP.size(1);
  auto gap = seen;
  const auto hidden = pixels_of_patches(hidden_NP, settings_.patch, L);
  for (size_t at = 0; at < gap.mask.size(); ++at) gap.mask[at] = hidden.const_data_ptr<bool>()[at] ? 0 : 1;
  const auto line = bridged(seen, gap);
  const auto flux = at::constant_pad_nd(wrap(line.flux, {seen.n, L}), {0, P * settings_.patch - L}, 0);
  const auto there = nn::onto(parameters_.device(), flux.view({seen.n, P, settings_.patch}));
  const auto scale = rebuilt.scale_N.index_select(0, rebuilt.object_R).unsqueeze(1);
  return (there.index({rebuilt.object_R, rebuilt.patch_R}).to(at::kDouble) / scale).clamp(-kLargest, kLargest);
}

at::Tensor MaskedSpectrum::hidden_patches(const modalities::Batch& batch, const DrawKey& key) const {
  return hidden_patches(input_->view(spectra_of(batch, settings_.modality)), batch, key);
}

at::Tensor MaskedSpectrum::hidden_patches(const InputEmbedding::View& view, const modalities::Batch& batch,
                                          const DrawKey& key) const {
  const int64_t P = view.grid.positions() - 1, n = batch.size();
  std::vector<uint8_t> usable;
  for (int64_t i = 0; i < n; ++i)  // position 0 is the brightness
    usable.insert(usable.end(), view.usable_NP.begin() + i * (P + 1) + 1, view.usable_NP.begin() + (i + 1) * (P + 1));
  std::vector<uint64_t> hashes;
  for (const auto& object : batch.objects) hashes.push_back(object.hash());
  const auto hidden = draw_hidden(usable, P, settings_.hidden_share, settings_.hidden_patches, hashes, key);
  return bytes(hidden, {n, P});
}

nn::Outcome MaskedSpectrum::loss(const modalities::Batch& batch, const DrawKey& key) const {
  const auto& spectra = spectra_of(batch, settings_.modality);
  const auto view = input_->view(spectra);
  uint64_t mixed = uint64_t(key.epoch);
  for (const auto& object : batch.objects) mixed = mixed * 0x9e3779b97f4a7c15ULL + object.hash();
  const auto hidden_NP = hidden_patches(view, batch, key);
  const auto objects = hidden_NP.any(1).sum().item<int64_t>();
  if (objects == 0)
    nn::nothing_to_learn("none of the {} objects of the batch has two patches of '{}' to learn from", batch.size(),
                         settings_.modality);
  const auto drop = key.training ? nn::DropKey(key.seed, mixed) : nn::DropKey();
  const auto rebuilt = rebuild_hidden(spectra, hidden_NP, drop);
  const auto chosen = [&](const char* name) {
    return view.tensors.at(name).index({rebuilt.object_R, rebuilt.patch_R});
  };
  const auto scale = rebuilt.scale_N.index_select(0, rebuilt.object_R).unsqueeze(1);
  const auto good = chosen("good").to(at::kDouble);
  const auto flux = (chosen("flux").to(at::kDouble) / scale).clamp(-kLargest, kLargest);
  const auto ivar = (chosen("ivar").to(at::kDouble) * scale.square()).clamp(0, 1e12);
  const auto sigma = (1 / ivar.clamp_min(1e-12) + settings_.error_floor * settings_.error_floor).sqrt();
  const auto residual = rebuilt.flux_Rp.to(at::kFloat) - flux.to(at::kFloat);
  nn::Outcome out;
  out.loss = nn::weighted_mean(nn::huber(residual / sigma.to(at::kFloat), kHuber), good.to(at::kFloat));
  const auto chi2 = (residual.detach().to(at::kDouble).square() * ivar).clamp_max(1e12);
  out.figures["chi2"] = nn::weighted_mean(chi2, good);
  out.weight = double(objects);
  return out;
}

at::Tensor MaskedSpectrum::rebuild(const modalities::SpectrumBlock& spectra, const at::Tensor& hidden_NP) const {
  at::NoGradGuard no_grad;
  const int64_t P = (spectra.length + settings_.patch - 1) / settings_.patch;
  if (hidden_NP.sizes() != at::IntArrayRef({spectra.n, P}))
    base::user_error("a choice of hidden patches for {} spectra of {} patches is needed", spectra.n, P);
  const auto rebuilt = rebuild_hidden(spectra, hidden_NP.to(at::kBool), {});
  auto out = at::zeros({spectra.n, P, settings_.patch}, rebuilt.flux_Rp.options().dtype(at::kFloat));
  const auto flux = rebuilt.flux_Rp.to(at::kDouble) * rebuilt.scale_N.index_select(0, rebuilt.object_R).unsqueeze(1);
  out.index_put_({rebuilt.object_R, rebuilt.patch_R}, flux.to(at::kFloat));
  return out.flatten(1).narrow(1, 0, spectra.length).contiguous().to(at::kCPU);
}

Model::Embedded MaskedSpectrum::embed(const modalities::Batch& batch, const EmbedRequest& request) const {
  const at::NoGradGuard no_grad;
  check_request(request, modalities(), settings_.layers);
  if (batch.size() == 0 || !batch.blocks.contains(settings_.modality)) return nothing_embedded(batch.size(), width());
  const auto view = input_->view(spectra_of(batch, settings_.modality));
  Layout layout;
  const auto encoded = encode(view, layout, {}, request.layer);
  return mean_of_rows(encoded, layout.groups, request.normalise);
}

Model::TokenRows MaskedSpectrum::token_rows(const modalities::Batch& batch, const EmbedRequest& request) const {
  if (request.rings > 0 || request.layer >= 0)
    base::user_error("tokens of the last block alone: leave out rings and layer");
  const auto found = batch.blocks.find(settings_.modality);
  if (batch.size() == 0 || found == batch.blocks.end()) return no_token_rows(batch.size(), width());
  const auto encoded = tokens(found->second, {});
  return {encoded.rows_RD, encoded.objects, modalities(), std::vector<int32_t>(size_t(encoded.objects.rows()), 0)};
}

void MaskedSpectrum::forget(uint64_t seed) {
  auto settings = settings_;
  settings.seed = int64_t(seed);
  take_first_weights(parameters_, MaskedSpectrum(settings).parameters_);
}

void MaskedSpectrum::save(const std::filesystem::path& folder) const {
  auto settings = settings_;
  save_lone_encoder(folder, kind(), config::fields_of(settings), parameters_);
}

std::unique_ptr<MaskedSpectrum> MaskedSpectrum::load(const std::filesystem::path& folder) {
  MaskedSpectrumSettings settings;
  auto fields = config::fields_of(settings);
  read_lone_settings(folder, "masked_spectrum", fields);
  const nn::ValuesFollow follow(folder / "model.safetensors");
  auto model = std::make_unique<MaskedSpectrum>(std::move(settings));
  read_lone_weights(folder, model->parameters_);
  return model;
}

}  // namespace asterism::models
