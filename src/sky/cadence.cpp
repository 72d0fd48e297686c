#include "sky/cadence.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "astro/photometry.h"
#include "base/random.h"

namespace asterism::sky {
namespace {

constexpr CurveBand kZtf[] = {{kDecamG, "ztf-g", 4746, 1317, 20.8, 2.1, 33},
                              {kDecamR, "ztf-r", 6366, 1553, 20.6, 2.0, 33},
                              {kDecamI, "ztf-i", 7829, 1489, 19.9, 2.1, 20}};
constexpr CurveBand kLsst[] = {{kLsstU, "lsst-u", 0, 0, 23.7, 0.92, 1100}, {kLsstG, "lsst-g", 0, 0, 24.8, 0.87, 7300},
                               {kLsstR, "lsst-r", 0, 0, 24.3, 0.83, 6500}, {kLsstI, "lsst-i", 0, 0, 23.9, 0.80, 5500},
                               {kLsstZ, "lsst-z", 0, 0, 23.3, 0.78, 3800}, {kLsstY, "lsst-y", 0, 0, 22.4, 0.76, 1600}};

constexpr double kEquinox = 61119.6;                                        // March 2026: the Sun's longitude is 0
constexpr double kYear = 365.2422, kNewMoon = 61058.8, kMonth = 29.530588;  // new Moon of 18 January 2026
constexpr double kDepthScatter = 0.25, kMoonlight = 0.7;                    // magnitudes; the latter at full Moon
constexpr double kPairedNights = 0.245;  // of the clear nights in season: 41 pairs a year
constexpr double kBetweenPair = 0.023;   // day

// 0 at new Moon, 1 at full Moon.
double moon(double mjd) { return 0.5 - 0.5 * std::cos(2 * std::numbers::pi * (mjd - kNewMoon) / kMonth); }

bool in_season(double ra_deg, double mjd) {
  const double sun = 360 * (mjd - kEquinox) / kYear;
  return std::cos((sun - ra_deg) * std::numbers::pi / 180) < 0.5;
}

// Bands of a night of a survey with pairs: the first of two neighbours.
int first_of_pair(base::Random& random, bool dark) {
  // u g, g r, r i on dark nights; r i, i z, z y on bright ones
  const double u = random.uniform();
  if (dark) return u < 0.27 ? 0 : u < 0.40 ? 1 : 2;
  return u < 0.08 ? 2 : u < 0.30 ? 3 : 4;
}

}  // namespace

const CurveSurvey& ztf_curves() {
  static const CurveSurvey survey{"lightcurve_ztf", kZtf, BandGroup::first, 0.70, true, false};
  return survey;
}

const CurveSurvey& lsst_curves() {
  static const CurveSurvey survey{"lightcurve_lsst", kLsst, BandGroup::lsst, 0.70, false, true};
  return survey;
}

std::vector<Visit> visits_of(const ObjectTruth& truth, const CurveSurvey& survey) {
  base::Random random(truth.seed, 0, uint64_t(truth.index), survey.curve);
  std::vector<Visit> visits;
  const auto add = [&](double mjd, int band) {
    const CurveBand& b = survey.bands[size_t(band)];
    // Moonlight brightens the blue sky more.
    const double glare = kMoonlight * moon(mjd) * (band <= 1 ? 1.0 : 0.5);
    const double depth = b.depth_5sigma - glare + kDepthScatter * random.normal();
    visits.push_back({mjd, band, astro::nanomaggy_of(depth) / 5, b.fwhm_arcsec});
  };
  const int64_t offset = int64_t(random.below(12));  // on which night of the cycle this place is
  for (int64_t night = 0; night < int64_t(kNights); ++night) {
    const double mjd = kFirstNight + double(night) + 0.35 + 0.15 * random.uniform();
    if (!in_season(truth.ra_deg, mjd)) continue;
    base::Random weather(truth.seed, uint64_t(night), 0, survey.curve);
    if (weather.uniform() >= survey.clear_nights) continue;
    if (survey.paired) {
      if (random.uniform() >= kPairedNights) continue;
      const int band = first_of_pair(random, moon(mjd) < 0.5);
      add(mjd, band);
      add(mjd + kBetweenPair, band + 1);
      continue;
    }
    for (int band = 0; band < int(survey.bands.size()); ++band)
      if ((night + offset) % (band < 2 ? 3 : 4) == 0) add(mjd + kBetweenPair * band, band);
  }
  return visits;
}

}  // namespace asterism::sky
