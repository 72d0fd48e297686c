#include "models/image_planes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/error.h"
#include "modalities/image.h"
#include "models/wrap.h"
#include "nn/device.h"
#include "nn/in_threads.h"

namespace asterism::models {
namespace {

constexpr double kLargest = 1e30;         // fluxes and variances are cut here: their products stay finite
constexpr double kNoStep = 1e-4;          // of a pixel: a shorter way from a pixel's middle is none
constexpr double kSigmas = 3;             // half the width of a Gaussian kernel
constexpr double kLeastGoodWeight = 0.2;  // under a kernel: a corner of the image has a quarter

at::Tensor whole_steps(const at::Tensor& fraction) {
  return at::where(fraction < kNoStep, at::zeros({}, fraction.options()),
                   at::where(fraction > 1 - kNoStep, at::ones({}, fraction.options()), fraction));
}

// Gaussian kernels of these sigmas, rows of sum 1: [G, 2 radius + 1], float32.
at::Tensor kernels(const at::Tensor& sigma_G, int64_t radius) {
  const auto x = at::arange(-radius, radius + 1, sigma_G.options()).unsqueeze(0);
  const auto sigma = sigma_G.unsqueeze(1);
  const auto inside = x.abs().le((sigma * kSigmas).ceil());
  const auto k = (-0.5 * (x / sigma.clamp_min(1e-6)).square()).exp() * inside;
  return (k / k.sum(1, true)).to(at::kFloat);
}

// Each plane of [G, H, W] with its own kernel [G, K] along both axes; zeros beyond the edges.
at::Tensor convolved(const at::Tensor& x_GHW, const at::Tensor& kernel_GK) {
  const int64_t G = x_GHW.size(0), K = kernel_GK.size(1), radius = K / 2;
  auto x = x_GHW.unsqueeze(0);
  x = at::conv2d(x, kernel_GK.view({G, 1, K, 1}), {}, 1, at::IntArrayRef({radius, 0}), 1, G);
  x = at::conv2d(x, kernel_GK.view({G, 1, 1, K}), {}, 1, at::IntArrayRef({0, radius}), 1, G);
  return x.squeeze(0);
}

// The sum of squares of a Gaussian of sigma_G new pixels and a bilinear interpolation one after the other, in old
// pixels: that of a Gaussian whose variance is both of theirs together (of the interpolation's triangle: 1/6).
at::Tensor noise_left(const at::Tensor& sigma_G, const at::Tensor& zoom_G) {
  const auto old_pixels = sigma_G / zoom_G.clamp_min(1e-6);
  return 1 / (4 * std::numbers::pi * (old_pixels.square() + 1.0 / 6));
}

}  // namespace

ImagePlanes planes_of(const modalities::ImageBlock& images, const at::Device& device) {
  const int64_t n = images.n, c = int64_t(images.bands.size());
  const std::vector<int64_t> shape = {n, c, images.height, images.width};
  const auto ivar = nn::onto(device, wrap(images.ivar, shape));
  const auto good = nn::onto(device, wrap(images.mask, shape)).eq(0).logical_and(ivar.gt(0)).to(at::kFloat);
  ImagePlanes out;
  out.good_NCHW = good;
  out.flux_NCHW = nn::onto(device, wrap(images.flux, shape)).clamp(-kLargest, kLargest) * good;
  out.variance_NCHW = ivar.clamp_min(1 / kLargest).reciprocal().clamp(1 / kLargest, kLargest) * good;
  out.fwhm_NC = wrap(images.psf_fwhm_arcsec, {n, c}).to(at::kDouble);
  return out;
}

ImagePlanes warped(const ImagePlanes& planes, const at::Tensor& matrix, const at::Tensor& centre, int64_t size) {
  const int64_t n = planes.flux_NCHW.size(0), c = planes.flux_NCHW.size(1), H = planes.flux_NCHW.size(2),
                W = planes.flux_NCHW.size(3), P = size * size;
  // new pixels over old ones: what a flux per pixel is multiplied by
  const auto area_here = (matrix.select(1, 0).select(1, 0) * matrix.select(1, 1).select(1, 1) -
                          matrix.select(1, 0).select(1, 1) * matrix.select(1, 1).select(1, 0))
                             .abs();
  const auto there =  // in one copy
      nn::onto(planes.flux_NCHW.device(), at::cat({matrix.reshape({n, 4}), centre, area_here.unsqueeze(1)}, 1));
  const auto pixels = planes.flux_NCHW.options();
  const auto step = at::arange(size, there.options()) - 0.5 * double(size - 1);
  const auto uv = at::stack({step.repeat({size}), step.repeat_interleave(size)});  // [2, P]: x fastest
  const auto place = at::matmul(there.narrow(1, 0, 4).reshape({n, 2, 2}).contiguous(), uv) +
                     there.narrow(1, 4, 2).unsqueeze(2);  // [N, 2, P]
  const auto x = place.select(1, 0) + 0.5 * double(W - 1), y = place.select(1, 1) + 0.5 * double(H - 1);
  const auto left = (x + kNoStep).floor(), top = (y + kNoStep).floor();
  const auto fx = whole_steps((x - left).clamp(0, 1)), fy = whole_steps((y - top).clamp(0, 1));
  const auto from = at::cat({planes.flux_NCHW, planes.variance_NCHW, planes.good_NCHW}, 1).flatten(2);  // [N, 3C, HW]
  auto flux = at::zeros({n, c, P}, pixels), variance = at::zeros({n, c, P}, pixels),
       unshared = at::zeros({n, c, P}, pixels), bad = at::zeros({n, c, P}, pixels.dtype(at::kBool));
  for (const int64_t corner : {0, 1, 2, 3}) {
    const int64_t right = corner & 1, below = corner >> 1;
    const auto cx = left + right, cy = top + below;
    const auto inside = cx.ge(0).logical_and(cx.lt(W)).logical_and(cy.ge(0)).logical_and(cy.lt(H));
    const auto weight = ((right != 0 ? fx : 1 - fx) * (below != 0 ? fy : 1 - fy)).to(at::kFloat).unsqueeze(1);
    const auto index = (cy.clamp(0, H - 1) * W + cx.clamp(0, W - 1)).to(at::kLong).unsqueeze(1);
    const auto seen = from.gather(2, index.expand({n, 3 * c, P})).view({n, 3, c, P});
    flux = flux + weight * seen.select(1, 0);
    variance = variance + weight.square() * seen.select(1, 1);
    unshared = unshared + weight * seen.select(1, 1);
    const auto missing = seen.select(1, 2).eq(0).logical_or(inside.logical_not().unsqueeze(1));
    bad = bad.logical_or(missing.logical_and(weight.gt(0)));
  }
  const auto area = there.select(1, 6);
  const auto by = area.to(at::kFloat).view({n, 1, 1});
  const auto good = bad.logical_not().to(at::kFloat);
  ImagePlanes out;
  out.good_NCHW = good.view({n, c, size, size});
  out.flux_NCHW = (flux * by * good).clamp(-kLargest, kLargest).view({n, c, size, size});
  out.variance_NCHW = (variance * by.square()).clamp(1 / kLargest, kLargest).mul(good).view({n, c, size, size});
  out.fwhm_NC = planes.fwhm_NC / area_here.sqrt().unsqueeze(1);
  out.unshared_NCHW = (unshared * by.square() * good).clamp_max(kLargest).view({n, c, size, size});
  const auto copies = at::logical_and(fx * (1 - fx) == 0, fy * (1 - fy) == 0).all(1);
  out.zoom_N = at::where(copies, at::zeros({}, area.options()), area.rsqrt());
  return out;
}

ImagePlanes dimmed(const ImagePlanes& planes, const at::Tensor& factor_NC) {
  const auto by = nn::onto(planes.flux_NCHW.device(), factor_NC.to(at::kFloat)).unsqueeze(2).unsqueeze(3);
  auto out = planes;
  out.flux_NCHW = planes.flux_NCHW * by;
  out.variance_NCHW = (planes.variance_NCHW * by.square()).clamp_min(1 / kLargest) * planes.good_NCHW;
  if (planes.unshared_NCHW.defined()) out.unshared_NCHW = planes.unshared_NCHW * by.square();
  return out;
}

ImagePlanes blurred(const ImagePlanes& planes, const at::Tensor& sigma_NC) {
  const auto which_here = sigma_NC.flatten().gt(0).nonzero().squeeze(1);
  if (which_here.numel() == 0) return planes;
  const auto sigma_here = sigma_NC.flatten().index_select(0, which_here);
  const auto which = nn::onto(planes.flux_NCHW.device(), which_here),
             sigma = nn::onto(planes.flux_NCHW.device(), sigma_here);
  const auto shape = planes.flux_NCHW.sizes();
  const auto radius =
      std::min(int64_t(std::ceil(kSigmas * sigma_here.max().item<double>())), std::max(shape[2], shape[3]) - 1);
  const auto kernel = kernels(sigma, radius), square = kernel.square();
  const auto chosen = [&](const at::Tensor& x) { return x.flatten(0, 1).index_select(0, which); };
  const auto good = chosen(planes.good_NCHW);
  const auto weight = convolved(good, kernel), counted = weight.clamp_min(1e-6);
  const auto still = good * weight.ge(kLeastGoodWeight);
  const auto put = [&](const at::Tensor& whole, const at::Tensor& part) {
    return whole.flatten(0, 1).index_copy(0, which, part).view(shape);
  };
  auto out = planes;
  out.good_NCHW = put(planes.good_NCHW, still);
  out.flux_NCHW = put(planes.flux_NCHW, convolved(chosen(planes.flux_NCHW), kernel) / counted * still);
  auto variance = convolved(chosen(planes.variance_NCHW), square) / counted.square();
  if (planes.unshared_NCHW.defined()) {
    const auto zoom = planes.zoom_N.unsqueeze(1).expand({shape[0], shape[1]}).flatten().index_select(0, which);
    const auto left = noise_left(sigma, zoom).to(at::kFloat).view({-1, 1, 1});
    const auto shared = convolved(chosen(planes.unshared_NCHW), kernel) / counted * left;
    variance = at::where(zoom.gt(0).view({-1, 1, 1}), shared, variance);
  }
  out.variance_NCHW = put(planes.variance_NCHW, variance.clamp(1 / kLargest, kLargest) * still);
  return out;
}

namespace {

ImagePlanes with_noise(const ImagePlanes& planes, const at::Tensor& wanted_NC, bool known, const at::Tensor& normals) {
  const auto variance = wanted_NC.square().clamp_max(kLargest).to(at::kFloat).unsqueeze(2).unsqueeze(3);
  const auto added = known ? (variance - planes.variance_NCHW).clamp_min(0) : variance.expand_as(planes.flux_NCHW);
  auto out = planes;
  out.flux_NCHW = planes.flux_NCHW + added.sqrt() * normals * planes.good_NCHW;
  if (known) out.variance_NCHW = at::maximum(planes.variance_NCHW, variance) * planes.good_NCHW;
  return out;
}

}  // namespace

ImagePlanes noisier(const ImagePlanes& planes, const at::Tensor& sigma_NC, bool known, at::Generator generator) {
  return with_noise(planes, sigma_NC, known,
                    at::randn(planes.flux_NCHW.sizes(), std::move(generator), planes.flux_NCHW.options()));
}

ImagePlanes noisier(const ImagePlanes& planes, const at::Tensor& sigma_NC, bool known,
                    std::vector<base::Random>& random) {
  const int64_t n = planes.flux_NCHW.size(0), c = planes.flux_NCHW.size(1),
                pixels = planes.flux_NCHW.size(2) * planes.flux_NCHW.size(3);
  ASTERISM_CHECK(int64_t(random.size()) == n, "{} streams for {} images", random.size(), n);
  const auto wanted = sigma_NC.contiguous();
  if (!wanted.gt(0).any().item<bool>()) return planes;
  auto normals = at::zeros(planes.flux_NCHW.sizes());
  nn::in_threads(n, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin * c; i < end * c; ++i) {
      if (wanted.const_data_ptr<double>()[i] <= 0) continue;
      auto& stream = random[size_t(i / c)];
      float* to = normals.data_ptr<float>() + i * pixels;
      for (int64_t k = 0; k < pixels; ++k) to[k] = float(stream.normal());
    }
  });
  return with_noise(planes, wanted, known, normals);
}

