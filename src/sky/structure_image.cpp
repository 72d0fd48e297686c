#include "sky/structure_image.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "astro/sphere.h"
#include "sky/camera.h"
#include "sky/lens.h"
#include "sky/scene.h"
#include "sky/sersic.h"

namespace asterism::sky {
namespace {

constexpr double kArmBlue = -0.6, kBarRed = 0.3, kReference = 6000;

// Gaussians about a place in arcseconds from the object's centre, x to the west, y to the north; without the PSF.
struct Placed {
  double x, y;
  EllipticalGaussian light;
};

// A disc in space: from its own plane (u along the line of nodes, v across) to the sky.
struct Plane {
  explicit Plane(const GalaxyTruth& g) : q(g.disc.axis_ratio), radius(g.disc.half_light_arcsec) {
    const double pa = g.position_angle_deg * astro::kDegree;
    ex = -std::sin(pa);
    ey = std::cos(pa);
  }
  double q, radius, ex = 0, ey = 1;
  // An ellipse in the plane: sigmas along an angle and across it.
  Placed place(double u, double v, double along, double across, double angle, double amount) const {
    const double c = std::cos(angle), s = std::sin(angle), a2 = along * along, b2 = across * across;
    const double uu = a2 * c * c + b2 * s * s, uv = (a2 - b2) * c * s * q, vv = (a2 * s * s + b2 * c * c) * q * q;
    // The second axis on the sky is (ey, -ex).
    return {u * ex + q * v * ey,
            u * ey - q * v * ex,
            {amount, uu * ex * ex + 2 * uv * ex * ey + vv * ey * ey,
             uu * ex * ey + uv * (ey * ey - ex * ex) - vv * ex * ey, uu * ey * ey - 2 * uv * ex * ey + vv * ex * ex}};
  }
};

void normalise(std::vector<Placed>& parts) {
  double sum = 0;
  for (const Placed& p : parts) sum += p.light.amount;
  for (Placed& p : parts) p.light.amount /= sum;
}

// Logarithmic spirals of clumps, as bright as an exponential disc along their length; the sum is 1.
std::vector<Placed> arms_of(const Arms& arms, const Plane& plane) {
  constexpr double kStep = 0.25;  // radians
  std::vector<Placed> out;
  const double slope = std::tan(arms.pitch_deg * astro::kDegree);
  const double turns = std::log(arms.end / arms.start) / slope;
  const int clumps = std::max(3, int(turns / kStep));
  for (int arm = 0; arm < arms.count; ++arm)
    for (int k = 0; k < clumps; ++k) {
      const double theta = turns * (k + 0.5) / clumps, r = arms.start * std::exp(slope * theta);
      const double angle =
          arms.handedness * (theta + arms.phase_deg * astro::kDegree + 2 * std::numbers::pi * arm / arms.count);
      // Fading in and out at the ends.
      const double edge = std::min({1.0, 4 * theta / turns, 4 * (turns - theta) / turns});
      const double tangent = angle + arms.handedness * (std::numbers::pi / 2 - std::atan(slope));
      const double size = r * plane.radius;
      out.push_back(plane.place(size * std::cos(angle), size * std::sin(angle), 0.7 * kStep * size, arms.width * size,
                                tangent, r * r * std::exp(-1.68 * r) * edge));
    }
  normalise(out);
  return out;
}

std::vector<Placed> bar_of(const Bar& bar, const Plane& plane) {
  std::vector<Placed> out;
  for (const RoundGaussian& g : sersic_gaussians(kLeastSersic)) {
    if (g.share < 1e-6) continue;
    const double along = g.sigma * 0.5 * bar.half_length * plane.radius;
    out.push_back(plane.place(0, 0, along, along * bar.axis_ratio, bar.angle_deg * astro::kDegree, g.share));
  }
  normalise(out);
  return out;
}

// Two tails that bend away from the galaxy, wider and fainter on their way.
std::vector<Placed> tails_of(const Merger& merger, double radius) {
  constexpr int kClumps = 16;
  std::vector<Placed> out;
  for (int tail = 0; tail < 2; ++tail)
    for (int k = 0; k < kClumps; ++k) {
      const double t = (k + 0.5) / kClumps, r = radius * (0.8 + 3.4 * t), width = radius * (0.2 + 0.25 * t);
      const double angle = (merger.tail_phase_deg + 180 * tail + merger.tail_bend_deg * t) * astro::kDegree;
      out.push_back({r * std::cos(angle), r * std::sin(angle), {std::exp(-1.5 * t), width * width, 0, width * width}});
    }
  normalise(out);
  return out;
}

// What draws into one band of a stamp.
struct Stamp {
  double scale, fwhm;
  Centre centre;
  int size;
  void draw(std::span<const EllipticalGaussian> seen, double x, double y, float* pixels) const {
    render(seen, scale, centre.x + x / scale, centre.y + y / scale, size, size, pixels);
  }
  void draw(const std::vector<Placed>& parts, double amount, float* pixels) const {
    for (const Placed& p : parts) {
      EllipticalGaussian light = p.light;
      light.amount *= amount;
      draw(through_psf({&light, 1}, fwhm), p.x, p.y, pixels);
    }
  }
};

// The companion of a merger: a smaller, rounder galaxy of the same colours.
ObjectTruth companion_of(const ObjectTruth& truth) {
  ObjectTruth c = truth;
  for (Population* part : {&c.galaxy.disc, &c.galaxy.bulge}) {
    part->half_light_arcsec *= 0.6;
    part->axis_ratio = std::max(0.6, part->axis_ratio);
  }
  c.galaxy.position_angle_deg += 65;
  return c;
}

struct Shapes {
  std::vector<Placed> arms, bar, tails, source;
};

Shapes shapes_of(const ObjectTruth& truth, const Structure& structure) {
  Shapes shapes;
  const Plane plane(truth.galaxy);
  if (structure.arms.count > 0) shapes.arms = arms_of(structure.arms, plane);
  if (structure.bar.share > 0) shapes.bar = bar_of(structure.bar, plane);
  if (structure.merger.share > 0) shapes.tails = tails_of(structure.merger, plane.radius);
  if (structure.lens.einstein_radius_arcsec > 0)
    for (const LensedPoint& p : lensed_source(structure))
      shapes.source.push_back({p.x_arcsec, p.y_arcsec, {p.amount, 1e-3, 0, 1e-3}});
  return shapes;
}

void draw_own(const ObjectTruth& truth, double disc, double bulge, double rest_angstrom, const Structure& structure,
              const Shapes& shapes, const Stamp& stamp, float* own, float* arms, float* bar) {
  const size_t pixels = size_t(stamp.size) * size_t(stamp.size);
  const double colour = std::log(rest_angstrom / kReference);
  const double in_arms =
      structure.arms.count > 0 ? std::min(0.7, structure.arms.share * std::exp(kArmBlue * colour)) : 0;
  const double in_bar = structure.bar.share > 0 ? std::min(0.25, structure.bar.share * std::exp(kBarRed * colour)) : 0;
  const double in_tails = structure.merger.share > 0 ? structure.merger.tail_share : 0, away = structure.merger.share;
  const double smooth = disc * (1 - in_arms - in_bar - in_tails);
  stamp.draw(scene_of(truth, (1 - away) * smooth, (1 - away) * bulge, stamp.fwhm), 0, 0, own);
  if (away > 0) {
    const double r = structure.merger.distance * truth.galaxy.disc.half_light_arcsec,
                 angle = structure.merger.angle_deg * astro::kDegree;
    stamp.draw(scene_of(companion_of(truth), away * smooth, away * bulge, stamp.fwhm), -r * std::sin(angle),
               r * std::cos(angle), own);
    stamp.draw(shapes.tails, in_tails * disc, own);
  }
  if (in_arms > 0) stamp.draw(shapes.arms, in_arms * disc, arms);
  if (in_bar > 0) stamp.draw(shapes.bar, in_bar * disc, bar);
  for (size_t i = 0; i < pixels; ++i) own[i] += arms[i] + bar[i];
}

}  // namespace

StructuredImage structured_image(const ObjectTruth& truth, const ObjectLight& light, const Structure& structure,
                                 const ImagingSurvey& survey) {
  const auto bands = imaged_bands(survey);
  const Conditions conditions = conditions_of(truth, survey);
  const size_t pixels = size_t(survey.size) * size_t(survey.size);
  StructuredImage out;
  for (auto* image : {&out.own, &out.other, &out.arms, &out.bar}) image->assign(bands.size() * pixels, 0.0f);
  const Shapes shapes = shapes_of(truth, structure);
  const bool galaxy = truth.kind == ObjectClass::galaxy, other_galaxy = structure.other.kind == ObjectClass::galaxy;
  for (size_t b = 0; b < bands.size(); ++b) {
    const Stamp stamp{survey.pixel_scale_arcsec, conditions.fwhm_arcsec[b], centre_of(truth, survey), survey.size};
    const size_t id = size_t(bands[b].band), at = b * pixels;
    draw_own(truth, galaxy ? light.disc[id] : light.total[id], galaxy ? light.bulge[id] : 0,
             band_weights(bands[b].band).pivot_angstrom / (1 + std::max(0.0, truth.redshift)), structure, shapes, stamp,
             out.own.data() + at, out.arms.data() + at, out.bar.data() + at);
    const ObjectLight& other = structure.other_light;
    if (!shapes.source.empty()) stamp.draw(shapes.source, other.total[id], out.other.data() + at);
    if (structure.has_neighbour)
      stamp.draw(scene_of(structure.other, other_galaxy ? other.disc[id] : other.total[id],
                          other_galaxy ? other.bulge[id] : 0, stamp.fwhm),
                 structure.neighbour_x_arcsec, structure.neighbour_y_arcsec, out.other.data() + at);
  }
  return out;
}

std::vector<float> segment(const float* part, const float* own, size_t pixels) {
  const float most = pixels > 0 ? *std::max_element(part, part + pixels) : 0;
  std::vector<float> out(pixels, 0.0f);
  for (size_t i = 0; i < pixels; ++i)
    if (most > 0 && part[i] > 0.25f * own[i] && part[i] > 0.01f * most) out[i] = 1;
  return out;
}

}  // namespace asterism::sky
