#include "tokenizers/image_scenes.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "nn/autocast.h"
#include "nn/losses.h"
#include "nn/nothing_to_learn.h"
#include "nn/transfer.h"
#include "tokenizers/block_tensors.h"
#include "tokenizers/encode_in_parts.h"
#include "tokenizers/image_crop.h"
#include "tokenizers/in_unit.h"
#include "tokenizers/noise_level.h"
#include "tokenizers/scene_sorting.h"
#include "tokenizers/tokenizer_folder.h"

namespace asterism::tokenizers {

namespace {

constexpr int64_t kDrawn = 32, kRead = 256;  // images at a time: bounds memory
constexpr double kLargest = 1e15;            // of a flux: squares and their sums stay finite
constexpr double kNoPsfPixels = 3;           // a PSF's width where nothing tells it

// float32 [M]: a number for each token.
template <class F>
at::Tensor numbers_of(const at::Tensor& ids_in, const F& f) {
  const auto ids_M = ids_in.contiguous();
  auto out = at::empty(ids_M.sizes());
  for (int64_t i = 0; i < ids_M.size(0); ++i)
    out.mutable_data_ptr<float>()[i] = float(f(ids_M.const_data_ptr<int64_t>()[i]));
  return out;
}

at::Tensor rows_where(const at::Tensor& which_M) { return at::nonzero(which_M).squeeze(1); }

}  // namespace

ImageScenesSettings::ImageScenesSettings() { norm_bins = 1024; }

void ImageScenesSettings::describe(config::Fields& f) {
  ImageGridSettings::describe(f);
  f.add("band_embedding", band_embedding, "how bands are known: physical (by wavelength) or name")
      .one_of({"physical", "name"});
  f.add("knots_angstrom", knots_angstrom, "wavelengths at which a source's light is described, where physical")
      .between(1, 1e9);
  f.add("pixel_scales_arcsec", pixel_scales_arcsec, "of the bands; empty: from the data").between(0, 1e6);
  f.add("psf_fwhm_arcsec", psf_fwhm_arcsec, "of the bands; empty: from the data").between(0, 1e6);
  f.add("brightness_low", brightness_low, "log10 of the lowest flux told apart").between(-30, 30);
  f.add("brightness_high", brightness_high, "log10 of the highest").between(-30, 30);
  f.add("reach_arcsec", reach_arcsec, "of a source's centre from the middle of the image").between(1e-3, 1e4);
  f.add("galaxy_directions", galaxy_directions, "coefficients of an extended source").between(1, 128);
  f.add("point_directions", point_directions, "coefficients of a point source").between(1, 128);
  f.add("tokens", tokens, "for the coefficients of an image").between(1, 64);
  f.add("token_bits", token_bits, "of each of these tokens").between(1, 16);
  f.add("error_floor", error_floor, "of a pixel's flux, added in quadrature to its noise").between(0, 10);
  f.add("huber_sigma", huber_sigma, "residuals beyond count linearly in the loss; 0: plain chi^2").between(0, 1e6);
  f.add("fit_rounds", fit_rounds, "of closed-form learning").between(1, 1000);
  f.add("fit_bend", fit_bend, "precision of the prior of a template's bend along wavelength").between(1e-12, 1e12);
  f.add("fit_size", fit_size, "of its size").between(1e-12, 1e12);
  f.add("fit_roughness", fit_roughness, "of its bend along radius").between(1e-12, 1e12);
  f.add("fit_unseen", fit_unseen, "information that wavelengths without bands are thought to have").between(0, 1e3);
  f.add("posing", posing, "multiples of their wavelengths at which images are learned from besides, where physical")
      .between(0.01, 100);
  f.add("posing_weight", posing_weight, "of what they say there").between(1e-9, 1);
  f.add("fit_beyond", fit_beyond, "of their range, by which coefficients may exceed those seen").between(0, 100);
}

ImageScenes::ImageScenes(ImageScenesSettings settings, uint64_t seed)
    : settings_(std::move(settings)),
      seed_(seed),
      tokens_({settings_.norm_bins, settings_.brightness_low, settings_.brightness_high, settings_.reach_arcsec,
               std::clamp<int64_t>((int64_t{1} << settings_.token_bits) / settings_.norm_bins, 1,
                                   int64_t(std::size(kStretches)))}) {
  const auto& s = settings_;
  if (s.norm_bins < 16)
    base::user_error("image_scenes: norm_bins = {}; brightness and pose need at least 16 levels.", s.norm_bins);
  if (!(s.brightness_low < s.brightness_high))
    base::user_error("image_scenes: brightness_low = {} is not below brightness_high = {}.", s.brightness_low,
                     s.brightness_high);
  if (s.knots_angstrom.size() < 2 ||
      !std::is_sorted(s.knots_angstrom.begin(), s.knots_angstrom.end(), std::less_equal<>()))
    base::user_error("image_scenes: {} knots_angstrom; give at least two, rising.", s.knots_angstrom.size());
  check_bands(s, kind());
  for (const auto* list : {&s.pixel_scales_arcsec, &s.psf_fwhm_arcsec})
    if (!list->empty() && list->size() != s.bands.size())
      base::user_error("image_scenes: {} pixel scales and {} PSFs for {} bands; give one of each a band, or none.",
                       s.pixel_scales_arcsec.size(), s.psf_fwhm_arcsec.size(), s.bands.size());
  if (!s.bands.empty() && !s.noise.empty() && !s.psf_fwhm_arcsec.empty() && !s.pixel_scales_arcsec.empty()) build();
}

int64_t ImageScenes::vocabulary() const { return std::max(settings_.norm_bins, int64_t{1} << settings_.token_bits); }

void ImageScenes::to(const at::Device& device) {
  device_ = device;
  parameters_.to(device);
}

void ImageScenes::check_built() const {
  if (!bands_ || !galaxies_.tokens().fitted())
    base::user_error("image_scenes does not know its bands and templates yet: fit it to data first.");
}

void ImageScenes::build() {
  auto& s = settings_;
  s.wavelengths_angstrom.resize(s.bands.size());
  s.widths_angstrom.resize(s.bands.size());
  if (s.band_embedding == "name")
    bands_.emplace(s.bands);
  else
    bands_.emplace(s.knots_angstrom);
  const nn::Scope scope(parameters_, seed_);
  points_ =
      SceneTemplates(scope / "point", SceneKind::point, s.point_directions, s.tokens, s.token_bits, bands_->size());
  galaxies_ =
      SceneTemplates(scope / "galaxy", SceneKind::galaxy, s.galaxy_directions, s.tokens, s.token_bits, bands_->size());
  parameters_.to(device_);
}

size_t ImageScenes::nearest_learned(const modalities::Band& band) const {
  const auto& s = settings_;
  const auto same = std::find(s.bands.begin(), s.bands.end(), band.name);
  if (same != s.bands.end()) return size_t(same - s.bands.begin());
  size_t best = 0;
  const auto far = [&](size_t i) { return std::abs(std::log(s.wavelengths_angstrom[i] / band.wavelength_angstrom)); };
  for (size_t i = 1; i < s.bands.size(); ++i)
    if (far(i) < far(best)) best = i;
  return best;
}

ImageScenes::Input ImageScenes::prepare(const modalities::Block& block, Bands which) const {
  at::NoGradGuard no_grad;
  const InUnit given(block, "image", settings_.unit, kind());
  const auto& b = image_of(*given, kind());
  std::vector<int64_t> planes;
  Input out;
  auto& bands = out.bands;
  for (size_t i = 0; i < b.bands.size(); ++i) {
    const auto& gone = settings_.left_out_bands;
    if (which == Bands::learned && std::find(gone.begin(), gone.end(), b.bands[i].name) != gone.end()) continue;
    for (const auto& other : bands)
      if (other.name == b.bands[i].name) base::user_error("image_scenes: band '{}' is there twice.", other.name);
    planes.push_back(int64_t(i));
    bands.push_back(b.bands[i]);
  }
  out.n = b.n;
  out.pixels.weights_CL = bands_->of(bands, kind());
  const auto good = good_pixels(b, planes, settings_.size);
  out.rows_M = good.rows_M;
  out.pixels.flux_MCSS = good.flux_MCSS.clamp(-kLargest, kLargest).contiguous();
  std::vector<double> precision, psf, scales;
  for (const auto& band : bands) {
    const size_t i = nearest_learned(band);
    precision.push_back(std::pow(settings_.noise[i], -2));
    psf.push_back(settings_.psf_fwhm_arcsec[i]);
    scales.push_back(settings_.pixel_scales_arcsec[i]);
  }
  out.ivar_MCSS = b.has_ivar ? good.ivar_MCSS.clamp_max(1e30)
                             : good.good_MCSS * at::tensor(precision, at::kFloat).view({1, -1, 1, 1});
  const auto floor = out.pixels.flux_MCSS * settings_.error_floor;
  out.pixels.weight_MCSS = (out.ivar_MCSS / (out.ivar_MCSS * floor.square() + 1)).contiguous();
  out.pixels.pixel_scale_arcsec = b.pixel_scale_arcsec > 0 ? b.pixel_scale_arcsec : scales.front();
  if (!(out.pixels.pixel_scale_arcsec > 0)) out.pixels.pixel_scale_arcsec = 1;
  auto unknown = at::tensor(psf, at::kFloat).view({1, -1});
  unknown = at::where(unknown > 0, unknown, at::full({}, kNoPsfPixels * out.pixels.pixel_scale_arcsec));
  const auto seen = psf_of(b, kind()).index_select(1, at::tensor(planes, at::kLong)).index_select(0, out.rows_M);
  out.pixels.psf_fwhm_MC =
      at::where(at::logical_and(seen > 0, at::isfinite(seen)), seen, unknown.expand_as(seen)).contiguous();
  return out;
}

ImageScenes::Coded ImageScenes::code(const ScenePixels& pixels) const {
  at::NoGradGuard no_grad;
  const auto point = read_scenes(SceneKind::point, pixels, tokens_),
             galaxy = read_scenes(SceneKind::galaxy, pixels, tokens_);
  const auto as_galaxy = best_code(galaxy, galaxies_, tokens_);
  if (!points_.tokens().fitted()) return {as_galaxy.ids_MT, at::zeros({as_galaxy.ids_MT.size(0)}, at::kBool)};
  const auto as_point = best_code(point, points_, tokens_);
  const auto is_point = as_point.chi2_M <= as_galaxy.chi2_M;
  return {at::where(is_point.unsqueeze(1), as_point.ids_MT, as_galaxy.ids_MT), is_point};
}

at::Tensor ImageScenes::draw(SceneKind kind, const at::Tensor& ids_MT, const at::Tensor& psf_fwhm_MC,
                             double pixel_scale_arcsec, const at::Tensor& weights_CL) const {
  const auto& templates = this->templates(kind);
  const int64_t m = ids_MT.size(0), c = weights_CL.size(0), side = settings_.size;
  const auto bases = scene_bases(kind, ids_MT.narrow(1, 0, kSceneHead), psf_fwhm_MC, pixel_scale_arcsec, side, tokens_);
  const auto of_first = [&](auto f) { return numbers_of(ids_MT.select(1, 0), f); };
  const auto brightness = of_first([&](int64_t id) { return tokens_.brightness(id); }).view({m, 1, 1});
  const auto stretch = of_first([&](int64_t id) { return tokens_.stretch(id); });
  const auto device = templates.templates().device();
  const auto last = (int64_t{1} << settings_.token_bits) - 1;
  const auto fluxes =
      templates.fluxes(ids_MT.narrow(1, kSceneHead, settings_.tokens).clamp_max(last), weights_CL, stretch) *
      nn::sent(brightness, device);
  const int64_t g = bases.size(2);
  const auto flat = at::bmm(fluxes.reshape({m * c, 1, g}), nn::sent(bases, device).view({m * c, g, side * side}));
  return flat.view({m, c, side, side});
}

Tokens ImageScenes::encode(const modalities::Block& block) const {
  const nn::Autocast exact(nn::Precision::fp32, parameters_.device().type());
  check_built();
  at::NoGradGuard no_grad;
  if (modalities::rows(block) > kRead)
    return encode_in_parts(block, kRead, [&](const modalities::Block& part) { return encode(part); });
  const auto input = prepare(block, Bands::all);
  Tokens out{at::zeros({input.n, num_tokens()}, at::kLong), at::zeros({input.n}, at::kBool)};
  if (input.rows_M.size(0) == 0) return out;
  out.ids.index_copy_(0, input.rows_M, code(input.pixels).ids_MT);
  out.present.index_fill_(0, input.rows_M, 1);
  return out;
}

modalities::Block ImageScenes::decode(const Tokens& tokens, const DecodeRequest& request) const {
  const nn::Autocast exact(nn::Precision::fp32, parameters_.device().type());
  check_built();
  at::NoGradGuard no_grad;
  check_tokens(tokens, num_tokens(), vocabulary(), kind());
  const auto& s = settings_;
  auto bands = request.bands;
  if (bands.empty())
    for (size_t i = 0; i < s.bands.size(); ++i)
      bands.push_back({s.bands[i], s.wavelengths_angstrom[i], s.widths_angstrom[i]});
  const auto weights = bands_->of(bands, kind());
  const int64_t n = tokens.ids.size(0), c = int64_t(bands.size());
  std::vector<float> typical;
  typical.reserve(bands.size());
  for (const auto& band : bands) typical.push_back(float(s.psf_fwhm_arcsec[nearest_learned(band)]));
  double scale =
      request.pixel_scale_arcsec > 0 ? request.pixel_scale_arcsec : s.pixel_scales_arcsec[nearest_learned(bands[0])];
  if (!(scale > 0)) scale = 1;
  auto psf = at::tensor(typical, at::kFloat).expand({n, c});
  if (const auto given = int64_t(request.psf_fwhm_arcsec.size()); given > 0) {
    if (given != c && given != n * c)
      base::user_error("image_scenes: {} PSF widths for {} images of {} bands.", given, n, c);
    const auto asked = wrap(request.psf_fwhm_arcsec, {given / c, c}).expand({n, c});
    psf = at::where(at::logical_and(asked > 0, at::isfinite(asked)), asked, psf);
  }
  psf = at::where(psf > 0, psf, at::full({}, kNoPsfPixels * scale)).contiguous();
  auto out = blank_images(s, std::move(bands), n, request, kind());
  out.pixel_scale_arcsec = scale;
  const auto flux = at::zeros({n, c, out.height, out.width});
  const auto point = at::logical_and(tokens.present, tokens.ids.select(1, 1) == 0);
  nn::Answers answers;
  for (const auto kind : {SceneKind::point, SceneKind::galaxy}) {
    const auto rows =
        rows_where(kind == SceneKind::point ? point : at::logical_and(tokens.present, point.logical_not()));
    for (int64_t start = 0; start < rows.size(0); start += kDrawn) {
      const auto part = rows.narrow(0, start, std::min(kDrawn, rows.size(0) - start));
      answers.add(
          draw(kind, tokens.ids.index_select(0, part), psf.index_select(0, part), scale, weights),
          [&, part](const at::Tensor& drawn) { flux.index_copy_(0, part, crop_or_pad(drawn, out.height, out.width)); });
    }
  }
  answers.finish();
  fill_images(out, s, tokens.present, flux);
  return out;
}

at::Tensor ImageScenes::vectors(const Tokens& tokens) const {
  check_built();
  at::NoGradGuard no_grad;
  check_tokens(tokens, num_tokens(), vocabulary(), kind());
  const int64_t n = tokens.ids.size(0), points = points_.directions(), galaxies = galaxies_.directions();
  auto out = at::zeros({n, kSceneHead + 1 + points + galaxies});
  const auto ids = tokens.ids.contiguous();
  for (int64_t i = 0; i < n; ++i) {
    const auto* id = ids.const_data_ptr<int64_t>() + i * num_tokens();
    const auto pose = tokens_.pose(id);
    auto* row = out.mutable_data_ptr<float>() + i * out.size(1);
    row[0] = float(std::log(tokens_.brightness(id[0])));
    row[1] = tokens_.kind(id) == SceneKind::point ? 1.0F : 0.0F;
    for (int j = 0; j < 3; ++j) row[2 + j] = float(pose.at[2 + j]);
    for (int j = 0; j < 2; ++j) row[5 + j] = float(pose.at[j]);
  }
  const auto is_point = tokens.ids.select(1, 1) == 0;
  const int64_t last = (int64_t{1} << settings_.token_bits) - 1;
  for (const auto kind : {SceneKind::point, SceneKind::galaxy}) {
    const auto rows = rows_where(kind == SceneKind::point ? is_point : is_point.logical_not());
    const auto& of = templates(kind).tokens();
    const auto own = tokens.ids.index_select(0, rows);
    const auto stretch = numbers_of(own.select(1, 0), [&](int64_t id) { return tokens_.stretch(id); });
    const auto z = of.values(own.narrow(1, kSceneHead, settings_.tokens).clamp_max(last)) * stretch.unsqueeze(1);
    const int64_t first = kSceneHead + 1 + (kind == SceneKind::point ? 0 : points);
    out.narrow(1, first, z.size(1)).index_copy_(0, rows, z / of.variance().sqrt().clamp_min(1e-12));
  }
  return out * tokens.present.unsqueeze(1);
}

void ImageScenes::fit_all(const Lesson& lesson) {
  at::NoGradGuard no_grad;
  if (bands_ && galaxies_.tokens().fitted()) return;
  const auto before = settings_;
  try {
    std::vector<std::unique_ptr<InUnit>> kept;
    ImageBlocks blocks;
    for (const auto* block : lesson.blocks) {
      kept.push_back(std::make_unique<InUnit>(*block, "image", settings_.unit, kind()));
      blocks.push_back(&image_of(**kept.back(), kind()));
    }
    learn_settings(blocks);
    if (!bands_) build();
    std::vector<ScenePixels> pixels;
    std::vector<std::vector<modalities::Band>> bands;
    for (const auto* block : lesson.blocks) {
      auto input = prepare(*block, Bands::learned);
      pixels.push_back(std::move(input.pixels));
      bands.push_back(std::move(input.bands));
    }
    const auto& s = settings_;
    const SceneFitSettings fit{s.fit_rounds, s.fit_bend, s.fit_size, s.fit_roughness, s.fit_unseen, s.fit_beyond};
    learn_scenes(points_, galaxies_, *bands_, pixels, bands, tokens_, {fit, s.posing, s.posing_weight}, kind());
  } catch (...) {
    settings_ = before;
    throw;
  }
}

void ImageScenes::learn_settings(const ImageBlocks& blocks) {
  auto& s = settings_;
  learn_bands(s, blocks, kind());
  check_bands(s, kind());
  const bool ask_scales = s.pixel_scales_arcsec.empty(), ask_psf = s.psf_fwhm_arcsec.empty();
  for (const auto& name : s.bands) {
    const auto [holder, place] = holder_of(blocks, name, kind());
    if (ask_scales) s.pixel_scales_arcsec.push_back(holder->pixel_scale_arcsec);
    if (ask_psf) s.psf_fwhm_arcsec.push_back(typical_psf(*holder, int64_t(place)));
  }
}

nn::Outcome ImageScenes::learn(const Lesson& lesson) {
  const nn::Autocast exact(nn::Precision::fp32, parameters_.device().type());
  check_built();
  nn::Outcome out;
  out.weight = 0;
  auto chi2 = at::zeros({}, at::kDouble);
  double pixels = 0;
  for (const auto* block : lesson.blocks) {
    const auto input = prepare(*block, Bands::learned);
    if (input.rows_M.size(0) == 0) continue;
    const auto coded = code(input.pixels);
    for (const auto kind : {SceneKind::point, SceneKind::galaxy}) {
      const auto rows = rows_where(kind == SceneKind::point ? coded.point_M : coded.point_M.logical_not());
      if (rows.size(0) == 0) continue;
      const auto part = input.pixels.rows(rows);
      const auto there = [&](const at::Tensor& x) { return nn::sent(x, parameters_.device()); };
      const auto drawn =
          draw(kind, coded.ids_MT.index_select(0, rows), part.psf_fwhm_MC, part.pixel_scale_arcsec, part.weights_CL);
      const auto residual = there(part.flux_MCSS) - drawn;
      const auto ivar = there(input.ivar_MCSS.index_select(0, rows)), good = (ivar > 0).to(at::kFloat);
      const auto each =
          (nn::huber(residual * there(part.weight_MCSS).sqrt(), settings_.huber_sigma) * good).flatten(1).sum(1);
      const auto sum = (each / good.flatten(1).sum(1).clamp_min(1)).sum();
      out.loss = out.loss.defined() ? out.loss + sum : sum;
      out.weight += double(rows.size(0));
      chi2 = chi2 + (residual.detach().square() * ivar).sum(at::kDouble).to(at::kCPU);
      pixels += good.sum(at::kDouble).item<double>();
    }
  }
  if (out.weight == 0) nn::nothing_to_learn("image_scenes: none of the objects has a good pixel.");
  out.loss = out.loss / out.weight;
  out.figures["reconstruction"] = out.loss.detach();
  out.figures["chi2_per_pixel"] = chi2 / pixels;
  return out;
}

void ImageScenes::save(const std::filesystem::path& folder) const {
  check_built();
  auto copy = settings_;
  write_folder(folder, kind(), config::to_json(config::fields_of(copy)), parameters_);
}

}  // namespace asterism::tokenizers
