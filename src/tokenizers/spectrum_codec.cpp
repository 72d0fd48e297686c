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
#include "tokenizers/in_unit.h"
#include "tokenizers/rebin.h"
#include "tokenizers/tokenizer_folder.h"

namespace asterism::tokenizers {

namespace {

constexpr int64_t kChunk = 64;   // objects through the network at a time when nothing is learned: bounds memory
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
  if (s.wavelength_low >= s.wavelength_high)
    base::user_error("spectrum_conv: wavelength_low = {} is not below wavelength_high = {}.", s.wavelength_low,
                     s.wavelength_high);
  if (s.norm_low >= s.norm_high)
    base::user_error("spectrum_conv: norm_low = {} is not below norm_high = {}.", s.norm_low, s.norm_high);
  const int64_t step = product(s.strides);
  if (s.pixels % step != 0)
    base::user_error("spectrum_conv: pixels = {} is no multiple of the strides' product {}; the nearest is {}.",
                     s.pixels, step, std::max(step, (s.pixels + step / 2) / step * step));
}

// The middle of the values, which are reordered.
float median(std::vector<float>& values) {
  const auto middle = values.begin() + int64_t(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// How bright the spectrum is beside its noise: never zero while a pixel is good.
float robust_scale(const float* flux, const float* ivar, int64_t pixels) {
  std::vector<float> values, noise;
  for (int64_t i = 0; i < pixels; ++i) {
    if (ivar[i] <= 0) continue;
    values.push_back(flux[i]);
    noise.push_back(1 / std::sqrt(ivar[i]));
  }
  return std::hypot(std::max(0.0f, median(values)), median(noise));
}

}  // namespace

void SpectrumCodecSettings::describe(config::Fields& f) {
  f.add("unit", unit, "of the flux density");
  f.add("wavelength_low", wavelength_low, "lower edge of the latent grid, Angstrom in vacuum").between(1, 1e8);
  f.add("wavelength_high", wavelength_high, "upper edge").between(1, 1e8);
  f.add("pixels", pixels, "of the latent grid; a multiple of the product of the strides").between(1, 1 << 20);
  f.add("spacing", spacing, "of the latent grid").one_of({"log", "linear"});
  f.add("strides", strides, "how much each stage shortens the spectrum").between(1, 64);
  f.add("depths", depths, "ConvNeXt blocks of each stage").between(0, 100);
  f.add("widths", widths, "channels of each stage").between(1, 8192);
  f.add("output_width", output_width, "channels at full resolution, before the flux is drawn").between(1, 8192);
  f.add("output_depth", output_depth, "ConvNeXt blocks at full resolution").between(0, 100);
  QuantiserSettings::describe(f);
  f.add("norm_bins", norm_bins, "codes of the normalisation token").between(2, 65536);
  f.add("norm_low", norm_low, "its lowest log10 of the scale").between(-30, 30);
  f.add("norm_high", norm_high, "its highest").between(-30, 30);
  f.add("error_floor", error_floor, "of the scale, added in quadrature to the noise in the loss").between(0, 10);
  f.add("huber_sigma", huber_sigma, "residuals beyond count linearly; 0: plain chi^2").between(0, 1e6);
}

SpectrumCodec::SpectrumCodec(SpectrumCodecSettings settings, uint64_t seed) : settings_(std::move(settings)) {
  check(settings_);
  edges_ =
      grid_edges(settings_.wavelength_low, settings_.wavelength_high, settings_.pixels, settings_.spacing == "log");
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

std::vector<double> SpectrumCodec::latent_wavelengths() const {
  std::vector<double> out;
  for (size_t i = 0; i + 1 < edges_.size(); ++i)
    out.push_back(settings_.spacing == "log" ? std::sqrt(edges_[i] * edges_[i + 1]) : (edges_[i] + edges_[i + 1]) / 2);
  return out;
}

at::Tensor SpectrumCodec::scale_of(const at::Tensor& norm_ids) const {
  const double step = (settings_.norm_high - settings_.norm_low) / double(settings_.norm_bins);
  const auto exponent = (norm_ids.to(at::kDouble) + 0.5) * step + settings_.norm_low;
  return at::pow(10.0, exponent).to(at::kFloat);
}

SpectrumCodec::Input SpectrumCodec::prepare(const modalities::Block& block) const {
  at::NoGradGuard no_grad;
  const InUnit given(block, "spectrum", settings_.unit, kind());
  const auto& b = spectrum_of(*given, kind());
  const int64_t L = settings_.pixels;
  const auto flux = at::empty({b.n, L}), ivar = at::empty({b.n, L});
  std::vector<float> scales;
  std::vector<int64_t> rows;
  const double step = (settings_.norm_high - settings_.norm_low) / double(settings_.norm_bins);
  for (int64_t row = 0; row < b.n; ++row) {
    if (!b.present[size_t(row)]) continue;
    const size_t start = size_t(row * b.length), length = size_t(b.length);
    const SpectrumRow spectrum{{b.wavelength_angstrom.data() + start, length},
                               {b.flux.data() + start, length},
                               {b.ivar.data() + start, length},
                               {b.mask.data() + start, length}};
    float* f = flux.data_ptr<float>() + int64_t(rows.size()) * L;
    float* v = ivar.data_ptr<float>() + int64_t(rows.size()) * L;
    if (!rebin(spectrum, edges_, {f, size_t(L)}, {v, size_t(L)}))
      base::user_error(
          "spectrum_conv: wavelength_angstrom of object {} does not increase strictly up to its padding of zeros.",
          row);
    if (std::none_of(v, v + L, [](float x) { return x > 0; })) continue;
    scales.push_back(std::log10(std::max(robust_scale(f, v, L), 1e-30f)));
    rows.push_back(row);
  }
  Input out;
  out.n = b.n;
  out.rows_M = at::tensor(rows, at::kLong);
  const auto place = at::floor((at::tensor(scales, at::kDouble) - settings_.norm_low) / step);
  out.norm_ids_M = place.clamp(0, double(settings_.norm_bins - 1)).to(at::kLong);
  const auto scale = scale_of(out.norm_ids_M).unsqueeze(1);
  const int64_t M = int64_t(rows.size());
  out.flux_ML = flux.narrow(0, 0, M).div_(scale);
  out.ivar_ML = ivar.narrow(0, 0, M).mul_(scale.square()).clamp_max_(1e30);
  return out;
}

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
  const auto input = prepare(block);
  Tokens out{at::zeros({input.n, num_tokens()}, at::kLong), at::zeros({input.n}, at::kBool)};
  nn::Answers answers;
  for (int64_t start = 0; start < input.rows_M.size(0); start += kChunk) {
    const int64_t m = std::min(kChunk, input.rows_M.size(0) - start);
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
  const auto rows = at::nonzero(tokens.present).squeeze(1);
  const auto ids = tokens.ids.index_select(0, rows);
  if (ids.numel() > 0 && ids.select(1, 0).max().item<int64_t>() >= settings_.norm_bins)
    base::user_error("spectrum_conv: token 0 is the normalisation, 0..{}; {} is none.", settings_.norm_bins - 1,
                     ids.select(1, 0).max().item<int64_t>());
  std::vector<float> wavelength(request.wavelength_angstrom.begin(), request.wavelength_angstrom.end());
  if (wavelength.empty())
    for (const double w : latent_wavelengths()) wavelength.push_back(float(w));
  for (size_t i = 0; i < wavelength.size(); ++i)
    if (!(wavelength[i] > 0) || !std::isfinite(wavelength[i]) || (i > 0 && !(wavelength[i] > wavelength[i - 1])))
      base::user_error("spectrum_conv: wavelengths to decode onto must increase strictly; entry {} is {}.", i,
                       wavelength[i]);
  const auto places = interpolation(edges_, settings_.spacing == "log", wavelength);
  const auto left = at::tensor(places.left, at::kLong), inside = at::tensor(places.inside, at::kByte).to(at::kBool);
  const auto right = (left + 1).clamp_max(settings_.pixels - 1);
  const auto share = at::tensor(places.weight);

  const int64_t n = tokens.ids.size(0), length = int64_t(wavelength.size());
  const auto flux = at::zeros({n, length});
  nn::Answers answers;
  for (int64_t start = 0; start < rows.size(0); start += kChunk) {
    const int64_t m = std::min(kChunk, rows.size(0) - start);
    const auto part = ids.narrow(0, start, m);
    const auto codes = quantiser_.codes(nn::sent(part.narrow(1, 1, part.size(1) - 1), parameters_.device()));
    answers.add(decode_codes(codes), [&, part, start, m](const at::Tensor& answer) {
      const auto latent = answer * scale_of(part.narrow(1, 0, 1));
      const auto drawn = at::lerp(latent.index_select(1, left), latent.index_select(1, right), share) * inside;
      flux.index_copy_(0, rows.narrow(0, start, m), drawn);
    });
  }
  answers.finish();
  const auto good = at::logical_and(tokens.present.unsqueeze(1), inside.unsqueeze(0));
  modalities::SpectrumBlock out;
  out.n = n;
  out.length = length;
  out.unit = settings_.unit;
  copy_into(out.present, tokens.present);
  copy_into(out.wavelength_angstrom, at::tensor(wavelength).unsqueeze(0).expand({n, length}));
  copy_into(out.flux, flux);
  copy_into(out.ivar, good);
  copy_into(out.mask, at::logical_not(good));
  out.lsf_sigma_angstrom.assign(size_t(n * length), 0);
  return out;
}

nn::Outcome SpectrumCodec::learn(const Lesson& lesson) {
  std::vector<at::Tensor> fluxes, ivars;
  int64_t objects = 0;
  for (const auto* block : lesson.blocks) {
    auto part = prepare(*block);
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
