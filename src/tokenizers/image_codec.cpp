#include "tokenizers/image_codec.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "nn/losses.h"
#include "nn/nothing_to_learn.h"
#include "nn/product.h"
#include "nn/transfer.h"
#include "tokenizers/block_tensors.h"
#include "tokenizers/image_crop.h"
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

ImageCodec::ImageCodec(ImageCodecSettings settings, uint64_t seed) : settings_(std::move(settings)), seed_(seed) {
  auto& s = settings_;
  if (s.band_embedding == "table") s.band_embedding = "name";
  if (s.widths.empty() || s.widths.size() != s.depths.size())
    base::user_error("image_conv: {} widths and {} depths; give one of each per stage.", s.widths.size(),
                     s.depths.size());
  const int64_t step = s.patch << (s.widths.size() - 1);
  if (s.size % step != 0)
    base::user_error("image_conv: size = {} is no multiple of {} (patch and halvings together).", s.size, step);
  code_vocabulary_ = nn::vocabulary_of(s);
  vocabulary_ = std::max(code_vocabulary_, s.norm_bins);
  if (!s.bands.empty() && !s.noise.empty()) build();
}

void ImageCodec::to(const at::Device& device) {
  device_ = device;
  parameters_.to(device);
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
  table.embedding = s.band_embedding == "physical" ? BandEmbedding::physical
                    : s.band_embedding == "field"  ? BandEmbedding::field
                                                   : BandEmbedding::name;
  table.names_too = s.survey_dropout < 1;
  table.embed = s.embed;
  if (table.embedding == BandEmbedding::physical) {
    s.pixel_scales_arcsec.resize(s.bands.size());
    s.psf_fwhm_arcsec.resize(s.bands.size());
  }
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
  quantiser_ = nn::Quantiser(scope / "quantiser", s);
  const int64_t code = quantiser_.dimensions();
  const int64_t places = grid() * grid();
  code_norm_ = nn::Whitening(scope / "code_norm", code);
  if (of_whole()) {
    to_tokens_ = nn::Linear(scope / "to_tokens", places * s.widths.back(), s.tokens * code, false);
    from_tokens_ = nn::Linear(scope / "from_tokens", s.tokens * code, places * s.widths.back());
  } else {
    to_code_ = nn::Conv2d(scope / "to_code", s.widths.back(), code, {1, 1, 0, 1, false});
    from_code_ = nn::Conv2d(scope / "from_code", code, s.widths.back(), nn::ConvSettings::same(1));
  }
  to_pixels_ = nn::Conv2d(scope / "to_pixels", s.widths[0], s.embed * s.patch * s.patch, nn::ConvSettings::same(1));
  smooth_ = nn::Conv2d(scope / "smooth", s.embed, s.embed, nn::ConvSettings::same(3));
  parameters_.to(device_);
}

at::Tensor ImageCodec::mix(const at::Tensor& flux_in, const at::Tensor& ivar_in, const BandsSeen& bands) const {
  const auto flux = nn::sent(flux_in, mix_bias_.device()), ivar = nn::sent(ivar_in, mix_bias_.device());
  const int64_t M = flux.size(0), C = flux.size(1), S = flux.size(2), E = settings_.embed;
  const auto good = (ivar > 0).to(at::kFloat);
  const auto seen = good.view({M, C, -1}).amax(2).sum(1).clamp_min(1);
  // channels last: the mix is one product over the 3 C numbers of a pixel
  const auto pixels = at::stack({at::asinh(flux) * good, at::log1p(ivar) * 0.5, good}, 2).view({M, 3 * C, S, S});
  const auto in = bands_.in(bands);
  at::Tensor x;
  if (in.size(0) == 1) {
    const auto weight = in[0].permute({2, 0, 1}).reshape({E, 3 * C, 1, 1});
    x = at::conv2d(pixels.contiguous(at::MemoryFormat::ChannelsLast), weight);
  } else {
    const auto weight = in.permute({0, 3, 1, 2}).reshape({M, E, 3 * C});
    x = at::bmm(weight, pixels.view({M, 3 * C, S * S})).view({M, E, S, S});
  }
  return x / bands_.divisor(seen).view({M, 1, 1, 1}) + mix_bias_.view({1, -1, 1, 1});
}

