#pragma once
// How measured numbers and their errors change from the unit of a file to that of a dataset: scaled, or between
// magnitudes and fluxes.

#include <optional>
#include <string>

#include "astro/photometry.h"

namespace asterism::data {

struct UnitConversion {
  enum class Kind { kScale, kMagnitudeToFlux, kFluxToMagnitude };
  Kind kind = Kind::kScale;
  double factor = 1;  // to nanomaggies and from them where magnitudes are concerned
  std::string unit;   // of the dataset
  bool of_magnitudes = false;
  bool operator==(const UnitConversion&) const = default;

  // Nothing where a flux that is not positive would become a magnitude.
  std::optional<astro::Measured> apply(astro::Measured m) const;
  // Whether the number is one that magnitudes are given in place of a measurement: 99, say.
  bool is_mark(double number) const;
};

// What is known of the units of a column.
struct UnitWords {
  std::string key;   // the mapping's table, for messages: "[scalars.flux_r]"
  std::string name;  // of the modality
  std::string column;
  std::string file;     // the file's own word
  std::string mapping;  // the mapping's, where the file says none, or the same
  std::string to;       // what the mapping asks for
  std::string known;    // of the modality, where it has one; taken where the mapping asks for nothing
};

bool is_magnitude(const std::string& unit);

// UserError where mapping and file contradict each other, or nothing says what a value is in that is to be converted.
UnitConversion unit_conversion(const UnitWords& words);

}  // namespace asterism::data
