#include "tokenizers/aion/image.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "nn/autocast.h"
#include "nn/conv.h"
#include "nn/losses.h"
#include "nn/nothing_to_learn.h"
#include "nn/transfer.h"
#include "tokenizers/aion/fsq_grid.h"
#include "tokenizers/block_tensors.h"
#include "tokenizers/image_crop.h"
#include "tokenizers/in_unit.h"

namespace asterism::tokenizers::aion {

namespace {

constexpr int64_t kSize = kPublishedSize;
constexpr int64_t kChunk = 16;        // images through the network at a time: bounds memory
constexpr int64_t kDeviceChunk = 64;  // the same of a GPU, which takes that many to be filled
constexpr double kHuberSigma = 8, kErrorFloor = 0.03, kLargestDrawn = 10;  // of the loss

const char* const kUnit = "nanomaggy";

const double kHscPerNanomaggy = std::pow(10.0, (27.0 - 22.5) / 2.5);

std::vector<std::string> names_of(const std::vector<modalities::Band>& bands) {
  std::vector<std::string> out;
  for (const auto& band : bands) {
    out.push_back(band.name);
    std::transform(out.back().begin(), out.back().end(), out.back().begin(),
                   [](unsigned char c) { return char(std::toupper(c)); });
  }
  return out;
}

std::vector<int64_t> places_of(const std::vector<std::string>& bands) {
  std::vector<std::string> names;
  for (const auto& band : known_bands()) names.push_back(band.name);
  std::vector<int64_t> out;
  for (const auto& band : bands) {
    const int64_t place = std::find(names.begin(), names.end(), band) - names.begin();
    if (place == int64_t(names.size()))
      base::user_error("aion_image does not know the band '{}'; the nearest is '{}' of {}.", band,
                       base::nearest(band, names), base::quoted_list(names));
    if (std::find(out.begin(), out.end(), place) != out.end())
      base::user_error("aion_image: the band '{}' is given twice.", band);
    out.push_back(place);
  }
  if (out.empty()) base::user_error("aion_image: no band is given.");
  return out;
}

std::vector<int64_t> all_places() {
  std::vector<int64_t> out(known_bands().size());
  for (size_t i = 0; i < out.size(); ++i) out[i] = int64_t(i);
  return out;
}

int64_t chunk_on(const at::Device& device) { return device.is_cpu() ? kChunk : kDeviceChunk; }

// Where a mask, a flux and an inverse variance say that a pixel is good.
at::Tensor good_pixels(const at::Tensor& flux, const at::Tensor& ivar, const at::Tensor& mask) {
  const auto good = at::logical_and(mask == 0, at::logical_and(at::isfinite(flux), ivar > 0));
  return at::logical_and(good, at::isfinite(ivar));
}

// [M]: which images have a good pixel among those that the codec reads.
at::Tensor any_is_read(const at::Tensor& good_MCHW) { return crop_or_pad(good_MCHW, kSize, kSize).flatten(1).any(1); }

// [C, 1, 1] of one number for each band
template <class F>
at::Tensor per_band(const std::vector<int64_t>& places, const at::Device& device, F&& value) {
  std::vector<double> out;
  out.reserve(places.size());
  for (const int64_t place : places) out.push_back(value(known_bands()[size_t(place)]));
  return nn::sent(at::tensor(out, at::kFloat).view({-1, 1, 1}), device);
}

at::Tensor indices(const std::vector<int64_t>& places, const at::Device& device) {
  return nn::sent(at::tensor(places, at::kLong), device);
}

}  // namespace

const std::vector<KnownBand>& known_bands() {
  static const std::vector<KnownBand> table = {
      {"HSC-G", 80, kHscPerNanomaggy},
      {"HSC-R", 110, kHscPerNanomaggy},
      {"HSC-I", 200, kHscPerNanomaggy},
      {"HSC-Z", 330, kHscPerNanomaggy},
      {"HSC-Y", 500, kHscPerNanomaggy},
      {"DES-G", 6, 1},
      {"DES-R", 15, 1},
      {"DES-I", 20, 1},
      {"DES-Z", 25, 1},
  };
  return table;
}

void ImageSettings::describe(config::Fields& f) {
  f.add("quantizer_levels", quantizer_levels, "of each dimension of a code").between(2, 65536);
  f.add("hidden_dims", hidden_dims, "channels of the latent grid").between(1, 65536);
  f.add("multisurvey_projection_dims", multisurvey_projection_dims, "channels that the nine bands are mixed into")
      .between(1, 65536);
  f.add("n_compressions", n_compressions, "halvings of the 96 pixels").between(0, 6);
  f.add("num_consecutive", num_consecutive, "residual units in a row").between(0, 1000);
  f.add("embedding_dim", embedding_dim, "dimensions of a code; as many as levels").between(1, 64);
  f.add("range_compression_factor", range_compression_factor, "flux where asinh turns logarithmic, nanomaggies")
      .between(1e-30, 1e30);
  f.add("mult_factor", mult_factor, "by which the compressed flux is multiplied").between(1e-30, 1e30);
  f.add("reference_behaviour", reference_behaviour, "with the published codec's defects, for comparisons bit by bit");
}

AionImage::AionImage(ImageSettings settings, uint64_t seed) : settings_(std::move(settings)) {
  build(nn::Scope(parameters_, seed));
}

AionImage::AionImage(const PublishedFolder& folder) {
  auto fields = config::fields_of(settings_);
  read_config(fields, folder.config_json, folder.source);
  build(nn::Scope(parameters_).blank());
  load_weights(parameters_, folder);
  check_same(folder.weights.at("_quantizer.levels"), settings_.quantizer_levels, "_quantizer.levels",
             folder.weights_source);
}

void AionImage::build(const nn::Scope& scope) {
  const auto& s = settings_;
  fsq_ = nn::Fsq(s.quantizer_levels);
  if (s.embedding_dim != fsq_.dimensions())
    base::user_error("aion_image: embedding_dim = {}, but {} quantizer_levels.", s.embedding_dim, fsq_.dimensions());
  if (s.hidden_dims % (int64_t(1) << s.n_compressions) != 0)
    base::user_error("aion_image: hidden_dims = {} cannot be halved {} times.", s.hidden_dims, s.n_compressions);
  const int64_t K = int64_t(known_bands().size()), E = s.multisurvey_projection_dims, D = s.hidden_dims;
  network_ = MagVit(scope / "model", {E, D, s.n_compressions, s.num_consecutive});
  in_weight_ = (scope / "subsample_in").parameter("weight", {E, K}, nn::Init::kaiming(K));
  in_bias_ = (scope / "subsample_in").parameter("bias", {E}, nn::Init::zeros());
  // small: what comes out is the argument of a sinh
  out_weight_ = (scope / "subsample_out").parameter("weight", {K, E}, nn::Init::uniform(0.1 / std::sqrt(double(E))));
  out_bias_ = (scope / "subsample_out").parameter("bias", {K}, nn::Init::zeros());
  to_code_ = nn::Conv2d(scope / "pre_quant_proj", D, s.embedding_dim, nn::ConvSettings::same(1));
  from_code_ = nn::Conv2d(scope / "post_quant_proj", s.embedding_dim, D, nn::ConvSettings::same(1));
  (scope / "_quantizer").buffer("levels", at::tensor(s.quantizer_levels, at::kInt));
}

int64_t AionImage::grid() const {
  int64_t side = kSize;
  for (int64_t i = 0; i < settings_.n_compressions; ++i) side = (side + 1) / 2;
  return side;
}

// Clamped, in nanomaggies, compressed. survey_unit: flux comes in the unit of each band's survey.
at::Tensor AionImage::network_input(const at::Tensor& flux, const std::vector<int64_t>& places,
                                    bool survey_unit) const {
  const bool reference = settings_.reference_behaviour;
  const double first = known_bands()[size_t(places[0])].per_nanomaggy;  // the reference asks the first band alone
  const auto scale =
      per_band(places, flux.device(), [&](const KnownBand& b) { return reference ? first : b.per_nanomaggy; });
  const auto largest = per_band(places, flux.device(), [](const KnownBand& b) { return b.largest; });
  auto x = survey_unit ? flux : flux * scale;
  if (!reference) x = at::nan_to_num(x);
  x = at::minimum(at::maximum(x, -largest), largest) / scale;
  return at::asinh(x / settings_.range_compression_factor) * settings_.range_compression_factor * settings_.mult_factor;
}

at::Tensor AionImage::encode_input(const at::Tensor& x, const std::vector<int64_t>& places) const {
  const auto chosen = indices(places, x.device());
  const double strength = std::sqrt(double(known_bands().size()) / double(places.size()));
  const auto grid = network_.encode(x, in_weight_.index_select(1, chosen) * strength, in_bias_ * strength);
  const nn::Autocast exact(nn::Precision::fp32, grid.device().type());  // what a quantiser rounds
  return to_code_(grid);
}

at::Tensor AionImage::decode_codes(const at::Tensor& codes, const std::vector<int64_t>& places) const {
  const auto chosen = indices(places, codes.device());
  const auto y =
      network_.decode(from_code_(codes), out_weight_.index_select(0, chosen), out_bias_.index_select(0, chosen));
  return y / settings_.mult_factor / settings_.range_compression_factor;
}

at::Tensor AionImage::latent(const at::Tensor& flux, const std::vector<std::string>& bands) const {
  const auto places = places_of(bands);
  const auto named = int64_t(bands.size()), channels = flux.dim() == 4 ? flux.size(1) : 0;
  const bool more = settings_.reference_behaviour && channels > named;  // the package reads the first ones
  if (channels != named && !more) base::user_error("aion_image: {} bands for images of {} channels.", named, channels);
  const auto first = flux.narrow(1, 0, named).to(parameters_.device());
  const auto cut = crop_published(first, settings_.reference_behaviour);
  return encode_input(network_input(cut.to(at::kFloat), places, true), places);
}

at::Tensor AionImage::ids(const at::Tensor& latent) const {
  return grid_ids(fsq_, latent, settings_.reference_behaviour);
}

at::Tensor AionImage::margin(const at::Tensor& latent) const { return grid_margin(fsq_, latent); }

at::Tensor AionImage::decode_all(const at::Tensor& ids) const {
  const auto codes = nn::sent(grid_codes(fsq_, ids, settings_.reference_behaviour), parameters_.device());
  return at::sinh(decode_codes(codes, all_places())) * settings_.range_compression_factor;
}

at::Tensor AionImage::decode(const at::Tensor& ids, const std::vector<std::string>& bands) const {
  const auto places = places_of(bands);
  const auto device = parameters_.device();
  const double first = known_bands()[size_t(places[0])].per_nanomaggy;  // as in network_input()
  return decode_all(ids).index_select(1, indices(places, device)) * per_band(places, device, [&](const KnownBand& b) {
           return settings_.reference_behaviour ? first : b.per_nanomaggy;
         });
}

namespace {

struct Prepared {
  at::Tensor rows_M, flux_MCSS, ivar_MCSS;  // rows with at least one good pixel that is read; 0 where not good
};

Prepared prepare(const modalities::ImageBlock& b) {
  at::NoGradGuard no_grad;
  const std::vector<int64_t> shape{b.n, int64_t(b.bands.size()), b.height, b.width};
  const auto flux = wrap(b.flux, shape), ivar = wrap(b.ivar, shape), zero = at::zeros({});
  auto good = good_pixels(flux, ivar, wrap(b.mask, shape));
  good = at::logical_and(good, wrap(b.present, {b.n}).to(at::kBool).view({b.n, 1, 1, 1}));
  Prepared out;
  out.rows_M = at::nonzero(any_is_read(good)).squeeze(1);
  const auto chosen = [&](const at::Tensor& x) {
    return crop_or_pad(at::where(good, x, zero).index_select(0, out.rows_M), kSize, kSize);
  };
  out.flux_MCSS = chosen(flux);
  out.ivar_MCSS = chosen(ivar);
  return out;
}

}  // namespace

Tokens AionImage::encode(const modalities::Block& block) const {
  at::NoGradGuard no_grad;
  const InUnit given(block, "image", kUnit, kind());
  const auto& b = image_of(*given, kind());
  const auto places = places_of(names_of(b.bands));
  if (!parameters_.device().is_cpu()) return encode_on_device(b, places);
  const auto input = prepare(b);
  Tokens out{at::zeros({b.n, num_tokens()}, at::kLong), at::zeros({b.n}, at::kBool)};
  for (int64_t start = 0; start < input.rows_M.size(0); start += kChunk) {
    const int64_t m = std::min(kChunk, input.rows_M.size(0) - start);
    const auto x = network_input(input.flux_MCSS.narrow(0, start, m), places, false);
    out.ids.index_copy_(0, input.rows_M.narrow(0, start, m),
                        fsq_(encode_input(x, places).permute({0, 2, 3, 1})).ids.flatten(1));
  }
  out.present.index_fill_(0, input.rows_M, 1);
  return out;
}

// Pixels go to the device as they are, and what the quantiser rounds comes back.
Tokens AionImage::encode_on_device(const modalities::ImageBlock& b, const std::vector<int64_t>& places) const {
  const auto device = parameters_.device();
  const std::vector<int64_t> shape{b.n, int64_t(b.bands.size()), b.height, b.width};
  const auto flux = wrap(b.flux, shape), ivar = wrap(b.ivar, shape), mask = wrap(b.mask, shape);
  const auto rows = at::nonzero(wrap(b.present, {b.n})).squeeze(1);
  const bool whole = rows.size(0) == b.n;
  Tokens out{at::zeros({b.n, num_tokens()}, at::kLong), at::zeros({b.n}, at::kBool)};
  nn::Answers answers;
  for (int64_t start = 0; start < rows.size(0); start += kDeviceChunk) {
    const int64_t m = std::min(kDeviceChunk, rows.size(0) - start), d = fsq_.dimensions();
    const nn::FastestConvolutions fastest(m == kDeviceChunk);
    const auto part = rows.narrow(0, start, m);
    const auto chosen = [&](const at::Tensor& x) {
      return nn::sent(whole ? x.narrow(0, start, m) : x.index_select(0, part), device);
    };
    const auto flux_m = chosen(flux);
    const auto good = good_pixels(flux_m, chosen(ivar), chosen(mask));
    const auto cut = crop_or_pad(at::where(good, flux_m, at::zeros({}, flux_m.options())), kSize, kSize);
    const auto z = encode_input(network_input(cut, places, false), places).permute({0, 2, 3, 1});
    const auto seen = any_is_read(good).unsqueeze(1).to(at::kFloat);
    answers.add(at::cat({z.flatten(1), seen}, 1), [this, &out, part, m, d](const at::Tensor& answer) {
      const auto present = answer.select(1, answer.size(1) - 1) != 0;
      const auto ids = fsq_(answer.narrow(1, 0, answer.size(1) - 1).reshape({m, -1, d})).ids;
      out.ids.index_copy_(0, part, ids * present.unsqueeze(1));
      out.present.index_copy_(0, part, present);
    });
  }
  answers.finish();
  return out;
}

modalities::Block AionImage::decode(const Tokens& tokens, const DecodeRequest& request) const {
  at::NoGradGuard no_grad;
  check_tokens(tokens, num_tokens(), vocabulary(), kind());
  if (request.height < 0 || request.width < 0)
    base::user_error("aion_image: images of {} x {} pixels.", request.height, request.width);
  modalities::ImageBlock out;
  out.bands = request.bands;
  if (out.bands.empty())
    for (const auto& known : known_bands()) {
      out.bands.emplace_back();
      out.bands.back().name = known.name;
      for (char& c : out.bands.back().name) c = char(std::tolower(static_cast<unsigned char>(c)));
    }
  const auto device = parameters_.device();
  const auto places = indices(places_of(names_of(out.bands)), device);
  const int64_t C = places.size(0);
  out.n = tokens.ids.size(0);
  out.height = request.height > 0 ? request.height : kSize;
  out.width = request.width > 0 ? request.width : kSize;
  out.unit = kUnit;
  out.flux.resize(size_t(out.n * C * out.height * out.width));
  const auto flux = wrap(out.flux, {out.n, C, out.height, out.width});
  const auto rows = at::nonzero(tokens.present).squeeze(1);
  nn::Answers answers;
  for (int64_t start = 0; start < rows.size(0); start += chunk_on(device)) {
    const auto part = rows.narrow(0, start, std::min(chunk_on(device), rows.size(0) - start));
    const nn::FastestConvolutions fastest(part.size(0) == kDeviceChunk);
    const auto drawn = decode_all(tokens.ids.index_select(0, part)).index_select(1, places);
    answers.add(crop_or_pad(crop_or_pad(at::nan_to_num(drawn), kSize, kSize), out.height, out.width),
                [&flux, part](const at::Tensor& answer) { flux.index_copy_(0, part, answer); });
  }
  answers.finish();
  const auto inside = crop_or_pad(at::ones({1, 1, kSize, kSize}), out.height, out.width);
  const auto good = (inside * tokens.present.view({out.n, 1, 1, 1})).expand({out.n, C, out.height, out.width});
  copy_into(out.present, tokens.present);
  copy_into(out.ivar, good);
  copy_into(out.mask, 1 - good);
  out.psf_fwhm_arcsec.assign(size_t(out.n * C), 0);
  return out;
}

nn::Outcome AionImage::loss(const modalities::Block& block) {
  const InUnit given(block, "image", kUnit, kind());
  const auto& b = image_of(*given, kind());
  const auto places = places_of(names_of(b.bands));
  auto input = prepare(b);
  const int64_t present = input.rows_M.size(0);
  if (present == 0) nn::nothing_to_learn("aion_image: none of the {} objects has a good pixel.", b.n);
  for (auto* x : {&input.flux_MCSS, &input.ivar_MCSS}) *x = nn::sent(*x, parameters_.device());
  const auto latent = encode_input(network_input(input.flux_MCSS, places, false), places);
  const auto quantised = fsq_(latent.permute({0, 2, 3, 1}));
  const auto drawn = decode_codes(quantised.codes.permute({0, 3, 1, 2}), places).clamp(-kLargestDrawn, kLargestDrawn);
  const auto flux = crop_or_pad(at::sinh(drawn) * settings_.range_compression_factor, kSize, kSize);
  const auto residual = input.flux_MCSS - flux;
  const auto weight = input.ivar_MCSS / (input.ivar_MCSS * (input.flux_MCSS * kErrorFloor).square() + 1);
  const auto good = (input.ivar_MCSS > 0).to(at::kFloat);
  const auto pixels = good.sum({1, 2, 3});
  nn::Outcome out;
  out.loss = ((nn::huber(residual * weight.sqrt(), kHuberSigma) * good).sum({1, 2, 3}) / pixels.clamp_min(1)).mean();
  out.weight = double(present);
  at::NoGradGuard no_grad;
  out.figures = nn::codebook_use(quantised.ids, vocabulary());
  out.figures["chi2_per_pixel"] = (residual.detach().square() * input.ivar_MCSS).sum() / pixels.sum().clamp_min(1);
  return out;
}

void AionImage::save(const std::filesystem::path& folder) const {
  auto copy = settings_;
  write_published(folder, config::fields_of(copy), {}, parameters_);
}

}  // namespace asterism::tokenizers::aion
