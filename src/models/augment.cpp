#include "models/augment.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "astro/extinction.h"
#include "base/error.h"
#include "models/image_planes.h"
#include "nn/autocast.h"
#include "nn/device.h"

namespace asterism::models {
namespace {

constexpr double kRv = 3.1;                                 // of the Galaxy's dust
constexpr double kNativeZoom = 1e-3;                        // closer to 1, pixels are copied
const double kFwhm = 2 * std::sqrt(2 * std::numbers::ln2);  // of a Gaussian, in sigmas

double between(base::Random& random, double low, double high) { return low + (high - low) * random.uniform(); }
double between_in_ratio(base::Random& random, double low, double high) {
  return low * std::exp(random.uniform() * std::log(high / low));
}

// Place, angle and size.
void draw_frame(const AugmentSettings& s, const modalities::ImageBlock& images, bool global, int64_t size,
                base::Random& random, ViewDraw& out) {
  const int64_t least = std::min(images.height, images.width);
  const double field = double(s.field > 0 ? std::min(s.field, least) : least);
  const double share = global ? between(random, s.global_scale_low, s.global_scale_high)
                              : between(random, s.local_scale_low, s.local_scale_high);
  const double side = std::sqrt(share) * field / between_in_ratio(random, s.size_low, s.size_high);
  const double free = std::max(0.0, (field - side) / 2) + s.jitter;
  out.zoom = double(size) / side;
  out.centre_x = between(random, -free, free);
  out.centre_y = between(random, -free, free);
  const double turn = random.uniform();
  if (s.rotation == "any") {
    out.cosine = std::cos(2 * std::numbers::pi * turn);
    out.sine = std::sin(2 * std::numbers::pi * turn);
  } else if (s.rotation == "quarter") {
    constexpr double kCosine[] = {1, 0, -1, 0}, kSine[] = {0, 1, 0, -1};
    out.cosine = kCosine[int(4 * turn)];
    out.sine = kSine[int(4 * turn)];
  }
  const double x = random.uniform(), y = random.uniform();
  if (s.flips && x < 0.5) out.mirror_x = -1;
  if (s.flips && y < 0.5) out.mirror_y = -1;
  if (s.rotation != "any" && std::abs(out.zoom - 1) < kNativeZoom) {  // from pixel to pixel, without interpolation
    out.zoom = 1;
    const auto whole = [&](double centre, int64_t length) {
      const double half = 0.5 * double((length - size) % 2 == 0 ? 0 : 1);
      return std::round(centre - half) + half;
    };
    out.centre_x = whole(out.centre_x, images.width);
    out.centre_y = whole(out.centre_y, images.height);
  }
}

void draw_light(const AugmentSettings& s, const modalities::ImageBlock& images, int64_t i, size_t kind,
                base::Random& random, ViewDraw& out) {
  const auto bands = images.bands.size();
  const double has_dust = random.uniform(), reddening = s.reddening * random.exponential();
  const bool dusty = has_dust < s.reddening_probability, blurs = random.uniform() < s.blur_probability[kind],
             adds = random.uniform() < s.noise_probability[kind];
  const double blur = random.uniform(), factor = random.uniform(), added = random.uniform();
  if (blurs) out.blur_pixels = s.blur_pixels * blur;
  if (adds && images.has_ivar) out.noise_factor = std::exp(factor * std::log(s.noise_factor));
  if (adds && !images.has_ivar) out.noise_added = s.noise_added * added;
  for (size_t c = 0; c < bands; ++c) {
    const auto& band = images.bands[c];
    const auto found = s.bands.find(band.name);
    const BandAugmentSettings range = found == s.bands.end() ? BandAugmentSettings() : found->second;
    const double wavelength = band.wavelength_angstrom;
    out.transmission.push_back(
        dusty && wavelength > 0 ? astro::transmission(kRv * reddening * astro::milky_way(wavelength)) : 1);
    const double now = out.zoom * double(images.psf_fwhm_arcsec[size_t(i) * bands + c]);
    const double seeing = range.seeing_high > 0 ? between_in_ratio(random, range.seeing_low, range.seeing_high)
                                                : now * between_in_ratio(random, 1, s.seeing_factor);
    const double noise = range.noise_high > 0 ? between_in_ratio(random, range.noise_low, range.noise_high) : 0;
    out.seeing_arcsec.push_back(blurs && images.pixel_scale_arcsec > 0 && now > 0 ? seeing : 0);
    out.noise.push_back(adds ? noise : 0);
  }
  const auto kept = random.below(uint64_t(std::max<size_t>(1, bands)));
  for (size_t c = 0; c < bands; ++c) out.dropped.push_back(random.uniform() < s.band_dropout ? 1 : 0);
  if (std::find(out.dropped.begin(), out.dropped.end(), uint8_t{0}) == out.dropped.end()) out.dropped[kept] = 0;
}

struct Table {  // a number for each object and band
  explicit Table(int64_t n, int64_t c) : values(at::zeros({n, c}, at::kDouble)), bands(c) {}
  double& at(size_t i, size_t c) { return values.data_ptr<double>()[int64_t(i) * bands + int64_t(c)]; }
  at::Tensor values;
  int64_t bands;
};

// Sigma in pixels that brings each band to the seeing that was drawn; `fwhm` becomes what it then has.
at::Tensor blur_of(const std::vector<ViewDraw>& draws, double pixel_scale, at::Tensor& fwhm_NC) {
  const int64_t n = fwhm_NC.size(0), c = fwhm_NC.size(1);
  Table sigma(n, c);
  fwhm_NC = fwhm_NC.clone();
  for (size_t i = 0; i < draws.size(); ++i)
    for (size_t b = 0; b < size_t(c); ++b) {
      double& now = fwhm_NC.data_ptr<double>()[int64_t(i) * c + int64_t(b)];
      const double wanted = draws[i].seeing_arcsec[b];
      if (now <= 0 || pixel_scale <= 0) {
        sigma.at(i, b) = draws[i].blur_pixels;
      } else if (wanted > now) {
        sigma.at(i, b) = std::sqrt(wanted * wanted - now * now) / kFwhm / pixel_scale;
        now = wanted;
      }
    }
  return sigma.values;
}

at::Tensor noise_of(const std::vector<ViewDraw>& draws, const ImagePlanes& planes, bool known) {
  const bool asks = std::any_of(draws.begin(), draws.end(), [](const auto& d) { return d.noise_factor > 1; });
  const auto own = asks ? median_sigma(planes).contiguous() : at::zeros(planes.fwhm_NC.sizes(), at::kDouble);
  Table sigma(own.size(0), own.size(1));
  for (size_t i = 0; i < draws.size(); ++i)
    for (size_t b = 0; b < size_t(own.size(1)); ++b) {
      const double has = own.const_data_ptr<double>()[int64_t(i) * own.size(1) + int64_t(b)];
      const auto& d = draws[i];
      if (!known)
        sigma.at(i, b) = d.noise[b] > 0 ? d.noise[b] : d.noise_added;
      else
        sigma.at(i, b) = d.noise[b] > 0 ? d.noise[b] : d.noise_factor > 1 ? d.noise_factor * has : 0;
    }
  return sigma.values;
}

// The same where the planes lie.
ImagePlanes noisier_there(const std::vector<ViewDraw>& draws, const ImagePlanes& planes, bool known, uint64_t seed) {
  const int64_t n = planes.fwhm_NC.size(0), c = planes.fwhm_NC.size(1);
  Table fixed(n, c), factor(n, c);  // of a sigma, and times the band's own
  bool asks = false, any = false;
  for (size_t i = 0; i < draws.size(); ++i)
    for (size_t b = 0; b < size_t(c); ++b) {
      const auto& d = draws[i];
      fixed.at(i, b) = d.noise[b] > 0 || known ? d.noise[b] : d.noise_added;
      if (known && !(d.noise[b] > 0) && d.noise_factor > 1) factor.at(i, b) = d.noise_factor;
      asks = asks || factor.at(i, b) > 0;
      any = any || asks || fixed.at(i, b) > 0;
    }
  if (!any) return planes;
  const auto device = planes.flux_NCHW.device();
  const auto tables = nn::onto(device, at::stack({fixed.values, factor.values}));
  const auto sigma = asks ? tables[0] + tables[1] * median_sigma(planes) : tables[0];
  return noisier(planes, sigma, known, nn::generator_on(device, seed));
}

uint64_t mixed(const std::vector<uint64_t>& objects) {
  uint64_t out = 0;
  for (const uint64_t object : objects) out = out * 0x9e3779b97f4a7c15ULL + object;
  return out;
}

}  // namespace

ViewDraw draw_view(const AugmentSettings& s, const modalities::ImageBlock& images, int64_t i, int64_t view,
                   int64_t size, base::Random& random) {
  ViewDraw out;
  draw_frame(s, images, view < kGlobalViews, size, random, out);
  draw_light(s, images, i, size_t(std::min(view, kGlobalViews)), random, out);
  return out;
}

ImagePlanes augmented_planes(const AugmentSettings& s, const modalities::ImageBlock& images, const ImagePlanes& whole,
                             const std::vector<uint64_t>& objects, int64_t view, int64_t size, const DrawKey& key) {
  const at::NoGradGuard no_grad;
  const auto device = whole.flux_NCHW.device();
  const nn::Autocast exact(nn::Precision::fp32, device.type());  // fluxes keep their digits whatever the network does
  const int64_t n = images.n, c = int64_t(images.bands.size());
  ASTERISM_CHECK(int64_t(objects.size()) == n, "{} objects for {} images", objects.size(), n);
  std::vector<ViewDraw> draws;
  std::vector<base::Random> streams;
  auto matrix = at::empty({n, 2, 2}, at::kDouble), centre = at::empty({n, 2}, at::kDouble);
  Table transmission(n, c), shown(n, c);
  for (size_t i = 0; i < size_t(n); ++i) {
    streams.emplace_back(key.seed, uint64_t(key.epoch), objects[i], "view " + std::to_string(view));
    draws.push_back(draw_view(s, images, int64_t(i), view, size, streams.back()));
    const auto& d = draws.back();
    double* m = matrix.data_ptr<double>() + 4 * i;
    m[0] = d.cosine * d.mirror_x / d.zoom, m[1] = -d.sine * d.mirror_y / d.zoom;
    m[2] = d.sine * d.mirror_x / d.zoom, m[3] = d.cosine * d.mirror_y / d.zoom;
    centre.data_ptr<double>()[2 * i] = d.centre_x, centre.data_ptr<double>()[2 * i + 1] = d.centre_y;
    for (size_t b = 0; b < size_t(c); ++b) {
      transmission.at(i, b) = d.transmission[b];
      shown.at(i, b) = d.dropped[b] != 0 ? 0 : 1;
    }
  }
  auto planes = dimmed(warped(whole, matrix, centre, size), transmission.values);
  const auto sigma = blur_of(draws, images.pixel_scale_arcsec, planes.fwhm_NC);
  planes = blurred(planes, sigma);
  if (device.is_cpu()) {
    planes = noisier(planes, noise_of(draws, planes, images.has_ivar), images.has_ivar, streams);
  } else {
    base::Random seed(key.seed, uint64_t(key.epoch), mixed(objects), "noise of view " + std::to_string(view));
    planes = noisier_there(draws, planes, images.has_ivar, seed.bits64());
  }
  planes.good_NCHW = planes.good_NCHW * nn::onto(device, shown.values.to(at::kFloat)).unsqueeze(2).unsqueeze(3);
  return planes;
}

modalities::ImageBlock augmented(const AugmentSettings& s, const modalities::ImageBlock& images,
                                 const std::vector<uint64_t>& objects, int64_t view, int64_t size, const DrawKey& key) {
  return block_of(augmented_planes(s, images, planes_of(images), objects, view, size, key), images);
}

}  // namespace asterism::models
