#pragma once
// When a survey that comes back looks at a place, in which band, and how deep that night is.

#include <span>
#include <string_view>
#include <vector>

#include "sky/bands.h"
#include "sky/objects.h"

namespace asterism::sky {

// The three years in which the surveys of the mock sky look and its stars explode: MJD.
inline constexpr double kFirstNight = 61000, kNights = 1096;

struct CurveBand {
  BandId light;                                // whose fluxes are taken for this band
  std::string_view name;                       // "ztf-g"
  double wavelength_angstrom, width_angstrom;  // as the importers of real light curves write them; 0: not said
  double depth_5sigma;                         // of one visit on a dark night
  double fwhm_arcsec;
  double electrons_per_nanomaggy;
};

struct CurveSurvey {
  std::string_view curve;  // modality
  std::span<const CurveBand> bands;
  BandGroup group;
  double clear_nights;  // share
  bool limits;          // what is below five sigma is an upper limit, as in alerts; false: forced photometry
  bool paired;  // bands by the Moon, two a night; false: the first two bands every third night, others every fourth
};

// Zwicky Transient Facility, g r every third night and i every fourth (Bellm et al. 2019, PASP 131, 018002: 20.8 20.6
// 19.9 in 30 s, 2.0" to 2.1"). Its fluxes are those of DECam's g r i.
const CurveSurvey& ztf_curves();

// LSST's main survey, 825 visits in ten years, in pairs of neighbouring bands, the blue ones when the Moon is away;
// single visits by equation 6 and table 2 of Ivezic et al. 2019 (ApJ 873, 111) at an airmass of 1.2.
const CurveSurvey& lsst_curves();

struct Visit {
  double mjd;
  int band;      // of the survey
  double noise;  // nanomaggies, one sigma of the sky for a point source
  double fwhm_arcsec;
};

// Of one object, in order of time. Nights are clear or not for the whole sky of a seed; a place is seen while the Sun
// is more than 60 degrees of longitude away.
std::vector<Visit> visits_of(const ObjectTruth& truth, const CurveSurvey& survey);

}  // namespace asterism::sky
