#include "sky/structure.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "astro/cosmology.h"
#include "astro/sphere.h"
#include "base/random.h"
#include "sky/draw.h"
#include "sky/library.h"

namespace asterism::sky {
namespace {

constexpr double kLightKms = 299792.458;
constexpr double kLeastEinsteinRadius = 0.6;  // arcsec
constexpr int kVotes = 40;
constexpr uint64_t kOtherSky = 0x6e65696768626f75;  // neighbours and sources are objects of another sky

bool is_disc(const GalaxyTruth& g) { return g.disc.mass_share > 0.3; }

Arms draw_arms(base::Random& random) {
  Arms a;
  const double u = random.uniform();
  a.count = u < 0.65 ? 2 : u < 0.85 ? 3 : 4;
  a.pitch_deg = std::clamp(18 + 6 * random.normal(), 8.0, 35.0);
  a.share = random.uniform(0.20, 0.50);
  a.start = random.uniform(0.35, 0.6);
  a.end = random.uniform(2.0, 3.0);
  a.phase_deg = random.uniform(0, 360);
  a.handedness = random.uniform() < 0.5 ? 1 : -1;
  a.width = random.uniform(0.08, 0.14);
  return a;
}

Bar draw_bar(base::Random& random) {
  Bar b;
  b.share = random.uniform(0.08, 0.22);
  b.half_length = std::clamp(0.7 * std::exp(0.3 * random.normal()), 0.35, 1.3);
  b.axis_ratio = random.uniform(0.2, 0.45);
  b.angle_deg = random.uniform(0, 180);
  return b;
}

Merger draw_merger(base::Random& random) {
  Merger m;
  m.share = random.uniform(0.15, 0.5);
  m.distance = random.uniform(1.2, 3.2);
  m.angle_deg = random.uniform(0, 360);
  m.tail_share = random.uniform(0.06, 0.2);
  m.tail_bend_deg = random.uniform(50, 140) * (random.uniform() < 0.5 ? 1 : -1);
  m.tail_phase_deg = random.uniform(0, 360);
  return m;
}

// A galaxy of a given redshift and magnitude, which the object's own distributions fill in.
void draw_source(base::Random& random, uint64_t seed, int64_t index, double redshift, double magnitude, Structure& s) {
  s.other = ObjectTruth();
  s.other.seed = seed ^ kOtherSky;
  s.other.index = index;
  s.other.kind = ObjectClass::galaxy;
  s.other.redshift = redshift;
  s.other.r_magnitude = magnitude;
  draw_galaxy(random, s.other);
  s.other_light = light_of(s.other);
  finish_galaxy(s.other, s.other_light, ages_of(s.other.galaxy));
}

void draw_lens(base::Random& random, const ObjectTruth& truth, Structure& s) {
  const double low = truth.redshift + 0.3;
  if (low >= kHighestGalaxyRedshift) return;
  const double behind = random.uniform(low, kHighestGalaxyRedshift);
  const double near = astro::comoving_distance_mpc(truth.redshift), far = astro::comoving_distance_mpc(behind);
  const double sigma = truth.galaxy.velocity_dispersion_kms / kLightKms;
  const double radius = 4 * std::numbers::pi * sigma * sigma * (far - near) / far / astro::kArcsec;
  if (radius < kLeastEinsteinRadius) return;
  s.lens.einstein_radius_arcsec = radius;
  const double offset = 0.6 * radius * std::sqrt(random.uniform()), angle = random.uniform(0, 2 * std::numbers::pi);
  s.lens.source_x_arcsec = offset * std::cos(angle);
  s.lens.source_y_arcsec = offset * std::sin(angle);
  s.lens.shear = 0.1 * random.uniform();
  s.lens.shear_angle_deg = random.uniform(0, 180);
  draw_source(random, truth.seed, truth.index, behind, random.uniform(21.5, 24), s);
}

// 0 to 1: how well details of this size show through seeing of 1.2", and how bright the object is.
double visibility(const ObjectTruth& truth, double arcsec) {
  const double resolved = 1 / (1 + std::pow(1.0 / std::max(1e-3, arcsec), 3));
  return resolved / (1 + std::exp(2 * (truth.r_magnitude - 19.5)));
}

double vote(base::Random& random, double p) {
  int yes = 0;
  for (int i = 0; i < kVotes; ++i) yes += random.uniform() < p;
  return double(yes) / kVotes;
}

}  // namespace

bool wants_structure(const SkySettings& s) {
  return s.spiral_share > 0 || s.bar_share > 0 || s.merger_share > 0 || s.lens_share > 0 || s.neighbour_share > 0;
}

Structure draw_structure(const ObjectTruth& truth, const SkySettings& settings) {
  base::Random random(truth.seed, 0, uint64_t(truth.index), "structure");
  Structure s;
  const double spiral = random.uniform(), bar = random.uniform(), merger = random.uniform(), lens = random.uniform(),
               neighbour = random.uniform();
  if (truth.kind == ObjectClass::galaxy) {
    const GalaxyTruth& g = truth.galaxy;
    if (lens < settings.lens_share) {
      base::Random of_lens(truth.seed, 1, uint64_t(truth.index), "structure");
      draw_lens(of_lens, truth, s);
    }
    if (s.lens.einstein_radius_arcsec > 0) {
      // A lens shows its source and nothing else.
    } else if (merger < settings.merger_share) {
      base::Random of_merger(truth.seed, 2, uint64_t(truth.index), "structure");
      s.merger = draw_merger(of_merger);
    } else if (is_disc(g)) {
      base::Random of_disc(truth.seed, 3, uint64_t(truth.index), "structure");
      const Arms arms = draw_arms(of_disc);
      if (!g.quiescent && spiral < settings.spiral_share) s.arms = arms;
      if (bar < settings.bar_share) s.bar = draw_bar(of_disc);
      if (s.bar.share > 0 && s.arms.count > 0) s.arms.start = std::max(s.arms.start, s.bar.half_length);
    }
  }
  if (s.lens.einstein_radius_arcsec == 0 && neighbour < settings.neighbour_share) {
    base::Random of_neighbour(truth.seed, 4, uint64_t(truth.index), "structure");
    SkySettings others = settings;
    others.spectroscopic_share = 0.4;
    if (others.r_faint == others.r_spectroscopic) others.spectroscopic_share = 1;
    s.has_neighbour = true;
    const double distance = 7 * std::sqrt(of_neighbour.uniform(0.02, 1)),
                 angle = of_neighbour.uniform(0, 2 * std::numbers::pi);
    s.neighbour_x_arcsec = distance * std::cos(angle);
    s.neighbour_y_arcsec = distance * std::sin(angle);
    s.other = draw_object_and_light(truth.seed ^ kOtherSky, truth.index, others, s.other_light);
  }
  return s;
}

Morphology morphology_of(const ObjectTruth& truth, const Structure& s) {
  if (truth.kind != ObjectClass::galaxy) return Morphology::smooth;
  if (s.lens.einstein_radius_arcsec > 0) return Morphology::lens;
  if (s.merger.share > 0) return Morphology::merger;
  if (s.arms.count > 0) return s.bar.share > 0 ? Morphology::barred_spiral : Morphology::spiral;
  if (s.bar.share > 0) return Morphology::barred;
  return is_disc(truth.galaxy) ? Morphology::disc : Morphology::smooth;
}

Votes draw_votes(const ObjectTruth& truth, const Structure& s) {
  base::Random random(truth.seed, 0, uint64_t(truth.index), "votes");
  const GalaxyTruth& g = truth.galaxy;
  const double size = g.disc.half_light_arcsec, open = std::clamp((g.disc.axis_ratio - 0.2) / 0.5, 0.0, 1.0);
  const double seen = visibility(truth, size);
  const double spiral = s.arms.count > 0 ? 0.95 * seen * open * std::min(1.0, s.arms.share / 0.25) : 0.03;
  const double bar = s.bar.share > 0 ? 0.9 * visibility(truth, size * s.bar.half_length) * open : 0.04;
  const double edge_on = is_disc(g) ? 0.95 * seen / (1 + std::exp((g.disc.axis_ratio - 0.3) / 0.04)) : 0.01;
  const double merger = s.merger.share > 0 ? 0.9 * visibility(truth, 0.5 * size * s.merger.distance) : 0.02;
  Votes v;
  v.spiral = vote(random, spiral);
  v.bar = vote(random, bar);
  v.edge_on = vote(random, edge_on);
  v.merger = vote(random, merger);
  v.smooth = vote(random, (1 - spiral) * (1 - bar) * (1 - edge_on) * (1 - merger) * (is_disc(g) ? 0.85 : 0.97));
  return v;
}

}  // namespace asterism::sky
