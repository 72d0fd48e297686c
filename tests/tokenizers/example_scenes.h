#pragma once
// Points and galaxies as surveys with bands, seeing, pixels and noise of their own see them; a source is one of (seed,
// index), whoever looks.

#include <cmath>

#include "base/random.h"
#include "modalities/image.h"
#include "tokenizers/scene_light.h"

namespace asterism::test {

struct Camera {
  std::vector<modalities::Band> bands{{"a-g", 4800, 1000}, {"a-r", 6400, 1000}, {"a-z", 9000, 1000}};
  double pixel_scale_arcsec = 0.262, fwhm_arcsec = 1.1, noise = 0.003;
  int64_t size = 32;
};

inline bool shows_point(int64_t i) { return i % 3 == 0; }

// In nanomaggies; a pixel in a hundred is missing.
inline modalities::ImageBlock scenes(int64_t n, const Camera& camera = {}, uint64_t seed = 1) {
  using namespace tokenizers;
  const int64_t c = int64_t(camera.bands.size()), side = camera.size, pixels = side * side;
  auto b = modalities::make_images(n, camera.bands, side, side, "nanomaggy", camera.pixel_scale_arcsec, true);
  for (int64_t i = 0; i < n; ++i) {
    base::Random random(seed, 0, uint64_t(i), "test.scenes");
    base::Random sky(seed, uint64_t(std::lround(1000 * camera.pixel_scale_arcsec)), uint64_t(i), "test.scenes.noise");
    const auto kind = shows_point(i) ? SceneKind::point : SceneKind::galaxy;
    const double flux = std::exp(random.uniform(0, 3)), slope = random.uniform(-1, 2), disc = random.uniform(0.2, 0.8);
    const ScenePose pose{{random.uniform(-0.1, 0.1), random.uniform(-0.1, 0.1), random.uniform(-0.6, 0.1),
                          random.uniform(-0.6, 0.6), random.uniform(-0.6, 0.6)}};
    std::vector<float> basis(size_t(gaussians_of(kind) * pixels));
    scene_light(kind, pose, {camera.fwhm_arcsec, camera.pixel_scale_arcsec, side}, basis.data());
    // half of a point in either of its middle Gaussians; discs bluer than bulges
    const std::vector<int64_t> parts =
        kind == SceneKind::point ? std::vector<int64_t>{2, 3} : std::vector<int64_t>{2, 3, 8};
    b.present[size_t(i)] = 1;
    for (int64_t band = 0; band < c; ++band) {
      b.psf_fwhm_arcsec[size_t(i * c + band)] = float(camera.fwhm_arcsec);
      const double x = std::log(camera.bands[size_t(band)].wavelength_angstrom / 6000);
      for (int64_t p = 0; p < pixels; ++p) {
        double light = 0;
        for (size_t k = 0; k < parts.size(); ++k) {
          const bool bulge = k == 2;
          const double share = kind == SceneKind::point ? 0.5 : bulge ? 1 - disc : 0.5 * disc;
          light +=
              share * flux * std::exp((slope + (bulge ? 0.5 : 0)) * x) * double(basis[size_t(parts[k] * pixels + p)]);
        }
        const auto at = size_t((i * c + band) * pixels + p);
        const bool bad = sky.uniform() < 0.01;
        const auto seen = float(light + camera.noise * sky.normal());
        b.flux[at] = bad ? 0 : seen;
        b.ivar[at] = bad ? 0 : float(1 / (camera.noise * camera.noise));
        b.mask[at] = bad ? 1 : 0;
      }
    }
  }
  return b;
}

// Another instrument: bands in between and beyond, finer pixels, sharper.
inline Camera sharper_camera() {
  Camera out;
  out.bands = {{"b-i", 7700, 1200}, {"b-r", 6100, 1200}};
  out.pixel_scale_arcsec = 0.168;
  out.fwhm_arcsec = 0.7;
  out.size = 48;
  return out;
}

}  // namespace asterism::test
