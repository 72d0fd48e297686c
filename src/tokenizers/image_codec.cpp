#include "tokenizers/image_codec.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "nn/losses.h"
#include "nn/nothing_to_learn.h"
#include "tokenizers/block_tensors.h"
#include "tokenizers/image_crop.h"
#include "tokenizers/in_unit.h"
#include "tokenizers/noise_level.h"
#include "tokenizers/tokenizer_folder.h"

namespace asterism::tokenizers {

namespace {

constexpr int64_t kChunk = 32;   // objects through the network at a time when nothing is learned: bounds memory
constexpr double kLargest = 15;  // of asinh(flux / noise) that the decoder may draw

nn::ConvSettings halving() {
  nn::ConvSettings s;
  s.stride = 2;
  s.padding = 1;
  return s;
}

}  // namespace

void ImageCodecSettings::describe(config::Fields& f) {
  f.add("unit", unit, "of the flux");
  f.add("size", size, "pixels a side; larger images are cropped about their centre, smaller ones padded with mask")
      .between(1, 4096);
  f.add("bands", bands, "names of the bands it is trained with; empty: those of the data");
  f.add("wavelengths_angstrom", wavelengths_angstrom, "of these bands; empty: from the data").between(0, 1e9);
  f.add("widths_angstrom", widths_angstrom, "of these bands; empty: from the data").between(0, 1e9);
  f.add("noise", noise, "flux of each band where asinh turns logarithmic; empty: the noise of the data")
      .between(0, 1e30);
  f.add("band_embedding", band_embedding, "weights of a band from a table by name, or from its wavelength and width")
      .one_of({"table", "physical"});
  f.add("embed", embed, "channels that the bands are mixed into").between(1, 1024);
  f.add("patch", patch, "kernel and stride of the first convolution").between(1, 32);
  f.add("widths", widths, "channels of each stage; each after the first halves the size").between(1, 8192);
  f.add("depths", depths, "residual units of each stage").between(0, 100);
  f.add("levels", levels, "of each dimension of a code").between(3, 65536);
  f.add("error_floor", error_floor, "of a pixel's flux, added in quadrature to its noise in the loss").between(0, 10);
  f.add("huber_sigma", huber_sigma, "residuals beyond count linearly; 0: plain chi^2").between(0, 1e6);
}

ImageCodec::ImageCodec(ImageCodecSettings settings, uint64_t seed) : settings_(std::move(settings)), seed_(seed) {
  const auto& s = settings_;
  if (s.widths.empty() || s.widths.size() != s.depths.size())
    base::user_error("image_conv: {} widths and {} depths; give one of each per stage.", s.widths.size(),
                     s.depths.size());
  const int64_t step = s.patch << (s.widths.size() - 1);
  if (s.size % step != 0)
    base::user_error("image_conv: size = {} is no multiple of {} (patch and halvings together).", s.size, step);
  fsq_ = nn::Fsq(s.levels);
  if (!s.bands.empty() && !s.noise.empty()) build();
}

int64_t ImageCodec::grid() const { return settings_.size / (settings_.patch << (settings_.widths.size() - 1)); }

void ImageCodec::check_built() const {
  if (!mix_bias_.defined())
    base::user_error("image_conv does not know its bands and their noise yet: fit it to data first.");
}

void ImageCodec::build() {
  auto& s = settings_;
  s.wavelengths_angstrom.resize(s.bands.size());
  s.widths_angstrom.resize(s.bands.size());
  const nn::Scope scope(parameters_, seed_);
  BandTableSettings table;
  table.names = s.bands;
  table.wavelengths_angstrom = s.wavelengths_angstrom;
  table.widths_angstrom = s.widths_angstrom;
  table.physical = s.band_embedding == "physical";
  table.embed = s.embed;
  bands_ = BandTable(scope / "bands", table, s.noise);
  mix_bias_ = scope.parameter("mix_bias", {s.embed}, nn::Init::zeros());
  stem_ = nn::Conv2d(scope / "stem", s.embed, s.widths[0], nn::ConvSettings::patches(s.patch));
  const size_t stages = s.widths.size();
  encoder_units_.resize(stages);
  decoder_units_.resize(stages);
  for (size_t i = 0; i < stages; ++i) {
    const int64_t at = int64_t(i), width = s.widths[i];
    if (i > 0) {
      downs_.emplace_back(scope / "encoder" / at / "down", s.widths[i - 1], width, halving());
      ups_.emplace_back(scope / "decoder" / at / "up", width, s.widths[i - 1]);
    }
    for (int64_t j = 0; j < s.depths[i]; ++j) {
      encoder_units_[i].emplace_back(scope / "encoder" / at / "units" / j, width, true);
      decoder_units_[i].emplace_back(scope / "decoder" / at / "units" / j, width, true);
    }
  }
  norm_ = nn::LayerNorm(scope / "norm", s.widths.back(), nn::NormBias::none);  // what code_norm_ takes away again
  to_code_ = nn::Conv2d(scope / "to_code", s.widths.back(), fsq_.dimensions(), {1, 1, 0, 1, false});
  code_norm_ = nn::Whitening(scope / "code_norm", fsq_.dimensions());
  from_code_ = nn::Conv2d(scope / "from_code", fsq_.dimensions(), s.widths.back(), nn::ConvSettings::same(1));
  to_pixels_ = nn::Conv2d(scope / "to_pixels", s.widths[0], s.embed * s.patch * s.patch, nn::ConvSettings::same(1));
  smooth_ = nn::Conv2d(scope / "smooth", s.embed, s.embed, nn::ConvSettings::same(3));
}

void ImageCodec::fit(const modalities::Block& block) {
  const InUnit given(block, "image", settings_.unit, kind());
  const auto& b = image_of(*given, kind());
  if (mix_bias_.defined()) return;  // weights have grown on these scales
  auto& s = settings_;
  if (s.bands.empty())
    for (const auto& band : b.bands) s.bands.push_back(band.name);
  const bool ask_wavelengths = s.wavelengths_angstrom.empty(), ask_widths = s.widths_angstrom.empty(),
             ask_noise = s.noise.empty();
  for (const auto& name : s.bands) {
    size_t place = 0;
    while (place < b.bands.size() && b.bands[place].name != name) ++place;
    if (place == b.bands.size())
      base::user_error("image_conv: the setting 'bands' names '{}', which the data lack.", name);
    if (ask_wavelengths) s.wavelengths_angstrom.push_back(b.bands[place].wavelength_angstrom);
    if (ask_widths) s.widths_angstrom.push_back(b.bands[place].width_angstrom);
    if (ask_noise) s.noise.push_back(noise_level(b, int64_t(place)));
  }
  build();
}

ImageCodec::Input ImageCodec::prepare(const modalities::Block& block) const {
  check_built();
  at::NoGradGuard no_grad;
  const InUnit given(block, "image", settings_.unit, kind());
  const auto& b = image_of(*given, kind());
  bands_.check(b.bands);
  const int64_t C = int64_t(b.bands.size()), S = settings_.size;
  const std::vector<int64_t> shape{b.n, C, b.height, b.width};
  const auto flux = wrap(b.flux, shape), ivar = wrap(b.ivar, shape);
  Input out;
  out.n = b.n;
  out.bands = b.bands;
  out.noise_C = bands_.noise(b.bands);
  const auto noise = out.noise_C.view({1, C, 1, 1});
  auto good = at::logical_and(wrap(b.mask, shape) == 0, at::logical_and(ivar > 0, at::isfinite(flux)));
  good = at::logical_and(good, at::isfinite(ivar));
  good = at::logical_and(good, wrap(b.present, {b.n}).to(at::kBool).view({b.n, 1, 1, 1}));
  out.rows_M = at::nonzero(good.flatten(1).any(1)).squeeze(1);
  const auto chosen = [&](const at::Tensor& x) {
    const auto kept = out.rows_M.size(0) == b.n ? x : x.index_select(0, out.rows_M);
    return crop_or_pad(kept, S, S);
  };
  const auto zero = at::zeros({});
  out.flux_MCSS = chosen(at::where(good, flux / noise, zero));
  // data without variances are weighed by the codec's own idea of their noise
  out.ivar_MCSS =
      b.has_ivar ? chosen(at::where(good, (ivar * noise.square()).clamp_max(1e30), zero)) : chosen(good.to(at::kFloat));
  return out;
}

at::Tensor ImageCodec::encode_latent(const at::Tensor& flux, const at::Tensor& ivar,
                                     const std::vector<modalities::Band>& bands) const {
  const int64_t M = flux.size(0), C = flux.size(1), S = flux.size(2);
  const auto good = (ivar > 0).to(at::kFloat);
  const auto seen = good.view({M, C, -1}).amax(2).sum(1).clamp_min(1);
  // channels last: the mix is one product over the 3 C numbers of a pixel
  const auto pixels = at::stack({at::asinh(flux), at::log1p(ivar) * 0.5, good}, 2).view({M, 3 * C, S, S});
  const auto weight = bands_.in(bands).permute({2, 0, 1}).reshape({settings_.embed, 3 * C, 1, 1});
  auto x = at::conv2d(pixels.contiguous(at::MemoryFormat::ChannelsLast), weight);
  x = x / seen.sqrt().view({M, 1, 1, 1}) + mix_bias_.view({1, -1, 1, 1});
  x = stem_(x);
  for (size_t i = 0; i < encoder_units_.size(); ++i) {
    if (i > 0) x = downs_[i - 1](x);
    for (const auto& unit : encoder_units_[i]) x = unit(x);
  }
  return code_norm_(to_code_(norm_.channels_first(x)).permute({0, 2, 3, 1}));
}

at::Tensor ImageCodec::decode_codes(const at::Tensor& codes, const std::vector<modalities::Band>& bands) const {
  auto x = from_code_(codes.permute({0, 3, 1, 2}));
  for (size_t i = decoder_units_.size(); i-- > 0;) {
    for (const auto& unit : decoder_units_[i]) x = unit(x);
    if (i > 0) x = ups_[i - 1](x);
  }
  x = at::pixel_shuffle(to_pixels_(x), settings_.patch);
  x = x + smooth_(at::elu(x));
  const auto draw = bands_.out(bands);
  const auto weight = draw.narrow(1, 0, settings_.embed).unsqueeze(-1).unsqueeze(-1);
  const auto flat = at::conv2d(x.contiguous(at::MemoryFormat::ChannelsLast), weight, draw.select(1, settings_.embed));
  return at::sinh(flat.to(at::kFloat).clamp(-kLargest, kLargest));
}

Tokens ImageCodec::encode(const modalities::Block& block) const {
  at::NoGradGuard no_grad;
  const auto input = prepare(block);
  Tokens out{at::zeros({input.n, num_tokens()}, at::kLong), at::zeros({input.n}, at::kBool)};
  for (int64_t start = 0; start < input.rows_M.size(0); start += kChunk) {
    const int64_t m = std::min(kChunk, input.rows_M.size(0) - start);
    const auto z = encode_latent(input.flux_MCSS.narrow(0, start, m), input.ivar_MCSS.narrow(0, start, m), input.bands);
    out.ids.index_copy_(0, input.rows_M.narrow(0, start, m), fsq_(z).ids.reshape({m, -1}));
  }
  out.present.index_fill_(0, input.rows_M, 1);
  return out;
}

modalities::Block ImageCodec::decode(const Tokens& tokens, const DecodeRequest& request) const {
  check_built();
  at::NoGradGuard no_grad;
  check_tokens(tokens, num_tokens(), vocabulary(), kind());
  modalities::ImageBlock out;
  out.bands = request.bands.empty() ? bands_.trained() : request.bands;
  bands_.check(out.bands);
  if (request.height < 0 || request.width < 0)
    base::user_error("image_conv: images of {} x {} pixels.", request.height, request.width);
  out.n = tokens.ids.size(0);
  out.height = request.height > 0 ? request.height : settings_.size;
  out.width = request.width > 0 ? request.width : settings_.size;
  out.unit = settings_.unit;
  const int64_t C = int64_t(out.bands.size()), S = settings_.size, g = grid();
  const auto noise = bands_.noise(out.bands).view({1, C, 1, 1});
  const auto flux = at::zeros({out.n, C, out.height, out.width});
  const auto rows = at::nonzero(tokens.present).squeeze(1);
  for (int64_t start = 0; start < rows.size(0); start += kChunk) {
    const auto part = rows.narrow(0, start, std::min(kChunk, rows.size(0) - start));
    const auto codes = fsq_.codes(tokens.ids.index_select(0, part)).view({part.size(0), g, g, fsq_.dimensions()});
    flux.index_copy_(0, part, crop_or_pad(decode_codes(codes, out.bands) * noise, out.height, out.width));
  }
  const auto drawn = crop_or_pad(at::ones({1, 1, S, S}), out.height, out.width);
  const auto good = (drawn * tokens.present.view({out.n, 1, 1, 1})).expand({out.n, C, out.height, out.width});
  copy_into(out.present, tokens.present);
  copy_into(out.flux, flux);
  copy_into(out.ivar, good);
  copy_into(out.mask, 1 - good);
  out.psf_fwhm_arcsec.assign(size_t(out.n * C), 0);
  return out;
}

nn::Outcome ImageCodec::loss(const modalities::Block& block) {
  const auto input = prepare(block);
  const int64_t present = input.rows_M.size(0);
  if (present == 0) nn::nothing_to_learn("image_conv: none of the {} objects has a good pixel.", input.n);
  const auto quantised = fsq_(encode_latent(input.flux_MCSS, input.ivar_MCSS, input.bands));
  const auto residual = input.flux_MCSS - decode_codes(quantised.codes, input.bands);
  const auto& ivar = input.ivar_MCSS;
  const auto floor = input.flux_MCSS * settings_.error_floor;
  const auto weight = ivar / (ivar * floor.square() + 1);
  const auto good = (ivar > 0).to(at::kFloat);
  const auto pixels = good.sum({1, 2, 3});
  // half chi^2 per pixel, every object counting alike
  const auto each =
      (nn::huber(residual * weight.sqrt(), settings_.huber_sigma) * good).sum({1, 2, 3}) / pixels.clamp_min(1);
  nn::Outcome out;
  out.loss = each.mean();
  out.weight = double(present);
  at::NoGradGuard no_grad;
  out.figures = nn::codebook_use(quantised.ids, vocabulary());
  out.figures["reconstruction"] = out.loss.detach();
  out.figures["chi2_per_pixel"] = (residual.detach().square() * ivar).sum() / pixels.sum().clamp_min(1);
  return out;
}

void ImageCodec::save(const std::filesystem::path& folder) const {
  check_built();
  auto copy = settings_;
  write_folder(folder, kind(), config::to_json(config::fields_of(copy)), parameters_);
}

}  // namespace asterism::tokenizers
