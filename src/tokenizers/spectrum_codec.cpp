#include "tokenizers/spectrum_codec.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "nn/autocast.h"
#include "nn/losses.h"
#include "nn/nothing_to_learn.h"
#include "nn/transfer.h"
#include "tokenizers/block_tensors.h"
#include "tokenizers/tokenizer_folder.h"

namespace asterism::tokenizers {

namespace {

constexpr double kLargest = 12;  // of asinh(flux / scale) that the decoder may draw

int64_t product(const std::vector<int64_t>& values) {
  return std::accumulate(values.begin(), values.end(), int64_t{1}, std::multiplies<>());
}

nn::ConvNextSettings encoder_settings(const SpectrumCodecSettings& s) {
  nn::ConvNextSettings out;
  out.dimensions = 1;
  out.channels = 3;
  out.depths = s.depths;
  out.widths = s.widths;
  out.strides = s.strides;
  return out;
}

void check(const SpectrumCodecSettings& s) {
  if (s.widths.empty() || s.widths.size() != s.depths.size() || s.widths.size() != s.strides.size())
    base::user_error("spectrum_conv: {} widths, {} depths and {} strides; give one of each per stage.", s.widths.size(),
                     s.depths.size(), s.strides.size());
  const int64_t step = product(s.strides);
  if (s.pixels % step != 0)
    base::user_error("spectrum_conv: pixels = {} is no multiple of the strides' product {}; the nearest is {}.",
                     s.pixels, step, std::max(step, (s.pixels + step / 2) / step * step));
}

}  // namespace

void SpectrumCodecSettings::describe(config::Fields& f) {
  SpectrumGridSettings::describe(f);
  f.add("strides", strides, "how much each stage shortens the spectrum").between(1, 64);
  f.add("depths", depths, "ConvNeXt blocks of each stage").between(0, 100);
  f.add("widths", widths, "channels of each stage").between(1, 8192);
  f.add("output_width", output_width, "channels at full resolution, before the flux is drawn").between(1, 8192);
  f.add("output_depth", output_depth, "ConvNeXt blocks at full resolution").between(0, 100);
  QuantiserSettings::describe(f);
  f.add("error_floor", error_floor, "of the scale, added in quadrature to the noise in the loss").between(0, 10);
  f.add("huber_sigma", huber_sigma, "residuals beyond count linearly; 0: plain chi^2").between(0, 1e6);
}

SpectrumCodec::SpectrumCodec(SpectrumCodecSettings settings, uint64_t seed) : settings_(std::move(settings)) {
  check(settings_);
  grid_ = SpectrumGrid(settings_, kind());
  const nn::Scope scope(parameters_, seed);
  const int64_t width = settings_.widths.back();
  quantiser_ = nn::Quantiser(scope / "quantiser", settings_);
  const int64_t code = quantiser_.dimensions();
  encoder_ = nn::ConvNextEncoder(scope / "encoder", encoder_settings(settings_));
  to_code_ = nn::Linear(scope / "to_code", width, code, false);
  code_norm_ = nn::Whitening(scope / "code_norm", code);
  from_code_ = nn::Linear(scope / "from_code", code, width);
  decoder_ = nn::ConvNextDecoder(
      scope / "decoder", nn::mirrored(encoder_settings(settings_), settings_.output_width, settings_.output_depth));
  output_norm_ = nn::LayerNorm(scope / "output_norm", settings_.output_width);
  output_ = nn::Linear(scope / "output", settings_.output_width, 1);
}

int64_t SpectrumCodec::code_vocabulary() const { return quantiser_.vocabulary(); }

int64_t SpectrumCodec::vocabulary() const { return std::max(code_vocabulary(), settings_.norm_bins); }

int64_t SpectrumCodec::num_tokens() const { return 1 + settings_.pixels / product(settings_.strides); }

at::Tensor SpectrumCodec::encode_latent(const at::Tensor& flux_ML, const at::Tensor& ivar_ML) const {
  // A flag where nothing was observed, not where something was: all channels zero would be all zeros after each layer,
  // and the gradient of a norm of zeros, layer upon layer, is infinite.
  const auto missing = (ivar_ML <= 0).to(at::kFloat);
  const auto channels = at::stack({at::asinh(flux_ML), at::log1p(ivar_ML) * 0.5, missing}, 1);
  return code_norm_(to_code_(encoder_(channels).transpose(1, 2)));
}

at::Tensor SpectrumCodec::decode_codes(const at::Tensor& codes_MTd) const {
  const auto rows = decoder_(from_code_(codes_MTd).transpose(1, 2)).transpose(1, 2);
  const auto drawn = output_(output_norm_(rows)).squeeze(-1).to(at::kFloat);
  return at::sinh(drawn.clamp(-kLargest, kLargest));
}

Tokens SpectrumCodec::encode(const modalities::Block& block) const {
  at::NoGradGuard no_grad;
  const auto input = grid_.prepare(block);
  Tokens out{at::zeros({input.n, num_tokens()}, at::kLong), at::zeros({input.n}, at::kBool)};
  nn::Answers answers;
  for (int64_t start = 0; start < input.rows_M.size(0); start += SpectrumGrid::kChunk) {
    const int64_t m = std::min(SpectrumGrid::kChunk, input.rows_M.size(0) - start);
    const auto part = [&](const at::Tensor& x) { return nn::sent(x.narrow(0, start, m), parameters_.device()); };
    const auto codes = quantiser_(encode_latent(part(input.flux_ML), part(input.ivar_ML))).ids;
    answers.add(codes, [&out, &input, start, m](const at::Tensor& found) {
      const auto ids = at::cat({input.norm_ids_M.narrow(0, start, m).unsqueeze(1), found}, 1);
      out.ids.index_copy_(0, input.rows_M.narrow(0, start, m), ids);
    });
  }
  answers.finish();
  out.present.index_fill_(0, input.rows_M, 1);
  return out;
}

modalities::Block SpectrumCodec::decode(const Tokens& tokens, const DecodeRequest& request) const {
  at::NoGradGuard no_grad;
  check_tokens(tokens, num_tokens(), vocabulary(), kind());
  return grid_.drawn(tokens, request, [this](const at::Tensor& ids_MT) {
    return decode_codes(quantiser_.codes(nn::sent(ids_MT.narrow(1, 1, ids_MT.size(1) - 1), parameters_.device())));
  });
}

nn::Outcome SpectrumCodec::learn(const Lesson& lesson) {
  std::vector<at::Tensor> fluxes, ivars;
  int64_t objects = 0;
  for (const auto* block : lesson.blocks) {
    auto part = grid_.prepare(*block);
    objects += part.n;
    if (part.rows_M.size(0) == 0) continue;
    fluxes.push_back(nn::sent(part.flux_ML, parameters_.device()));
    ivars.push_back(nn::sent(part.ivar_ML, parameters_.device()));
  }
  if (fluxes.empty())
    nn::nothing_to_learn("spectrum_conv: none of the {} objects has a good pixel on the latent grid.", objects);
  const auto flux = fluxes.size() == 1 ? fluxes[0] : at::cat(fluxes),
             ivar = ivars.size() == 1 ? ivars[0] : at::cat(ivars);
  const int64_t present = flux.size(0);
  const auto quantised = quantiser_(encode_latent(flux, ivar));
  const auto residual = flux - decode_codes(quantised.codes);
  const auto weight = ivar / (ivar * (settings_.error_floor * settings_.error_floor) + 1);
  const auto good = (ivar > 0).to(at::kFloat);
  const auto pixels = good.sum(1);
  // half chi^2 per pixel, every object counting alike
  const auto each = (nn::huber(residual * weight.sqrt(), settings_.huber_sigma) * good).sum(1) / pixels;
  const auto reconstruction = each.mean();
  nn::Outcome out;
  out.loss = reconstruction + quantised.penalty;
  out.weight = double(present);
  at::NoGradGuard no_grad;
  out.figures = nn::codebook_use(quantised.ids, code_vocabulary());
  for (const auto& entry : quantised.figures) out.figures[entry.first] = entry.second;
  out.figures["reconstruction"] = reconstruction.detach();
  out.figures["penalty"] = quantised.penalty.detach();
  out.figures["chi2_per_pixel"] = (residual.detach().square() * ivar).sum() / pixels.sum();
  return out;
}

void SpectrumCodec::save(const std::filesystem::path& folder) const {
  auto copy = settings_;
  write_folder(folder, kind(), config::to_json(config::fields_of(copy)), parameters_);
}

}  // namespace asterism::tokenizers
