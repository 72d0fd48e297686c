#include "tokenizers/scene_reading.h"

#include <cmath>

#include "base/threads.h"
#include "tokenizers/scene_pose.h"

namespace asterism::tokenizers {

namespace {

constexpr double kRidge = 1e-3;  // of the mean square of a band's Gaussians, where their total flux is asked for

// Flux over all Gaussians of each image, the mean of the bands that say anything: float64 [M].
at::Tensor mean_flux(const at::Tensor& squares_MCGG, const at::Tensor& products_MCG) {
  const int64_t g = squares_MCGG.size(2);
  const auto level = at::diagonal(squares_MCGG, 0, 2, 3).mean(2);  // [M, C]
  const auto known = level.gt(0).to(at::kDouble);
  const auto ridge = (level * kRidge + (1 - known)).unsqueeze(-1).unsqueeze(-1) * at::eye(g, at::kDouble);
  const auto flux = at::cholesky_solve(products_MCG.unsqueeze(-1), at::linalg_cholesky(squares_MCGG + ridge));
  return (flux.squeeze(-1).sum(2) * known).sum(1) / known.sum(1).clamp_min(1);
}

// The band with the most signal of image i.
int64_t brightest(const ScenePixels& pixels, int64_t i) {
  const int64_t bands = pixels.flux_MCSS.size(1), count = pixels.flux_MCSS.size(2) * pixels.flux_MCSS.size(3);
  const float *flux = pixels.flux_MCSS.const_data_ptr<float>() + i * bands * count,
              *weight = pixels.weight_MCSS.const_data_ptr<float>() + i * bands * count;
  int64_t best = 0;
  double most = -INFINITY;
  for (int64_t c = 0; c < bands; ++c) {
    double signal = 0;
    int64_t good = 0;
    for (int64_t p = c * count; p < (c + 1) * count; ++p) {
      signal += double(flux[p]) * double(flux[p]) * double(weight[p]);
      good += weight[p] > 0 ? 1 : 0;
    }
    if (good > 0 && signal - double(good) > most) most = signal - double(good), best = c;
  }
  return best;
}

ScenePlane plane_of(const ScenePixels& pixels, int64_t i, int64_t c) {
  const int64_t bands = pixels.flux_MCSS.size(1), side = pixels.flux_MCSS.size(3);
  const int64_t count = side * side, at = (i * bands + c) * count;
  const BandView view{double(pixels.psf_fwhm_MC.const_data_ptr<float>()[i * bands + c]), pixels.pixel_scale_arcsec,
                      side};
  return {view,
          {pixels.flux_MCSS.const_data_ptr<float>() + at, size_t(count)},
          {pixels.weight_MCSS.const_data_ptr<float>() + at, size_t(count)}};
}

}  // namespace

ScenePixels ScenePixels::rows(const at::Tensor& rows) const {
  const auto chosen = [&](const at::Tensor& x) { return x.index_select(0, rows); };
  return {chosen(flux_MCSS), chosen(weight_MCSS), chosen(psf_fwhm_MC), pixel_scale_arcsec, weights_CL};
}

SceneReading read_scenes(SceneKind kind, const ScenePixels& pixels, const SceneTokens& tokens) {
  at::NoGradGuard no_grad;
  const int64_t m = pixels.flux_MCSS.size(0), c = pixels.flux_MCSS.size(1), g = gaussians_of(kind);
  SceneReading out{at::zeros({m, kSceneHead}, at::kLong),
                   {at::zeros({m, c, g, g}, at::kDouble), at::zeros({m, c, g}, at::kDouble), pixels.weights_CL, {}},
                   (pixels.flux_MCSS.square() * pixels.weight_MCSS).sum({1, 2, 3}, false, at::kDouble),
                   at::zeros({m}, at::kDouble)};
  auto* ids = out.ids_M6.mutable_data_ptr<int64_t>();
  auto* squares = out.sums.squares_MCGG.mutable_data_ptr<double>();
  auto* products = out.sums.products_MCG.mutable_data_ptr<double>();
  auto* chi2 = out.pose_chi2_M.mutable_data_ptr<double>();
  base::parallel_for(size_t(m), 1, [&](size_t begin, size_t end) {
    for (auto i = int64_t(begin); i < int64_t(end); ++i) {
      const auto plane = plane_of(pixels, i, brightest(pixels, i));
      const auto found = fit_pose(kind, plane, first_pose(plane));
      chi2[i] = found.chi2;
      tokens.write(kind, found.pose, ids + i * kSceneHead);
      const auto pose = tokens.pose(ids + i * kSceneHead);
      for (int64_t b = 0; b < c; ++b)
        scene_sums(kind, plane_of(pixels, i, b), pose, squares + (i * c + b) * g * g, products + (i * c + b) * g);
    }
  });
  const auto flux = mean_flux(out.sums.squares_MCGG, out.sums.products_MCG);
  out.sums.brightness_M = at::empty({m}, at::kDouble);
  for (int64_t i = 0; i < m; ++i) {
    ids[i * kSceneHead] = tokens.brightness_id(flux.const_data_ptr<double>()[i]);
    out.sums.brightness_M.mutable_data_ptr<double>()[i] = tokens.brightness(ids[i * kSceneHead]);
  }
  return out;
}

at::Tensor chi2_of(const SceneReading& reading, const SceneTemplates& templates, const at::Tensor& ids_MT,
                   double stretch) {
  at::NoGradGuard no_grad;
  const auto& sums = reading.sums;
  const auto flux =
      templates.fluxes(ids_MT, sums.weights_CL, at::full({ids_MT.size(0)}, stretch)).to(at::kCPU, at::kDouble) *
      sums.brightness_M.view({-1, 1, 1});  // [M, C, G]
  const auto across = at::matmul(sums.squares_MCGG, flux.unsqueeze(-1)).squeeze(-1);
  return reading.squares_M + (flux * (across - 2 * sums.products_MCG)).sum({1, 2});
}

SceneCode best_code(const SceneReading& reading, const SceneTemplates& templates, const SceneTokens& tokens) {
  SceneCode out;
  for (int64_t k = 0; k < tokens.stretches(); ++k) {
    const auto ids = templates.code(reading.sums, kStretches[k]);
    const auto chi2 = chi2_of(reading, templates, ids, kStretches[k]);
    auto head = reading.ids_M6.clone();
    head.select(1, 0).add_(tokens.stretched(0, k));
    const auto all = at::cat({head, ids}, 1);
    if (k == 0) {
      out = {all, chi2};
      continue;
    }
    const auto better = chi2 < out.chi2_M;
    out = {at::where(better.unsqueeze(1), all, out.ids_MT), at::where(better, chi2, out.chi2_M)};
  }
  return out;
}

at::Tensor scene_bases(SceneKind kind, const at::Tensor& ids_M6, const at::Tensor& psf_fwhm_MC,
                       double pixel_scale_arcsec, int64_t side, const SceneTokens& tokens) {
  const int64_t m = ids_M6.size(0), c = psf_fwhm_MC.size(1), g = gaussians_of(kind), p = side * side;
  auto out = at::empty({m, c, g, p});
  const auto heads = ids_M6.contiguous(), psf = psf_fwhm_MC.contiguous();
  const auto* ids = heads.const_data_ptr<int64_t>();
  const auto* fwhm = psf.const_data_ptr<float>();
  auto* light = out.mutable_data_ptr<float>();
  base::parallel_for(size_t(m * c), 1, [&](size_t begin, size_t end) {
    for (auto i = int64_t(begin); i < int64_t(end); ++i)
      scene_light(kind, tokens.pose(ids + i / c * kSceneHead), {double(fwhm[i]), pixel_scale_arcsec, side},
                  light + i * g * p);
  });
  return out;
}

}  // namespace asterism::tokenizers
