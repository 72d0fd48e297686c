// How an image codec sees a block: bands and scales learned from data, pixels in units of the noise, and what training
// changes at random.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "tokenizers/block_tensors.h"
#include "tokenizers/image_codec.h"
#include "tokenizers/in_unit.h"
#include "tokenizers/noise_level.h"

namespace asterism::tokenizers {

namespace {

constexpr double kLargest = 1e15;  // of a flux over the noise: its square is a float still, and so are sums of such

}  // namespace

void ImageCodec::describe_bands(const std::vector<const modalities::ImageBlock*>& blocks) {
  auto& s = settings_;
  learn_bands(s, blocks, kind());
  if (s.band_embedding != "physical" || !s.pixel_scales_arcsec.empty() || !s.psf_fwhm_arcsec.empty()) return;
  for (const auto& name : s.bands) {
    const auto [holder, place] = holder_of(blocks, name, kind());
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
  const auto pixels = good_pixels(b, planes, settings_.size);
  out.rows_M = pixels.rows_M;
  out.seen.noise_MC = bands_.noise(out.seen.bands).unsqueeze(0);
  if (settings_.scale == "image" && b.has_ivar) {
    const auto sky = sky_noise(pixels.ivar_MCHW);
    out.seen.noise_MC = at::where(sky > 0, sky, out.seen.noise_MC);
  }
  if (bands_.physical()) {
    out.seen.pixel_scale_arcsec = b.pixel_scale_arcsec;
    out.seen.psf_fwhm_arcsec_MC =
        psf_of(b, "image_conv").index_select(1, at::tensor(planes, at::kLong)).index_select(0, out.rows_M);
  }
  auto scale = at::ones({1});
  if (settings_.norm_bins > 0) {
    const auto sky = out.seen.noise_MC.square().unsqueeze(-1).unsqueeze(-1);
    out.norm_ids_M =
        brightness_ids(settings_, pixels.flux_MCSS, b.has_ivar ? pixels.ivar_MCSS : pixels.good_MCSS / sky);
    scale = brightness_of(settings_, out.norm_ids_M);
    out.seen.noise_MC = out.seen.noise_MC * scale.unsqueeze(1);
  }
  const auto noise = out.seen.noise_MC.unsqueeze(-1).unsqueeze(-1);
  out.flux_MCSS = (pixels.flux_MCSS / noise).clamp_(-kLargest, kLargest);
  // data without variances are weighed by the codec's own idea of their noise
  out.ivar_MCSS = b.has_ivar ? (pixels.ivar_MCSS * noise.square()).clamp_max(1e30)
                             : pixels.good_MCSS * scale.square().view({-1, 1, 1, 1});
  return out;
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
