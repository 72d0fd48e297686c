#include "tokenizers/aion/spectrum.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "nn/autocast.h"
#include "nn/losses.h"
#include "nn/nothing_to_learn.h"
#include "nn/transfer.h"
#include "tokenizers/aion/latent_grid.h"
#include "tokenizers/block_tensors.h"
#include "tokenizers/in_unit.h"

namespace asterism::tokenizers::aion {

namespace {

constexpr int64_t kChunk = 32;                         // spectra through the network at a time: bounds memory
constexpr int64_t kDeviceChunk = 64;                   // the same of a GPU, which takes that many to be filled
constexpr double kLeastLevel = 0.1;                    // the reference's floor of a spectrum's mean flux
constexpr double kHuberSigma = 8, kErrorFloor = 0.03;  // of the loss
constexpr double kGood = 0.99;                         // share of good pixels: 1 but for rounded wavelengths

const char* const kUnit = "1e-17 erg/s/cm^2/Angstrom";
const std::vector<std::string> kLimits = {"clip_flux", "clip_ivar"};  // null where there is none

int64_t chunk_on(const at::Device& device) { return device.is_cpu() ? kChunk : kDeviceChunk; }

// The published stages: a stem of 4, then halvings; and back in the opposite order.
std::vector<int64_t> encoder_strides(size_t stages) {
  std::vector<int64_t> out(stages, 2);
  if (!out.empty()) out[0] = 4;
  return out;
}
std::vector<int64_t> decoder_strides(size_t stages) {
  std::vector<int64_t> out(stages, 2);
  if (out.size() > 1) out.back() = 4;
  return out;
}

void check(const SpectrumSettings& s) {
  if (s.encoder_depths.empty() || s.encoder_depths.size() != s.encoder_dims.size() || s.decoder_depths.empty() ||
      s.decoder_depths.size() != s.decoder_dims.size())
    base::user_error("aion_spectrum: {} + {} depths for {} + {} dims of encoder and decoder.", s.encoder_depths.size(),
                     s.decoder_depths.size(), s.encoder_dims.size(), s.decoder_dims.size());
  if (s.encoder_dims.back() != s.latent_channels)
    base::user_error("aion_spectrum: the last of encoder_dims is {}, latent_channels {}.", s.encoder_dims.back(),
                     s.latent_channels);
  if (s.decoder_dims.back() > 2)
    base::user_error("aion_spectrum: the last of decoder_dims is {}; 1 (flux) or 2 (flux and mask).",
                     s.decoder_dims.back());
  if (s.embedding_dim != s.dim)
    base::user_error("aion_spectrum: embedding_dim = {}, dim = {}; they are the same.", s.embedding_dim, s.dim);
  if (!std::has_single_bit(uint64_t(s.codebook_size)) || s.codebook_size < 2)
    base::user_error("aion_spectrum: codebook_size = {} is no power of two.", s.codebook_size);
  if (s.normalization_range.size() != 2)
    base::user_error("aion_spectrum: normalization_range has {} numbers, not two.", s.normalization_range.size());
}

}  // namespace

void SpectrumSettings::describe(config::Fields& f) {
  f.add("encoder_depths", encoder_depths, "blocks of each stage").between(0, 1000);
  f.add("encoder_dims", encoder_dims, "channels of each stage").between(1, 65536);
  f.add("decoder_depths", decoder_depths, "blocks of each stage").between(0, 1000);
  f.add("decoder_dims", decoder_dims, "channels of each stage; the last: 1 flux, or 2 flux and mask").between(1, 65536);
  f.add("lambda_min", lambda_min, "first wavelength of the latent grid, Angstrom").between(0, 1e9);
  f.add("resolution", resolution, "its step, Angstrom").between(1e-9, 1e9);
  f.add("num_pixels", num_pixels, "its length").between(2, 1 << 24);
  f.add("latent_channels", latent_channels, "channels of the latent row").between(1, 65536);
  f.add("embedding_dim", embedding_dim, "dimensions of a code").between(1, 64);
  f.add("clip_ivar", clip_ivar, "largest inverse variance; 0: no limit").between(0, 1e30);
  f.add("clip_flux", clip_flux, "largest flux; 0: no limit").between(0, 1e30);
  f.add("input_scaling", input_scaling, "by which flux over level, less 1, is multiplied").between(1e-30, 1e30);
  f.add("normalization_range", normalization_range, "of log10(level + 1)").between(-100, 100);
  f.add("codebook_size", codebook_size, "codes, and steps of the level").between(2, 1 << 24);
  f.add("dim", dim, "dimensions of a code").between(1, 64);
  f.add("reference_behaviour", reference_behaviour, "with the published codec's defects, for comparisons bit by bit");
}

AionSpectrum::AionSpectrum(SpectrumSettings settings, uint64_t seed) : settings_(std::move(settings)) {
  build(nn::Scope(parameters_, seed));
  encoder_.vary_first_bias(seed);
}

AionSpectrum::AionSpectrum(const PublishedFolder& folder) {
  auto fields = config::fields_of(settings_);
  read_config(fields, folder.config_json, folder.source, kLimits);
  build(nn::Scope(parameters_).blank());
  load_weights(parameters_, folder);
}

void AionSpectrum::build(const nn::Scope& scope) {
  const auto& s = settings_;
  check(s);
  const int64_t bits = std::bit_width(uint64_t(s.codebook_size)) - 1;
  nn::ConvNextSettings encoder, decoder;
  encoder.channels = 2;
  encoder.depths = s.encoder_depths;
  encoder.widths = s.encoder_dims;
  encoder.strides = encoder_strides(s.encoder_dims.size());
  decoder.channels = s.latent_channels;
  decoder.depths = s.decoder_depths;
  decoder.widths = s.decoder_dims;
  decoder.strides = decoder_strides(s.decoder_dims.size());
  encoder_ = nn::ConvNextEncoder(scope / "encoder", encoder);
  decoder_ = nn::ConvNextDecoder(scope / "decoder", decoder);
  norm_ = nn::LayerNorm(scope / "pre_quant_norm", s.latent_channels, nn::NormBias::learned, 1e-5);
  to_code_ = nn::Conv1d(scope / "quant_conv", s.latent_channels, s.embedding_dim, nn::ConvSettings::same(1));
  from_code_ = nn::Conv1d(scope / "post_quant_conv", s.embedding_dim, s.latent_channels, nn::ConvSettings::same(1));
  const auto quantiser = scope / "_quantizer" / "_quantizer";
  if (bits != s.dim) {
    project_in_ = nn::Linear(quantiser / "project_in", s.dim, bits);
    project_out_ = nn::Linear(quantiser / "project_out", bits, s.dim);
  }
  std::vector<int64_t> places;
  for (int64_t bit = bits - 1; bit >= 0; --bit) places.push_back(int64_t(1) << bit);
  quantiser.buffer("mask", at::tensor(places, at::kLong));
  lfq_ = nn::Lfq({bits, 0.1, 1.0, 0.25, 100, 10});
  const auto grid = scope / "latent_grid";
  grid.buffer("lambda_min", at::scalar_tensor(s.lambda_min, at::kFloat));
  grid.buffer("resolution", at::scalar_tensor(s.resolution, at::kFloat));
  grid.buffer("length", at::scalar_tensor(s.num_pixels, at::kLong));
  wavelength_ =
      grid.statistic("_wavelength", (at::arange(s.num_pixels, at::kFloat) * s.resolution + s.lambda_min).unsqueeze(0));
  buckets_ =
      (scope / "normalization_quantizer")
          .statistic("buckets", at::linspace(s.normalization_range[0], s.normalization_range[1], s.codebook_size));
}

int64_t AionSpectrum::num_tokens() const {
  int64_t length = settings_.num_pixels;
  for (const int64_t stride : encoder_.settings.strides) length /= stride;
  return 1 + length;
}

at::Tensor AionSpectrum::level_of(const at::Tensor& log_level) const {
  return (at::pow(10, log_level) - 1).clamp_min(kLeastLevel);
}

at::Tensor AionSpectrum::level(const at::Tensor& ids_in) const {
  const auto ids = ids_in.to(at::kLong);
  if (ids.numel() > 0 && (ids.min().item<int64_t>() < 0 || ids.max().item<int64_t>() >= buckets_.size(0)))
    base::user_error("aion_spectrum: token 0 is outside of 0..{}.", buckets_.size(0) - 1);
  return level_of(buckets_.index_select(0, ids));
}

struct AionSpectrum::Scaled {
  at::Tensor level_ids, log_level, level;  // [B], [B], [B, 1]
  at::Tensor flux_BL, error_BL;            // on the latent grid: (flux / level - 1) s, and s / (sigma level)
};

AionSpectrum::Scaled AionSpectrum::scale(const Observed& o) const {
  const auto& s = settings_;
  at::NoGradGuard no_grad;
  auto flux = at::nan_to_num(o.flux_BN.to(at::kFloat)), ivar = at::nan_to_num(o.ivar_BN.to(at::kFloat));
  if (s.clip_flux > 0) flux = flux.clamp(-s.clip_flux, s.clip_flux);
  if (s.clip_ivar > 0) ivar = ivar.clamp(0, s.clip_ivar);
  const auto good = at::logical_not(o.mask_BN.to(at::kBool));
  const auto mean = (flux * good.to(at::kFloat)).sum(-1) / (good.sum(-1) + 1.0);
  const auto log_level = at::log10(mean.to(at::kFloat).clamp_min(kLeastLevel) + 1.0);
  Scaled out;
  out.level_ids = at::bucketize(log_level, buckets_).clamp(0, buckets_.size(0) - 1);
  out.log_level = buckets_.index_select(0, out.level_ids);
  out.level = level_of(out.log_level).unsqueeze(1);
  const auto both =
      at::stack({(flux / out.level - 1.0) * s.input_scaling, at::sqrt(ivar) / out.level * s.input_scaling}, 1);
  const auto latent = interpolate(o.wavelength_BN, both, wavelength_.squeeze(0), o.lengths);
  out.flux_BL = latent.select(1, 0);
  out.error_BL = latent.select(1, 1);
  return out;
}

at::Tensor AionSpectrum::encode_channels(const at::Tensor& channels) const {
  const auto latent = encoder_(channels).to(at::kFloat);
  const nn::Autocast exact(nn::Precision::fp32, latent.device().type());  // what a quantiser takes the sign of
  const auto rows = norm_(latent.transpose(1, 2));
  return at::linear(rows, to_code_.weight.squeeze(2), to_code_.bias).transpose(1, 2);
}

AionSpectrum::Latent AionSpectrum::latent(const Observed& observed) const {
  const int64_t B = observed.flux_BN.size(0);
  for (const auto* other : {&observed.ivar_BN, &observed.mask_BN, &observed.wavelength_BN})
    if (other->sizes() != observed.flux_BN.sizes() || other->dim() != 2)
      base::user_error("aion_spectrum: flux, ivar, mask and wavelength are of different shapes.");
  if (B == 0)
    return {at::zeros({0, settings_.embedding_dim, num_tokens() - 1}), at::zeros({0}), at::zeros({0}, at::kLong)};
  const auto scaled = scale(observed);
  const auto both = nn::sent(at::stack({scaled.flux_BL, scaled.error_BL}, 1), parameters_.device());
  return {encode_channels(at::asinh(both)), scaled.log_level, scaled.level_ids};
}

at::Tensor AionSpectrum::bits_of(const at::Tensor& z) const {
  const auto rows = z.transpose(1, 2);
  return project_in_.weight.defined() ? project_in_(rows) : rows;
}

at::Tensor AionSpectrum::ids(const Latent& latent) const {
  return at::cat({latent.level_ids.unsqueeze(1), lfq_(bits_of(latent.z_BdT).detach().to(at::kCPU)).ids}, 1);
}

at::Tensor AionSpectrum::decode_codes(const at::Tensor& codes) const {
  const auto inner = project_out_.weight.defined() ? project_out_(codes) : codes;
  return decoder_(at::linear(inner, from_code_.weight.squeeze(2), from_code_.bias).transpose(1, 2));
}

AionSpectrum::Drawn AionSpectrum::draw(const at::Tensor& ids, const at::Tensor& wavelength) const {
  if (ids.dim() != 2 || ids.size(1) < 2)
    base::user_error("aion_spectrum decodes a level and at least one code of each spectrum.");
  return drawn(raw(ids), ids, wavelength);
}

at::Tensor AionSpectrum::raw(const at::Tensor& ids) const {
  return decode_codes(nn::sent(lfq_.codes(ids.narrow(1, 1, ids.size(1) - 1).to(at::kLong)), parameters_.device()));
}

AionSpectrum::Drawn AionSpectrum::drawn(const at::Tensor& raw_BCL, const at::Tensor& ids,
                                        const at::Tensor& wavelength) const {
  Drawn out;
  out.raw_BCL = raw_BCL.to(at::kCPU);
  const bool has_mask = out.raw_BCL.size(1) == 2;
  auto both = has_mask ? out.raw_BCL
                       : at::cat({out.raw_BCL, at::full_like(out.raw_BCL, -std::numeric_limits<float>::infinity())}, 1);
  if (wavelength.defined()) {
    if (both.size(2) != settings_.num_pixels)
      base::user_error("aion_spectrum draws {} pixels, its latent grid has {}: only without wavelengths.", both.size(2),
                       settings_.num_pixels);
    // a flux-only codec has no mask to interpolate; the reference makes NaN of it, which counts as masked
    if (!has_mask && !settings_.reference_behaviour) both.select(1, 1).fill_(-1e30);
    both = interpolate(wavelength_.expand({both.size(0), -1}), both, wavelength);
  }
  out.logit_BM = both.select(1, 1);
  out.flux_BM = (both.select(1, 0) + 1.0) * level(ids.select(1, 0)).unsqueeze(1);
  out.mask_BM = at::round(at::sigmoid(out.logit_BM)) != 0;
  return out;
}

// The present spectra of a block with at least two pixels of known wavelength, one of them good.
struct AionSpectrum::Prepared {
  std::vector<int64_t> rows;
  Observed observed;
};

AionSpectrum::Prepared AionSpectrum::prepare(const modalities::SpectrumBlock& b, int64_t first, int64_t end) const {
  at::NoGradGuard no_grad;
  Prepared out;
  for (int64_t row = first; row < end; ++row) {
    if (!b.present[size_t(row)]) continue;
    const float* wavelength = b.wavelength_angstrom.data() + row * b.length;
    int64_t length = 0;
    while (length < b.length && wavelength[length] > 0) ++length;
    for (int64_t i = 0; i < b.length; ++i)
      if (i < length ? !std::isfinite(wavelength[i]) || (i > 0 && !(wavelength[i] > wavelength[i - 1]))
                     : wavelength[i] != 0)
        base::user_error(
            "aion_spectrum: wavelength_angstrom of object {} does not increase strictly up to its padding of zeros.",
            row);
    if (length < 2 || !has_good_pixel(b, row, length)) continue;
    out.rows.push_back(row);
    out.observed.lengths.push_back(length);
  }
  const auto chosen = at::tensor(out.rows, at::kLong);
  const std::vector<int64_t> shape{b.n, b.length};
  const auto flux = wrap(b.flux, shape).index_select(0, chosen), ivar = wrap(b.ivar, shape).index_select(0, chosen);
  const auto finite = at::logical_and(at::isfinite(flux), at::isfinite(ivar));
  const auto zero = at::zeros({});
  out.observed.flux_BN = at::where(finite, flux, zero);
  out.observed.ivar_BN = at::where(finite, ivar, zero);
  out.observed.mask_BN =
      at::logical_or(wrap(b.mask, shape).index_select(0, chosen).to(at::kBool), at::logical_not(finite));
  out.observed.wavelength_BN = wrap(b.wavelength_angstrom, shape).index_select(0, chosen);
  return out;
}

namespace {

AionSpectrum::Observed part_of(const AionSpectrum::Observed& o, int64_t start, int64_t m) {
  return {o.flux_BN.narrow(0, start, m), o.ivar_BN.narrow(0, start, m), o.mask_BN.narrow(0, start, m),
          o.wavelength_BN.narrow(0, start, m),
          std::vector<int64_t>(o.lengths.begin() + start, o.lengths.begin() + start + m)};
}

}  // namespace

Tokens AionSpectrum::encode(const modalities::Block& block) const {
  at::NoGradGuard no_grad;
  const InUnit given(block, "spectrum", kUnit, kind());
  const auto& b = spectrum_of(*given, kind());
  Tokens out{at::zeros({b.n, num_tokens()}, at::kLong), at::zeros({b.n}, at::kBool)};
  nn::Answers answers;
  const auto device = parameters_.device();
  const auto chunk = chunk_on(device);
  const auto at_once = device.is_cpu() ? std::max<int64_t>(b.n, 1) : chunk;  // prepared while a GPU computes
  for (int64_t first = 0; first < b.n; first += at_once) {
    const auto input = prepare(b, first, std::min(first + at_once, b.n));
    const auto rows = at::tensor(input.rows, at::kLong);
    for (int64_t start = 0; start < rows.size(0); start += chunk) {
      const int64_t m = std::min(chunk, rows.size(0) - start);
      const auto made = latent(part_of(input.observed, start, m));
      const auto part = rows.narrow(0, start, m), level = made.level_ids.unsqueeze(1);
      answers.add(bits_of(made.z_BdT), [this, &out, part, level](const at::Tensor& bits) {
        out.ids.index_copy_(0, part, at::cat({level, lfq_(bits).ids}, 1));
      });
    }
    out.present.index_fill_(0, rows, 1);
  }
  answers.finish();
  return out;
}

modalities::Block AionSpectrum::decode(const Tokens& tokens, const DecodeRequest& request) const {
  at::NoGradGuard no_grad;
  check_tokens(tokens, num_tokens(), vocabulary(), kind());
  std::vector<float> asked(request.wavelength_angstrom.begin(), request.wavelength_angstrom.end());
  for (size_t i = 0; i < asked.size(); ++i)
    if (!(asked[i] > 0) || !std::isfinite(asked[i]) || (i > 0 && !(asked[i] > asked[i - 1])))
      base::user_error("aion_spectrum: wavelengths to decode onto must increase strictly; entry {} is {}.", i,
                       asked[i]);
  const auto onto = asked.empty() ? at::Tensor() : at::tensor(asked);
  const auto grid = asked.empty() ? wavelength_.squeeze(0) : onto;
  const int64_t n = tokens.ids.size(0), M = grid.size(0);
  const auto inside = at::logical_and(grid >= wavelength_[0][0], grid <= wavelength_[0][-1]);
  const auto flux = at::zeros({n, M}), good = at::zeros({n, M}, at::kBool);
  const auto rows = at::nonzero(tokens.present).squeeze(1);
  nn::Answers answers;
  const auto chunk = chunk_on(parameters_.device());
  for (int64_t start = 0; start < rows.size(0); start += chunk) {
    const auto part = rows.narrow(0, start, std::min(chunk, rows.size(0) - start));
    const auto ids = tokens.ids.index_select(0, part);
    answers.add(raw(ids), [&, part, ids](const at::Tensor& raw_BCL) {
      const auto made = drawn(raw_BCL, ids, onto);
      if (made.flux_BM.size(1) != M)
        base::user_error("aion_spectrum draws {} pixels, its latent grid has {}.", made.flux_BM.size(1), M);
      flux.index_copy_(0, part, at::nan_to_num(made.flux_BM));
      good.index_copy_(0, part, at::logical_and(at::logical_not(made.mask_BM), inside));
    });
  }
  answers.finish();
  modalities::SpectrumBlock out;
  out.n = n;
  out.length = M;
  out.unit = kUnit;
  copy_into(out.present, tokens.present);
  copy_into(out.wavelength_angstrom, grid.unsqueeze(0).expand({n, M}));
  copy_into(out.flux, flux);
  copy_into(out.ivar, good);
  copy_into(out.mask, at::logical_not(good));
  out.lsf_sigma_angstrom.assign(size_t(n * M), 0);
  return out;
}

nn::Outcome AionSpectrum::loss(const modalities::Block& block) {
  const InUnit given(block, "spectrum", kUnit, kind());
  const auto& b = spectrum_of(*given, kind());
  const auto input = prepare(b, 0, b.n);
  if (input.rows.empty()) nn::nothing_to_learn("aion_spectrum: none of the {} objects has a good pixel.", b.n);
  auto seen = input.observed;
  const auto good_BN = at::logical_and(at::logical_not(seen.mask_BN), seen.ivar_BN > 0).to(at::kFloat);
  seen.flux_BN = seen.flux_BN * at::logical_not(seen.mask_BN);
  seen.ivar_BN = seen.ivar_BN * good_BN;
  const auto scaled = scale(seen);
  // what lies between a good pixel and a bad one is not known
  const auto known = interpolate(seen.wavelength_BN, good_BN.unsqueeze(1), wavelength_[0], seen.lengths) >= kGood;
  const auto plain = scale(input.observed);
  const auto device = parameters_.device();
  const auto channels = at::asinh(nn::sent(at::stack({plain.flux_BL, plain.error_BL}, 1), device));
  const auto quantised = lfq_(bits_of(encode_channels(channels)));
  const auto raw = decode_codes(quantised.codes);
  if (raw.size(2) != settings_.num_pixels)
    base::user_error("aion_spectrum draws {} pixels, its latent grid has {}: it cannot be trained.", raw.size(2),
                     settings_.num_pixels);
  const double s = settings_.input_scaling;  // target and ivar are in units of the level
  const auto error = scaled.error_BL * known.select(1, 0);
  const auto target = nn::sent(scaled.flux_BL, device) / s, ivar = (nn::sent(error, device) / s).square();
  const auto good = (ivar > 0).to(at::kFloat);
  const auto residual = target - raw.select(1, 0), pixels = good.sum(1).clamp_min(1);
  const auto weight = ivar / (ivar * (kErrorFloor * kErrorFloor) + 1);
  const auto reconstruction = ((nn::huber(residual * weight.sqrt(), kHuberSigma) * good).sum(1) / pixels).mean();
  nn::Outcome out;
  out.loss = reconstruction + quantised.penalty;
  if (raw.size(1) == 2) out.loss = out.loss + at::binary_cross_entropy_with_logits(raw.select(1, 1), 1 - good);
  out.weight = double(input.rows.size());
  at::NoGradGuard no_grad;
  out.figures = nn::codebook_use(quantised.ids, vocabulary());
  out.figures["reconstruction"] = reconstruction.detach();
  out.figures["penalty"] = quantised.penalty.detach();
  out.figures["chi2_per_pixel"] = (residual.detach().square() * ivar).sum() / pixels.sum();
  return out;
}

void AionSpectrum::save(const std::filesystem::path& folder) const {
  auto copy = settings_;
  write_published(folder, config::fields_of(copy), kLimits, parameters_);
}

}  // namespace asterism::tokenizers::aion
