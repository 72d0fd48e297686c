#include "models/specformer_loss.h"

#include "base/error.h"
#include "base/random.h"
#include "modalities/spectrum.h"
#include "models/without_pixels.h"
#include "models/wrap.h"
#include "nn/device.h"
#include "nn/losses.h"
#include "nn/nothing_to_learn.h"

namespace asterism::models {
namespace {

constexpr double kHuber = 5, kLargest = 1e6, kLargestWeight = 1e12;

at::Tensor good_pixels(const modalities::SpectrumBlock& spectra) {
  const int64_t n = spectra.n, L = spectra.length;
  return wrap(spectra.mask, {n, L}).eq(0).logical_and(wrap(spectra.ivar, {n, L}).gt(0));
}

const modalities::SpectrumBlock& spectra_of(const modalities::Batch& batch, const std::string& modality) {
  const auto found = batch.blocks.find(modality);
  if (found == batch.blocks.end()) base::user_error("the batch has no '{}'", modality);
  const auto* spectra = std::get_if<modalities::SpectrumBlock>(&found->second);
  if (spectra == nullptr)
    base::user_error("'{}' is a spectrum for this model, but the batch holds a {}: check the modality's name", modality,
                     modalities::kind(found->second));
  return *spectra;
}

// Objects with good pixels on both sides; hidden [N, L] of all of them becomes that of these.
std::vector<int64_t> learnable(const modalities::SpectrumBlock& spectra, at::Tensor& hidden_NL) {
  const auto good = good_pixels(spectra);
  const auto both = good.logical_and(hidden_NL)
                        .any(1)
                        .logical_and(good.logical_and(hidden_NL.logical_not()).any(1))
                        .logical_and(wrap(spectra.present, {spectra.n}).to(at::kBool));
  const auto rows = both.nonzero().squeeze(1).contiguous();
  hidden_NL = hidden_NL.index_select(0, rows);
  return {rows.const_data_ptr<int64_t>(), rows.const_data_ptr<int64_t>() + rows.numel()};
}

// Rebuilt slices beside the truth: residual and what each number counts, [B, T - 1, slice].
void add_losses(nn::Outcome& out, const SpecFormerSettings& s, double error_floor, const at::Tensor& rebuilt,
                const at::Tensor& target, const at::Tensor& ivar_BL, const SpectrumLevel& level,
                const at::Tensor& counted) {
  const auto weight = counted.to(at::kFloat);
  const auto ivar =
      sliced((ivar_BL.to(at::kDouble) * level.deviation_B1.square()).clamp(0, kLargestWeight), s.slice, s.overlap);
  const auto residual = rebuilt.to(at::kFloat) - target;
  if (!out.loss.defined()) {
    const auto sigma = (1 / ivar.clamp_min(1 / kLargestWeight) + error_floor * error_floor).sqrt();
    out.loss = nn::weighted_mean(nn::huber(residual / sigma.to(at::kFloat), kHuber), weight);
  }
  const auto chi2 = (residual.detach().to(at::kDouble).square() * ivar).clamp_max(kLargestWeight);
  out.figures["chi2"] = nn::weighted_mean(chi2, weight.to(at::kDouble));
}

// Do the stretches leave pixels to see?
bool leaves_something(const SpecFormerSettings& s, const SpecFormerMaskSettings& mask, int64_t pixels) {
  const int64_t step = s.slice - s.overlap, part = slices_of(pixels, s.slice, s.overlap) / mask.chunks;
  return step * (mask.chunk_tokens - 1) + s.slice < step * part;
}

// hidden_pixels of each spectrum by its own length; nothing of those that are too short, unless all are.
at::Tensor hidden_of_each(const SpecFormerSettings& s, const SpecFormerMaskSettings& mask, const at::Tensor& padding_NL,
                          const at::Tensor& start) {
  const auto length_N = padding_NL.logical_not().sum(1);
  const int64_t longest = length_N.max().item<int64_t>();
  if (!leaves_something(s, mask, longest)) return hidden_pixels(s, mask, longest, start);
  auto out = at::zeros_like(padding_NL);
  for (int64_t i = 0; i < out.size(0); ++i) {
    const auto length = length_N[i].item<int64_t>();
    if (leaves_something(s, mask, length))
      out[i].narrow(0, 0, length).copy_(hidden_pixels(s, mask, length, start.narrow(0, i, 1))[0]);
  }
  return out;
}

// mask_stretches of each spectrum among the tokens that it has.
at::Tensor stretches_of_each(const at::Tensor& tokens, const at::Tensor& usable_BT, const SpecFormerMaskSettings& mask,
                             const at::Tensor& start) {
  if (!usable_BT.defined()) return mask_stretches(tokens, mask.chunks, mask.chunk_tokens, start);
  auto out = tokens.clone();
  for (int64_t i = 0; i < out.size(0); ++i) {
    auto own = out.narrow(0, i, 1).narrow(1, 0, usable_BT[i].sum().item<int64_t>());
    own.copy_(mask_stretches(own, mask.chunks, mask.chunk_tokens, start.narrow(0, i, 1)));
  }
  return out;
}

}  // namespace

void SpecFormerMaskSettings::describe(config::Fields& f) {
  f.add("chunks", chunks, "stretches that are hidden, one in each so-manieth of the spectrum").between(1, 4096);
  f.add("chunk_tokens", chunk_tokens, "slices of each").between(1, 4096);
  f.add("as_published", as_published,
        "whole tokens are hidden, seen in part through the slices beside them and in the level; mean squared error");
  f.add("error_floor", error_floor, "of the spectrum's deviation, added to the noise in the loss").between(1e-4, 10);
}

at::Tensor draw_starts(const modalities::Batch& batch, int64_t chunks, const DrawKey& key) {
  auto out = at::empty({batch.size(), chunks});
  auto* values = out.data_ptr<float>();
  for (const auto& object : batch.objects) {
    base::Random random(key.seed, uint64_t(key.epoch), object.hash(), "specformer");
    for (int64_t c = 0; c < chunks; ++c) *values++ = std::min(float(random.uniform()), 1 - 1e-6F);
  }
  return out;
}

at::Tensor hidden_pixels(const SpecFormerSettings& s, const SpecFormerMaskSettings& mask, int64_t pixels,
                         const at::Tensor& start_share) {
  const int64_t slices = slices_of(pixels, s.slice, s.overlap), step = s.slice - s.overlap;
  const int64_t part = slices / mask.chunks, hidden = step * (mask.chunk_tokens - 1) + s.slice;
  if (!leaves_something(s, mask, pixels))
    base::user_error(
        "{} stretches of {} slices leave nothing to see of spectra of {} pixels ({} slices): set chunks or "
        "chunk_tokens lower",
        mask.chunks, mask.chunk_tokens, pixels, slices);
  const auto whole = start_share.options().dtype(at::kLong);
  const auto room = double(part - mask.chunk_tokens + 1);
  const auto first = (at::arange(mask.chunks, whole) * part + (start_share * room).floor().to(at::kLong)) * step;
  const auto place = at::arange(pixels, whole).view({1, 1, pixels});
  return place.ge(first.unsqueeze(-1)).logical_and(place.lt(first.unsqueeze(-1) + hidden)).any(1);
}

SeenSpectra see_spectra(const SpecFormer& encoder, const modalities::SpectrumBlock& spectra,
                        const SpectrumInputSettings& input, const at::Tensor& hidden_BL, const at::Device& device) {
  const auto flux = nn::onto(device, prepare_spectra(without_pixels(spectra, hidden_BL), input, false));
  const auto padding = padding_of(spectra, input, device);
  auto hidden = nn::onto(device, hidden_BL);
  if (padding.defined()) hidden = hidden.logical_or(padding);
  const auto& s = encoder.settings();
  SeenSpectra out;
  out.level = level_of(flux, hidden);
  out.tokens_BTS = encoder.tokens(flux, out.level, hidden);
  if (padding.defined()) out.usable_BT = tokens_before(padding, s.slice, s.overlap);
  return out;
}

RebuiltSpectra rebuild_spectra(const SpecFormer& encoder, const modalities::SpectrumBlock& spectra,
                               const SpectrumInputSettings& input, const at::Tensor& hidden_BL,
                               const at::Device& device) {
  const at::NoGradGuard no_grad;
  const auto& s = encoder.settings();
  const auto seen = see_spectra(encoder, spectra, input, hidden_BL, device);
  const auto tokens = encoder.rebuild(encoder(seen.tokens_BTS, -1, {}, seen.usable_BT)).to(at::kDouble);
  const int64_t slices = tokens.size(1) - 1, step = s.slice - s.overlap, L = spectra.length;
  const auto there_BT =
      (seen.usable_BT.defined() ? seen.usable_BT : at::ones({spectra.n, slices + 1}, tokens.options())).to(at::kDouble);
  auto sum_BL = at::zeros({spectra.n, L}, tokens.options()), count_BL = at::zeros_like(sum_BL);
  for (int64_t t = 0; t < slices; ++t) {
    const auto there_B1 = there_BT.narrow(1, t + 1, 1);
    sum_BL.narrow(1, t * step, s.slice).add_(tokens.select(1, t + 1).narrow(1, 2, s.slice) * there_B1);
    count_BL.narrow(1, t * step, s.slice).add_(there_B1);
  }
  const auto flux = sum_BL / count_BL.clamp_min(1) * seen.level.deviation_B1 + seen.level.mean_B1;
  return {flux.to(at::kFloat).to(at::kCPU), count_BL.gt(0).to(at::kCPU)};
}

nn::Outcome specformer_loss(const SpecFormer& encoder, const modalities::Batch& batch,
                            const SpectrumInputSettings& input, const SpecFormerMaskSettings& mask, const DrawKey& key,
                            const at::Device& device) {
  const auto& s = encoder.settings();
  const auto& all = spectra_of(batch, input.modality);
  auto start = draw_starts(batch, mask.chunks, key);
  const auto padding = padding_of(all, input);
  auto hidden = padding.defined() ? hidden_of_each(s, mask, padding, start) : hidden_pixels(s, mask, all.length, start);
  const auto rows = learnable(all, hidden);
  if (rows.empty())
    nn::nothing_to_learn("none of the {} objects of the batch has pixels of '{}' to see and to rebuild", batch.size(),
                         input.modality);
  const auto spectra = modalities::select(all, rows);
  start = start.index_select(0, copied(rows));
  uint64_t mixed = uint64_t(key.epoch);
  for (const auto& object : batch.objects) mixed = mixed * 0x9e3779b97f4a7c15ULL + object.hash();
  const auto drop = key.training ? nn::DropKey(key.seed, mixed) : nn::DropKey();
  const auto flux = nn::onto(device, prepare_spectra(spectra, input, false));
  const auto good = sliced(nn::onto(device, good_pixels(spectra)), s.slice, s.overlap);
  const auto ivar = nn::onto(device, wrap(spectra.ivar, {spectra.n, spectra.length}));
  nn::Outcome out;
  out.weight = double(rows.size());
  const auto pixels_of = [&](const at::Tensor& x) { return x.narrow(1, 1, x.size(1) - 1).narrow(2, 2, s.slice); };
  if (mask.as_published) {
    const auto beyond = padding_of(spectra, input, device);
    const auto level = level_of(flux, beyond);
    const auto tokens = encoder.tokens(flux, level, beyond);
    const auto usable = beyond.defined() ? tokens_before(beyond, s.slice, s.overlap) : at::Tensor();
    const auto masked = stretches_of_each(tokens, usable, mask, nn::onto(device, start));
    const auto rebuilt = encoder.rebuild(encoder(masked, -1, drop, usable)).to(at::kFloat);
    out.loss = masked_token_loss(rebuilt, tokens, masked);
    const auto counted = pixels_of(masked.ne(tokens)).logical_and(good);
    add_losses(out, s, mask.error_floor, pixels_of(rebuilt), pixels_of(tokens), ivar, level, counted);
    return out;
  }
  const auto seen = see_spectra(encoder, spectra, input, hidden, device);
  const auto rebuilt = pixels_of(encoder.rebuild(encoder(seen.tokens_BTS, -1, drop, seen.usable_BT)));
  const auto target =
      ((flux.to(at::kDouble) - seen.level.mean_B1) / seen.level.deviation_B1).clamp(-kLargest, kLargest).to(at::kFloat);
  const auto counted = sliced(nn::onto(device, hidden), s.slice, s.overlap).logical_and(good);
  add_losses(out, s, mask.error_floor, rebuilt, sliced(target, s.slice, s.overlap), ivar, seen.level, counted);
  return out;
}

}  // namespace asterism::models