at::Tensor median_sigma(const ImagePlanes& planes) {
  const auto nothing = at::full({}, std::numeric_limits<float>::quiet_NaN(), planes.flux_NCHW.options());
  const auto sigma = at::where(planes.good_NCHW.gt(0), planes.variance_NCHW.sqrt(), nothing).flatten(2);
  return at::nan_to_num(std::get<0>(at::nanmedian(sigma, 2)), 0.0).to(at::kDouble);
}

ImagePixels pixels_of(const ImagePlanes& planes, bool has_ivar) {
  const auto good = planes.good_NCHW.gt(0), none = at::zeros({}, planes.flux_NCHW.options());
  const auto ivar = has_ivar ? planes.variance_NCHW.clamp_min(1 / kLargest).reciprocal()
                             : at::ones(planes.flux_NCHW.sizes(), planes.flux_NCHW.options());
  return {at::where(good, planes.flux_NCHW, none), at::where(good, ivar, none), good};
}

modalities::ImageBlock frame_of(const ImagePlanes& planes, const modalities::ImageBlock& like) {
  modalities::ImageBlock out;
  out.n = planes.flux_NCHW.size(0);
  out.height = planes.flux_NCHW.size(2);
  out.width = planes.flux_NCHW.size(3);
  out.bands = like.bands;
  out.unit = like.unit;
  out.pixel_scale_arcsec = like.pixel_scale_arcsec;
  out.has_ivar = like.has_ivar;
  out.present = like.present;
  out.psf_fwhm_arcsec.resize(size_t(planes.fwhm_NC.numel()));
  wrap(out.psf_fwhm_arcsec, planes.fwhm_NC.sizes()).copy_(planes.fwhm_NC);
  return out;
}

modalities::ImageBlock block_of(const ImagePlanes& planes, const modalities::ImageBlock& like) {
  const int64_t n = planes.flux_NCHW.size(0), height = planes.flux_NCHW.size(2), width = planes.flux_NCHW.size(3);
  auto out = modalities::make_images(n, like.bands, height, width, like.unit, like.pixel_scale_arcsec, like.has_ivar);
  std::copy(like.present.begin(), like.present.end(), out.present.begin());
  const auto good = planes.good_NCHW.gt(0);
  const auto put = [&](base::AlignedVector<float>& to, const at::Tensor& from) {
    wrap(to, from.sizes()).copy_(at::where(good, from, at::zeros({})));
  };
  put(out.flux, planes.flux_NCHW);
  put(out.ivar,
      like.has_ivar ? planes.variance_NCHW.clamp_min(1 / kLargest).reciprocal() : at::ones(planes.flux_NCHW.sizes()));
  wrap(out.mask, good.sizes()).copy_(good.logical_not());
  wrap(out.psf_fwhm_arcsec, planes.fwhm_NC.sizes()).copy_(planes.fwhm_NC);
  return out;
}

}  // namespace asterism::models
