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
