#pragma once
// The mapping file of `asterism data import table`: which column of a table is what. TOML:
//
//   name = "zcosmos"                    # of the dataset
//   id = "id_zcosmos"                   # column of the ids; text or integers
//   ra = "alpha"                        # columns of the ICRS position; both or none
//   dec = "delta"
//   missing = [-99, -99.9]              # numbers that mean: not measured
//
//   [scalars.redshift]                  # the modality's name
//   column = "zpec"
//   low = 0.002                         # values outside are missing
//
//   [scalars.flux_cosmos_u]
//   column = "u_photzi25"
//   error = "eu_photzi25"
//   unit = "mag"                        # where the file does not say it
//   to = "nanomaggy"                    # AB magnitudes become fluxes; other units are scaled
//
//   [vectors.embedding]
//   column = "vector"                   # a column of lists; or columns = ["a", "b", "c"]
//
// and [images.NAME] (mapped_image.h), [spectra.NAME] (mapped_spectrum.h), [cubes.NAME] (mapped_cube.h),
// [light_curves.NAME] (mapped_light_curve.h): files that the table's columns name.

#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "config/settings.h"
#include "data/surveys/mapped_cube.h"
#include "data/surveys/mapped_image.h"
#include "data/surveys/mapped_light_curve.h"
#include "data/surveys/mapped_spectrum.h"

namespace asterism::data {

struct MappedScalar {
  std::string column;
  std::string error, ivar;  // columns of the standard deviation or the inverse variance; "": none
  std::string unit, to;     // "": as the file says; as the modality is known, or as in the file
  std::vector<double> missing;
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  std::string description, ucd;
  void describe(config::Fields& f);
};

struct MappedVector {
  std::string column;
  std::vector<std::string> columns;
  std::string description;
  void describe(config::Fields& f);
};

struct Mapping {
  std::string name, survey, title, description, provenance, licence, citation, acknowledgement;
  std::string id, ra, dec;
  std::string position = "degrees";  // "hours": ra in hours; "sexagesimal": texts, ra in hours
  std::vector<double> missing;
  double same_object_arcsec = 1;  // rows closer than this share a side of every split
  std::map<std::string, MappedScalar> scalars;
  std::map<std::string, MappedVector> vectors;
  std::map<std::string, MappedImage> images;
  std::map<std::string, MappedSpectrum> spectra;
  std::map<std::string, MappedCube> cubes;
  std::map<std::string, MappedLightCurve> light_curves;
  void describe(config::Fields& f);
};

// UserError for a file that is not understood, and for a mapping that cannot work: nothing to import, ra without dec,
// an error and an inverse variance at once, one name for two things.
Mapping read_mapping(const std::filesystem::path& path);

}  // namespace asterism::data
