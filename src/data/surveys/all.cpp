#include "data/survey.h"
#include "data/surveys/boss.h"
#include "data/surveys/legacy_galaxy_zoo.h"
#include "data/surveys/sdss_stars.h"
#include "data/surveys/zcosmos.h"

namespace asterism::data {

std::span<const Survey> surveys() {
  static const Survey table[] = {
      {"boss", "SDSS, BOSS and eBOSS spectra with photometry, redshift and class",
       "spec-*.fits files, or folders of them", open_boss},
      {"sdss_stars", "SDSS stars: stamps in u g r i z and the spectrum of the same star",
       "a folder with pairs.csv, stamps/ and spectra/", open_sdss_stars},
      {"zcosmos", "zCOSMOS-bright redshifts with twelve bands of COSMOS photometry",
       "zcosmost_bright20k.csv, or its folder", open_zcosmos},
      {"legacy_galaxy_zoo", "colour pictures of Legacy Survey galaxies with Galaxy Zoo votes",
       "a folder with labels.csv and images/", open_legacy_galaxy_zoo},
  };
  return table;
}

}  // namespace asterism::data