at::Tensor ImageCodec::encode_latent(const at::Tensor& mixed) const {
  auto x = stem_(mixed);
  for (size_t i = 0; i < encoder_units_.size(); ++i) {
    if (i > 0) x = nn::convolution(downs_[i - 1], x);
    for (const auto& unit : encoder_units_[i]) x = unit(x);
  }
  x = norm_.channels_first(x);
  const int64_t M = x.size(0), T = code_tokens(), d = quantiser_.dimensions();
  if (of_whole()) return code_norm_(to_tokens_(x.permute({0, 2, 3, 1}).reshape({M, -1})).view({M, T, d}));
  return code_norm_(to_code_(x).permute({0, 2, 3, 1}).reshape({M, T, d}));
}

at::Tensor ImageCodec::decode_codes(const at::Tensor& codes) const {
  const int64_t M = codes.size(0), g = grid();
  const auto at_places = of_whole() ? from_tokens_(codes.reshape({M, -1})) : codes;
  auto x = at_places.reshape({M, g, g, -1}).permute({0, 3, 1, 2});
  if (!of_whole()) x = from_code_(x);
  for (size_t i = decoder_units_.size(); i-- > 0;) {
    for (const auto& unit : decoder_units_[i]) x = unit(x);
    if (i > 0) x = ups_[i - 1](x);
  }
  x = at::pixel_shuffle(to_pixels_(x), settings_.patch);
  return x + smooth_(at::elu(x));
}

at::Tensor ImageCodec::draw(const at::Tensor& x, const BandsSeen& seen) const {
  const int64_t E = settings_.embed, C = int64_t(seen.bands.size());
  const auto out = bands_.out(seen);
  at::Tensor flat;
  if (out.size(0) == 1) {
    const auto weight = out[0].narrow(1, 0, E).unsqueeze(-1).unsqueeze(-1);
    flat = at::conv2d(x.contiguous(at::MemoryFormat::ChannelsLast), weight, out[0].select(1, E));
  } else {
    const int64_t M = x.size(0), S = x.size(2);
    flat = at::baddbmm(out.narrow(2, E, 1), out.narrow(2, 0, E), x.reshape({M, E, S * S})).view({M, C, S, S});
  }
  return at::sinh(flat.to(at::kFloat).clamp(-kLargest, kLargest));
}

Tokens ImageCodec::encode(const modalities::Block& block) const {
  at::NoGradGuard no_grad;
  const auto input = prepare(block);
  Tokens out{at::zeros({input.n, num_tokens()}, at::kLong), at::zeros({input.n}, at::kBool)};
  nn::Answers answers;
  for (int64_t start = 0; start < input.rows_M.size(0); start += kChunk) {
    const int64_t m = std::min(kChunk, input.rows_M.size(0) - start);
    const auto z = encode_latent(
        mix(input.flux_MCSS.narrow(0, start, m), input.ivar_MCSS.narrow(0, start, m), input.seen.rows(start, m)));
    answers.add(quantiser_(z).ids.reshape({m, -1}), [&, start, m](const at::Tensor& codes) {
      auto ids = codes;
      if (settings_.norm_bins > 0) ids = at::cat({input.norm_ids_M.narrow(0, start, m).unsqueeze(1), ids}, 1);
      out.ids.index_copy_(0, input.rows_M.narrow(0, start, m), ids);
    });
  }
  answers.finish();
  out.present.index_fill_(0, input.rows_M, 1);
  return out;
}

