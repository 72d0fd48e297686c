#include "sky/objects.h"

#include "base/error.h"
#include "base/random.h"
#include "sky/draw.h"

namespace asterism::sky {

void SkySettings::describe(config::Fields& f) {
  f.add("galaxy_weight", galaxy_weight, "relative number of galaxies").between(0, 1e6);
  f.add("star_weight", star_weight, "relative number of stars").between(0, 1e6);
  f.add("quasar_weight", quasar_weight, "relative number of quasars").between(0, 1e6);
  f.add("r_bright", r_bright, "brightest r magnitude (AB)").between(10, 25);
  f.add("r_spectroscopic", r_spectroscopic, "spectra are taken of objects brighter than this r magnitude")
      .between(10, 25);
  f.add("r_faint", r_faint, "faintest r magnitude (AB)").between(10, 25);
  f.add("spectroscopic_share", spectroscopic_share, "share of objects brighter than r_spectroscopic").between(0, 1);
  f.add("defects", defects, "bad pixels, columns and edges");
  f.add("seeing", seeing, "of images: so many times the width of the survey's PSF, the same noise in a pixel")
      .between(0.1, 10);
  f.add("spiral_share", spiral_share, "share of star-forming discs whose images show spiral arms").between(0, 1);
  f.add("bar_share", bar_share, "share of discs whose images show a bar").between(0, 1);
  f.add("merger_share", merger_share, "share of galaxies that merge, with tidal tails").between(0, 1);
  f.add("lens_share", lens_share, "share of the massive galaxies whose images show a strongly lensed source")
      .between(0, 1);
  f.add("neighbour_share", neighbour_share, "share of objects with another one within 7 arcsec of it").between(0, 1);
  f.add("supernova_ia_share", supernova_ia_share, "share of galaxies with a supernova Ia in their light curves")
      .between(0, 1);
  f.add("core_collapse_share", core_collapse_share, "share of star-forming galaxies with one of type II or Ibc")
      .between(0, 1);
  f.add("rr_lyrae_share", rr_lyrae_share, "share of stars of 6,000 to 7,500 K that are RR Lyrae").between(0, 1);
  f.add("eclipsing_share", eclipsing_share, "share of stars that are eclipsing binaries").between(0, 1);
  f.add("variable_quasar_share", variable_quasar_share, "share of quasars that vary").between(0, 1);
}

void check(const SkySettings& s) {
  if (!(s.galaxy_weight >= 0 && s.star_weight >= 0 && s.quasar_weight >= 0 &&
        s.galaxy_weight + s.star_weight + s.quasar_weight > 0))
    base::user_error(
        "weights of galaxies, stars and quasars are {}, {}, {}; none may be negative and one must be positive",
        s.galaxy_weight, s.star_weight, s.quasar_weight);
  if (!(s.r_bright >= 10 && s.r_bright < s.r_spectroscopic && s.r_spectroscopic <= s.r_faint && s.r_faint <= 25))
    base::user_error("magnitudes r_bright {}, r_spectroscopic {}, r_faint {} must increase and lie in 10 to 25",
                     s.r_bright, s.r_spectroscopic, s.r_faint);
  if (!(s.spectroscopic_share >= 0 && s.spectroscopic_share <= 1))
    base::user_error("spectroscopic_share {} must lie in 0 to 1", s.spectroscopic_share);
  if (!(s.seeing >= 0.1 && s.seeing <= 10)) base::user_error("seeing {} must lie in 0.1 to 10", s.seeing);
  for (const double share : {s.spiral_share, s.bar_share, s.merger_share, s.lens_share, s.neighbour_share})
    if (!(share >= 0 && share <= 1)) base::user_error("a share of structure is {}; it must lie in 0 to 1", share);
  for (const double share :
       {s.supernova_ia_share, s.core_collapse_share, s.rr_lyrae_share, s.eclipsing_share, s.variable_quasar_share})
    if (!(share >= 0 && share <= 1))
      base::user_error("a share of variable objects is {}; it must lie in 0 to 1", share);
  if (s.supernova_ia_share + s.core_collapse_share > 1)
    base::user_error("supernova_ia_share {} and core_collapse_share {} are more than 1 together", s.supernova_ia_share,
                     s.core_collapse_share);
  if (s.spectroscopic_share < 1 && s.r_spectroscopic == s.r_faint)
    base::user_error("r_faint equals r_spectroscopic, so spectroscopic_share must be 1, not {}", s.spectroscopic_share);
}

std::string ObjectTruth::id() const { return "mock-" + std::to_string(seed) + "-" + std::to_string(index); }

uint64_t ObjectTruth::key() const { return base::stable_hash(id()); }

ObjectTruth draw_object(uint64_t seed, int64_t index, const SkySettings& settings) {
  check(settings);
  ASTERISM_CHECK(index >= 0, "object {}", index);
  ObjectLight light;
  return draw_object_and_light(seed, index, settings, light);
}

}  // namespace asterism::sky
