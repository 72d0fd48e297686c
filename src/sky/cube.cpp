#include "sky/cube.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"
#include "base/random.h"
#include "sky/broaden.h"
#include "sky/fast_normal.h"
#include "sky/moving_spectrum.h"
#include "sky/published_variance.h"
#include "sky/rotation.h"
#include "sky/scene.h"

namespace asterism::sky {
namespace {

constexpr int64_t kFiner = 2;   // pixels of the intrinsic image per spaxel and side
constexpr int kVelocities = 9;  // at which the disc's spectrum is made; linear in between
constexpr double kSlow = 5;     // km/s below which nothing turns
constexpr double kSharp = 1.2;  // full width, in fine pixels, that intrinsic images are rendered with
constexpr double kFwhm = 2.354820045;
constexpr double kSameLine = 3;  // Angstrom around a mapped line's name
constexpr double kMapped[] = {3728.483, 4862.683, 5008.240, 6564.614};

struct Frame {
  explicit Frame(const CubeSurvey& survey)
      : scale(survey.pixel_scale_arcsec / double(kFiner)),
        margin(int64_t(std::ceil(2 * survey.fwhm_arcsec / survey.pixel_scale_arcsec))),
        side((survey.size + 2 * margin) * kFiner) {}
  double scale;    // arcsec of a fine pixel
  int64_t margin;  // spaxels around the cube
  int64_t side;    // fine pixels
};

// Blurs a square image by a Gaussian, rows then columns.
void blur(std::vector<float>& image, int64_t side, double sigma) {
  const auto reach = int64_t(std::ceil(4 * sigma));
  std::vector<float> kernel;
  float sum = 0;
  for (int64_t k = -reach; k <= reach; ++k)
    sum += kernel.emplace_back(float(std::exp(-0.5 * double(k * k) / (sigma * sigma))));
  std::vector<float> line(static_cast<size_t>(side));
  for (const bool columns : {false, true})
    for (int64_t i = 0; i < side; ++i) {
      const auto at = [&](int64_t j) -> float& { return image[size_t(columns ? j * side + i : i * side + j)]; };
      for (int64_t j = 0; j < side; ++j) line[size_t(j)] = at(j);
      for (int64_t j = 0; j < side; ++j) {
        float value = 0;
        for (int64_t k = std::max(-reach, -j); k <= std::min(reach, side - 1 - j); ++k)
          value += kernel[size_t(k + reach)] * line[size_t(j + k)];
        at(j) = value / sum;
      }
    }
}

// The fine image as spaxels, through the PSF.
std::vector<float> seen(std::vector<float> fine, const Frame& frame, const CubeSurvey& survey) {
  const double sharp = kSharp * frame.scale;
  const double rest = std::sqrt(survey.fwhm_arcsec * survey.fwhm_arcsec - sharp * sharp);
  blur(fine, frame.side, rest / kFwhm / frame.scale);
  const int64_t size = survey.size, edge = frame.margin * kFiner;
  std::vector<float> out(size_t(size * size), 0.0f);
  for (int64_t y = 0; y < size * kFiner; ++y)
    for (int64_t x = 0; x < size * kFiner; ++x)
      out[size_t(y / kFiner * size + x / kFiner)] += fine[size_t((y + edge) * frame.side + x + edge)];
  return out;
}

// A part of an object that moves as one.
struct Part {
  std::vector<float> image;     // share of the part's light in each spaxel
  std::vector<float> spectrum;  // of all of it
  double velocity_kms = 0;
  bool has_gas = false;
};

std::vector<double> edges_of(const CubeSurvey& survey) {
  std::vector<double> out;
  for (int k = 0; k <= survey.planes; ++k) out.push_back(survey.wavelength(k - 0.5));
  return out;
}

// The disc (or a point source) at each of its velocities.
void add_disc(const ObjectTruth& truth, const MovingSpectrum& light, const CubeSurvey& survey, const Frame& frame,
              double x0, double y0, std::vector<Part>& parts) {
  const auto edges = edges_of(survey);
  std::vector<float> image(size_t(frame.side * frame.side), 0.0f);
  render(scene_of(truth, 1, 0, kSharp * frame.scale), frame.scale, x0, y0, int(frame.side), int(frame.side),
         image.data());
  const Rotation rotation = draw_rotation(truth);
  const double fastest = rotation.fastest_kms();
  const int n = fastest < kSlow ? 1 : kVelocities;
  std::vector<std::vector<float>> images(size_t(n), std::vector<float>(image.size(), 0.0f));
  for (int64_t y = 0; y < frame.side; ++y)
    for (int64_t x = 0; x < frame.side; ++x) {
      const auto at = size_t(y * frame.side + x);
      if (n == 1) {
        images[0][at] = image[at];
        continue;
      }
      const double v = rotation.line_of_sight_kms((double(x) - x0) * frame.scale, (double(y) - y0) * frame.scale);
      const double place = std::clamp((v / fastest + 1) / 2 * (n - 1), 0.0, double(n - 1) - 1e-9);
      const auto left = size_t(place);
      images[left + 1][at] = image[at] * float(place - double(left));
      images[left][at] = image[at] - images[left + 1][at];
    }
  for (int k = 0; k < n; ++k) {
    const double v = n == 1 ? 0 : fastest * (2.0 * k / (n - 1) - 1);
    parts.push_back(
        {seen(std::move(images[size_t(k)]), frame, survey), light.on(edges, v), v, truth.kind == ObjectClass::galaxy});
  }
}

std::vector<Part> parts_of(const ObjectTruth& truth, const ObjectLight& light, const CubeSurvey& survey,
                           std::vector<double>& line_flux) {
  const Frame frame(survey);
  base::Random random(truth.seed, 0, uint64_t(truth.index), std::string(survey.cube) + ".centre");
  const double middle = double(frame.side - 1) / 2, half = double(kFiner) / 2;
  const double x0 = middle + random.uniform(-half, half), y0 = middle + random.uniform(-half, half);
  const double low = survey.wavelength(-1), high = survey.wavelength(survey.planes);
  const auto sed = [&](double disc, double bulge) {
    return sed_of(truth, light, disc, bulge, false, low * 0.99, high * 1.01);
  };
  const bool galaxy = truth.kind == ObjectClass::galaxy;
  std::vector<Part> parts;
  Sed disc = sed(1, 0);
  line_flux.assign(std::size(kMapped), 0);
  for (const auto& line : disc.lines)
    for (size_t i = 0; i < std::size(kMapped); ++i)
      if (std::abs(line.observed_angstrom / (1 + truth.redshift) - kMapped[i]) < kSameLine) line_flux[i] += line.flux;
  // The stars of a disc move less than those of the whole, whose dispersion is the bulge's.
  const double dispersion = galaxy ? truth.galaxy.velocity_dispersion_kms : 0;
  add_disc(truth, MovingSpectrum(std::move(disc), truth.redshift, 0.5 * dispersion, survey.lsf_kms), survey, frame, x0,
           y0, parts);
  if (!galaxy || !(truth.galaxy.bulge.mass_share > 0)) return parts;
  std::vector<float> image(size_t(frame.side * frame.side), 0.0f);
  render(scene_of(truth, 0, 1, kSharp * frame.scale), frame.scale, x0, y0, int(frame.side), int(frame.side),
         image.data());
  const MovingSpectrum bulge(sed(0, 1), truth.redshift, dispersion, survey.lsf_kms);
  parts.push_back({seen(std::move(image), frame, survey), bulge.on(edges_of(survey), 0), 0, false});
  return parts;
}

void mask_voxel(modalities::CubeBlock& block, size_t at) {
  block.flux[at] = block.ivar[at] = 0;
  block.mask[at] = 1;
}

// Broken fibres, cosmic rays, and a stretch of planes without data.
void add_defects(base::Random& random, modalities::CubeBlock& block, int64_t row) {
  const int64_t H = block.height, W = block.width, plane = H * W, first = row * block.length * plane;
  if (random.uniform() < 0.3) {
    const double x = random.uniform(0, double(W)), y = random.uniform(0, double(H));
    for (int64_t p = 0; p < plane; ++p) {
      const int64_t line = p / W, column = p % W;
      if (std::hypot(double(column) - x, double(line) - y) < 2)
        for (int64_t k = 0; k < block.length; ++k) mask_voxel(block, size_t(first + k * plane + p));
    }
  }
  for (uint64_t hits = random.poisson(double(block.length * plane) * 5e-4); hits > 0; --hits)
    mask_voxel(block, size_t(first) + size_t(random.below(uint64_t(block.length * plane))));
  if (random.uniform() < 0.05) {
    const auto from = int64_t(random.below(uint64_t(block.length)));
    const int64_t to = std::min(block.length, from + 5 + int64_t(random.below(60)));
    for (int64_t at = first + from * plane; at < first + to * plane; ++at) mask_voxel(block, size_t(at));
  }
}

}  // namespace

CubeTruth noiseless_cube(const ObjectTruth& truth, const ObjectLight& light, const CubeSurvey& survey) {
  std::vector<double> line_flux;
  const auto parts = parts_of(truth, light, survey, line_flux);
  const auto plane = size_t(survey.size) * size_t(survey.size);
  CubeTruth out;
  out.flux.assign(size_t(survey.planes) * plane, 0);
  for (const auto& part : parts)
    for (size_t k = 0; k < size_t(survey.planes); ++k)
      for (size_t p = 0; p < plane; ++p) out.flux[k * plane + p] += part.spectrum[k] * part.image[p];
  std::vector<float> gas(plane, 0);
  out.velocity.assign(plane, 0);
  for (const auto& part : parts)
    for (size_t p = 0; part.has_gas && p < plane; ++p) {
      gas[p] += part.image[p];
      out.velocity[p] += part.image[p] * float(part.velocity_kms);
    }
  for (size_t p = 0; p < plane; ++p) out.velocity[p] = gas[p] > 0 ? out.velocity[p] / gas[p] : 0;
  for (const double flux : line_flux) {
    auto& map = out.lines.emplace_back(gas);
    for (float& value : map) value *= float(flux);
  }
  return out;
}

bool in_field(const CubeSurvey& survey, int y, int x) {
  if (!survey.hexagon) return true;
  const double middle = (survey.size - 1) / 2.0, radius = survey.size / 2.0, root = std::sqrt(3.0) / 2;
  const double dx = std::abs(x - middle), dy = std::abs(y - middle);
  return dy <= root * radius && root * dx + dy / 2 <= root * radius;
}

void observe_cube(const ObjectTruth& truth, const CubeTruth& clean, const CubeSurvey& survey, bool defects,
                  modalities::CubeBlock& block, int64_t row) {
  const auto plane = size_t(survey.size) * size_t(survey.size), planes = size_t(survey.planes);
  ASTERISM_CHECK(row >= 0 && row < block.n && block.length == survey.planes && block.height == survey.size &&
                     block.width == survey.size,
                 "row {} of {} x {} x {} x {}", row, block.n, block.length, block.height, block.width);
  base::Random random(truth.seed, 0, uint64_t(truth.index), survey.cube);
  const double scale = std::exp(2 * survey.noise_scatter * random.normal());  // of the variance
  const size_t at = size_t(row) * planes * plane;
  std::vector<float> noise(planes * plane);
  FastNormal(truth.seed, uint64_t(truth.index), survey.cube).fill(noise);
  block.present[size_t(row)] = 1;
  for (size_t k = 0; k < planes; ++k) {
    const auto sky = float(scale * survey.sky_variance(int(k))), photon = float(survey.photon_variance(int(k)));
    const size_t grid = size_t(row) * planes + k;
    block.wavelength_angstrom[grid] = float(survey.wavelength(double(k)));
    block.lsf_sigma_angstrom[grid] = float(survey.wavelength(double(k)) * survey.lsf_kms / kLightKms);
    for (size_t p = 0; p < plane; ++p) {
      if (!in_field(survey, int(p) / survey.size, int(p) % survey.size)) continue;
      const float flux = clean.flux[k * plane + p], variance = sky + photon * std::max(0.0f, flux);
      block.flux[at + k * plane + p] = flux + std::sqrt(variance) * noise[k * plane + p];
      block.mask[at + k * plane + p] = 0;
    }
  }
  if (defects) add_defects(random, block, row);
  for (size_t k = 0; k < planes; ++k) {
    const auto sky = float(scale * survey.sky_variance(int(k))), photon = float(survey.photon_variance(int(k)));
    for (size_t p = 0; p < plane; ++p) {
      const size_t i = at + k * plane + p;
      if (block.mask[i] != 0) continue;
      float sum = 0, good = 0;  // of the spaxel around this plane
      for (size_t j = k < 2 ? 0 : k - 2; j <= std::min(planes - 1, k + 2); ++j) {
        sum += block.flux[at + j * plane + p];
        good += block.mask[at + j * plane + p] == 0 ? 1.0f : 0.0f;
      }
      block.ivar[i] = 1 / published_variance(sky, photon, sum / good, block.flux[i]);
    }
  }
}

}  // namespace asterism::sky