modalities::Block ImageCodec::decode(const Tokens& tokens, const DecodeRequest& request) const {
  check_built();
  at::NoGradGuard no_grad;
  check_tokens(tokens, num_tokens(), vocabulary(), kind());
  check_brightness(settings_, tokens.ids, kind());
  auto bands = request.bands.empty() ? bands_.trained() : request.bands;
  bands_.check(bands);
  auto out = blank_images(settings_, std::move(bands), tokens.ids.size(0), request, kind());
  const auto rows = at::nonzero(tokens.present).squeeze(1);
  auto seen = requested(request, out.bands, out.n);
  if (seen.noise_MC.size(0) > 1) seen.noise_MC = seen.noise_MC.index_select(0, rows);
  if (seen.psf_fwhm_arcsec_MC.defined() && seen.psf_fwhm_arcsec_MC.size(0) > 1)
    seen.psf_fwhm_arcsec_MC = seen.psf_fwhm_arcsec_MC.index_select(0, rows);
  const auto flux = at::zeros({out.n, int64_t(out.bands.size()), out.height, out.width});
  nn::Answers answers;
  for (int64_t start = 0; start < rows.size(0); start += kChunk) {
    const int64_t m = std::min(kChunk, rows.size(0) - start);
    const auto part = rows.narrow(0, start, m);
    auto of_part = seen.rows(start, m);
    auto ids = tokens.ids.index_select(0, part);
    if (settings_.norm_bins > 0) {
      of_part.noise_MC = of_part.noise_MC * brightness_of(settings_, ids.narrow(1, 0, 1));
      ids = ids.narrow(1, 1, code_tokens());
    }
    const auto codes = quantiser_.codes(nn::sent(ids, mix_bias_.device()));
    const auto noise = of_part.noise_MC.unsqueeze(-1).unsqueeze(-1);
    answers.add(draw(decode_codes(codes), of_part), [&, part, noise](const at::Tensor& answer) {
      flux.index_copy_(0, part, crop_or_pad(answer * noise, out.height, out.width));
    });
  }
  answers.finish();
  fill_images(out, settings_, tokens.present, flux);
  return out;
}

nn::Outcome ImageCodec::learn(const Lesson& lesson) {
  std::vector<Input> inputs;
  std::vector<at::Tensor> mixed;
  int64_t objects = 0, present = 0;
  for (size_t i = 0; i < lesson.blocks.size(); ++i) {
    auto input = prepare(*lesson.blocks[i], Bands::learned);
    objects += input.n;
    if (input.rows_M.size(0) == 0) continue;
    present += input.rows_M.size(0);
    const auto shown = changed_at_random(input, lesson, i);
    mixed.push_back(mix(input.flux_MCSS, shown, input.seen));
    inputs.push_back(std::move(input));
  }
  if (present == 0) nn::nothing_to_learn("image_conv: none of the {} objects has a good pixel.", objects);
  const auto quantised = quantiser_(encode_latent(mixed.size() == 1 ? mixed[0] : at::cat(mixed)));
  const auto x = decode_codes(quantised.codes);
  std::vector<at::Tensor> each;
  auto chi2 = at::zeros({}, x.options().requires_grad(false).dtype(at::kFloat)), values = chi2;
  int64_t start = 0;
  for (auto& input : inputs) {
    for (auto* pixels : {&input.flux_MCSS, &input.ivar_MCSS}) *pixels = nn::sent(*pixels, mix_bias_.device());
    const auto residual = input.flux_MCSS - draw(x.narrow(0, start, input.rows_M.size(0)), input.seen);
    start += input.rows_M.size(0);
    const auto& ivar = input.ivar_MCSS;
    const auto floor = input.flux_MCSS * settings_.error_floor;
    const auto weight = ivar / (ivar * floor.square() + 1);
    const auto good = (ivar > 0).to(at::kFloat);
    const auto pixels = good.sum({1, 2, 3});
    // half chi^2 per pixel, every object counting alike
    each.push_back((nn::huber(residual * weight.sqrt(), settings_.huber_sigma) * good).sum({1, 2, 3}) /
                   pixels.clamp_min(1));
    at::NoGradGuard no_grad;
    chi2 = chi2 + (residual.detach().square() * ivar).sum();
    values = values + pixels.sum();
  }
  nn::Outcome out;
  const auto reconstruction = at::cat(each).mean();
  const bool has_penalty = settings_.quantiser != "fsq";
  out.loss = has_penalty ? reconstruction + quantised.penalty : reconstruction;
  out.weight = double(present);
  at::NoGradGuard no_grad;
  out.figures = nn::codebook_use(quantised.ids, code_vocabulary_);
  for (const auto& entry : quantised.figures) out.figures[entry.first] = entry.second;
  out.figures["reconstruction"] = reconstruction.detach();
  if (has_penalty) out.figures["penalty"] = quantised.penalty.detach();
  out.figures["chi2_per_pixel"] = chi2 / values.clamp_min(1);
  return out;
}

void ImageCodec::save(const std::filesystem::path& folder) const {
  check_built();
  auto copy = settings_;
  write_folder(folder, kind(), config::to_json(config::fields_of(copy)), parameters_);
}

}  // namespace asterism::tokenizers
