// How an image codec sees a block: bands and scales learned from data, pixels in units of the noise, and what training
// changes at random.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "tokenizers/block_tensors.h"
#include "tokenizers/image_codec.h"
#include "tokenizers/image_crop.h"
#include "tokenizers/in_unit.h"
#include "tokenizers/noise_level.h"

namespace asterism::tokenizers {

namespace {

constexpr double kNormLow = 1;  // log10 of the total signal-to-noise below which an image is as bright as its noise

double norm_step(const ImageCodecSettings& s) { return (s.norm_high - kNormLow) / double(s.norm_bins); }

}  // namespace

void ImageCodec::describe_bands(const std::vector<const modalities::ImageBlock*>& blocks) {
  auto& s = settings_;
  const auto left_out = [&](const std::string& name) {
    return std::find(s.left_out_bands.begin(), s.left_out_bands.end(), name) != s.left_out_bands.end();
  };
  if (s.bands.empty())
    for (const auto* b : blocks)
      for (const auto& band : b->bands)
        if (!left_out(band.name) && std::find(s.bands.begin(), s.bands.end(), band.name) == s.bands.end())
          s.bands.push_back(band.name);
  const bool ask_wavelengths = s.wavelengths_angstrom.empty(), ask_widths = s.widths_angstrom.empty(),
             ask_noise = s.noise.empty();
  const bool ask_optics = s.band_embedding == "physical" && s.pixel_scales_arcsec.empty() && s.psf_fwhm_arcsec.empty();
  for (const auto& name : s.bands) {
    const modalities::ImageBlock* holder = nullptr;
    size_t place = 0;
    for (const auto* b : blocks)
      for (size_t i = 0; i < b->bands.size() && holder == nullptr; ++i)
        if (b->bands[i].name == name) holder = b, place = i;
    if (holder == nullptr) base::user_error("image_conv: the setting 'bands' names '{}', which the data lack.", name);
    if (ask_wavelengths) s.wavelengths_angstrom.push_back(holder->bands[place].wavelength_angstrom);
    if (ask_widths) s.widths_angstrom.push_back(holder->bands[place].width_angstrom);
    if (ask_noise) s.noise.push_back(noise_level(*holder, int64_t(place)));
    if (!ask_optics) continue;
    s.pixel_scales_arcsec.push_back(holder->pixel_scale_arcsec);
    s.psf_fwhm_arcsec.push_back(typical_psf(*holder, int64_t(place)));
  }
}

void ImageCodec::fit_all(const Lesson& lesson) {
  const auto& given = lesson.blocks;
  std::vector<std::unique_ptr<InUnit>> kept;
  std::vector<const modalities::ImageBlock*> blocks;
  for (const auto* block : given) {
    kept.push_back(std::make_unique<InUnit>(*block, "image", settings_.unit, kind()));
    blocks.push_back(&image_of(**kept.back(), kind()));
  }
  if (mix_bias_.defined()) return;  // weights have grown on these scales
  describe_bands(blocks);
  build();
}

ImageCodec::Input ImageCodec::prepare(const modalities::Block& block, Bands which) const {
  check_built();
  at::NoGradGuard no_grad;
  const InUnit given(block, "image", settings_.unit, kind());
  const auto& b = image_of(*given, kind());
  Input out;
  out.n = b.n;
  std::vector<int64_t> planes;
  for (size_t i = 0; i < b.bands.size(); ++i) {
    const auto& gone = settings_.left_out_bands;
    if (which == Bands::learned && std::find(gone.begin(), gone.end(), b.bands[i].name) != gone.end()) continue;
    planes.push_back(int64_t(i));
    out.seen.bands.push_back(b.bands[i]);
  }
  bands_.check(out.seen.bands);
  const int64_t all = int64_t(b.bands.size()), C = int64_t(planes.size()), S = settings_.size;
  const auto of_planes = [&](const at::Tensor& x) {
    return C == all ? x : x.index_select(1, at::tensor(planes, at::kLong));
  };
  const std::vector<int64_t> shape{b.n, all, b.height, b.width};
  const auto flux = of_planes(wrap(b.flux, shape)), ivar = of_planes(wrap(b.ivar, shape));
  auto good = at::logical_and(of_planes(wrap(b.mask, shape)) == 0, at::logical_and(ivar > 0, at::isfinite(flux)));
  good = at::logical_and(good, at::isfinite(ivar));
  good = at::logical_and(good, wrap(b.present, {b.n}).to(at::kBool).view({b.n, 1, 1, 1}));
  out.rows_M = at::nonzero(good.flatten(1).any(1)).squeeze(1);
  const bool whole = out.rows_M.size(0) == b.n;
  const auto chosen = [&](const at::Tensor& x) { return whole ? x : x.index_select(0, out.rows_M); };
  const auto zero = at::zeros({});
  const auto whole_ivar = at::where(chosen(good), chosen(ivar), zero);
  const auto good_M = crop_or_pad(chosen(good), S, S);
  const auto flux_M = at::where(good_M, crop_or_pad(chosen(flux), S, S), zero), ivar_M = crop_or_pad(whole_ivar, S, S);
  out.seen.noise_MC = bands_.noise(out.seen.bands).unsqueeze(0);
  if (settings_.scale == "image" && b.has_ivar) {
    const auto sky = sky_noise(whole_ivar);
    out.seen.noise_MC = at::where(sky > 0, sky, out.seen.noise_MC);
  }
  if (bands_.physical()) {
    out.seen.pixel_scale_arcsec = b.pixel_scale_arcsec;
    out.seen.psf_fwhm_arcsec_MC = chosen(of_planes(wrap(b.psf_fwhm_arcsec, {b.n, all}).clone()));  // outlives b
  }
  auto scale = at::ones({1});
  if (settings_.norm_bins > 0) {
    const auto sharp = b.has_ivar ? ivar_M : good_M / out.seen.noise_MC.square().unsqueeze(-1).unsqueeze(-1);
    const auto signal = (flux_M.square() * sharp).flatten(1).sum(1) - good_M.flatten(1).sum(1);
    const auto place = (at::log10(signal.clamp_min(1)) * 0.5 - kNormLow) / norm_step(settings_);
    out.norm_ids_M = place.floor().clamp(0, double(settings_.norm_bins - 1)).to(at::kLong);
    scale = scale_of(out.norm_ids_M);
    out.seen.noise_MC = out.seen.noise_MC * scale.unsqueeze(1);
  }
  const auto noise = out.seen.noise_MC.unsqueeze(-1).unsqueeze(-1);
  out.flux_MCSS = flux_M / noise;
  // data without variances are weighed by the codec's own idea of their noise
  out.ivar_MCSS = b.has_ivar ? (ivar_M * noise.square()).clamp_max(1e30) : good_M * scale.square().view({-1, 1, 1, 1});
  return out;
}

at::Tensor ImageCodec::scale_of(const at::Tensor& norm_ids) const {
  return at::pow(10.0, (norm_ids.to(at::kDouble) + 0.5) * norm_step(settings_)).to(at::kFloat);
}

at::Tensor ImageCodec::changed_at_random(Input& input, const Lesson& lesson, size_t block) const {
  const auto& s = settings_;
  const int64_t M = input.rows_M.size(0), C = input.flux_MCSS.size(1);
  if (!lesson.training || lesson.objects.size() <= block) return input.ivar_MCSS;
  const auto named = at::ones({M}), stretch = at::zeros({M, 4}), shown = at::ones({M, C});
  for (int64_t i = 0; i < M; ++i) {
    const auto object = lesson.objects[block][size_t(input.rows_M[i].item<int64_t>())];
    base::Random random(lesson.seed, uint64_t(lesson.epoch), object, "tokenizers.image_conv");
    const bool hidden = random.uniform() < s.survey_dropout;
    named[i] = hidden ? 0.0 : 1.0;
    for (int64_t k = 0; k < 4; ++k)
      stretch[i][k] = hidden ? random.uniform(-s.metadata_stretch, s.metadata_stretch) : 0.0;
    const auto kept = int64_t(random.below(uint64_t(C)));  // one band at least
    for (int64_t c = 0; c < C; ++c)
      if (random.uniform() < s.band_dropout && c != kept) shown[i][c] = 0;
  }
  if (bands_.physical()) {
    input.seen.named_M = named;
    input.seen.stretch_M4 = stretch;
  }
  return input.ivar_MCSS * shown.unsqueeze(-1).unsqueeze(-1);
}

BandsSeen ImageCodec::requested(const DecodeRequest& request, std::vector<modalities::Band> bands, int64_t n) const {
  BandsSeen seen;
  const int64_t C = int64_t(bands.size()), known = int64_t(settings_.bands.size());
  const auto of_bands = [&](const base::AlignedVector<float>& given, const at::Tensor& otherwise, const char* what) {
    if (given.empty()) return otherwise;
    if (int64_t(given.size()) != C && int64_t(given.size()) != n * C)
      base::user_error("image_conv: {} {} to decode {} bands of {} objects; give one a band, or one a band and object.",
                       given.size(), what, C, n);
    const auto rows = wrap(given, {int64_t(given.size()) / std::max<int64_t>(C, 1), C});
    return at::where(at::logical_and(rows > 0, at::isfinite(rows)), rows, otherwise);
  };
  // where the scale is the band's, the codec's own noise is what its numbers mean
  seen.noise_MC = bands_.noise(bands).unsqueeze(0);
  if (settings_.scale == "image") seen.noise_MC = of_bands(request.noise, seen.noise_MC, "noise levels");
  if (bands_.physical()) {
    std::vector<float> psf;
    for (const auto& band : bands) {
      const auto place = bands_.place(band.name);
      psf.push_back(place < known ? float(settings_.psf_fwhm_arcsec[size_t(place)]) : 0);
      if (seen.pixel_scale_arcsec == 0 && place < known)
        seen.pixel_scale_arcsec = settings_.pixel_scales_arcsec[size_t(place)];
    }
    if (request.pixel_scale_arcsec > 0) seen.pixel_scale_arcsec = request.pixel_scale_arcsec;
    seen.psf_fwhm_arcsec_MC = of_bands(request.psf_fwhm_arcsec, at::tensor(psf).view({1, C}), "PSF widths");
  }
  seen.bands = std::move(bands);
  return seen;
}

}  // namespace asterism::tokenizers
