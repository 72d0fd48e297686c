#include "data/surveys/unit_conversion.h"

#include <cmath>

#include "astro/units.h"
#include "base/error.h"

namespace asterism::data {
namespace {

constexpr double kNoMagnitude = 60;  // nor its error, nor their negatives: marks for missing values lie there

}  // namespace

std::optional<astro::Measured> UnitConversion::apply(astro::Measured m) const {
  if (kind == Kind::kMagnitudeToFlux) {
    m = astro::nanomaggy_of(m);
    return astro::Measured{m.value * factor, m.error * factor};
  }
  if (kind == Kind::kFluxToMagnitude) {
    m = {m.value * factor, m.error * factor};
    if (!(m.value > 0)) return std::nullopt;
    return astro::magnitude_of(m);
  }
  return astro::Measured{m.value * factor, m.error * std::abs(factor)};
}

bool UnitConversion::is_mark(double number) const { return of_magnitudes && !(std::abs(number) < kNoMagnitude); }

bool is_magnitude(const std::string& unit) { return unit == "mag" || unit == "mag(AB)" || unit == "ABmag"; }

UnitConversion unit_conversion(const UnitWords& words) {
  const std::string from = words.mapping.empty() ? words.file : words.mapping;
  if (!words.mapping.empty() && !words.file.empty() && words.mapping != words.file &&
      !(is_magnitude(words.mapping) && is_magnitude(words.file)) && !astro::same_unit(words.file, words.mapping))
    base::user_error("{}: the file says that '{}' is in '{}', the mapping says '{}'", words.key, words.column,
                     words.file, words.mapping);
  UnitConversion out;
  out.unit = !words.to.empty() ? words.to : !words.known.empty() ? words.known : from;
  out.of_magnitudes = is_magnitude(from);
  if (out.unit == from) return out;
  if (from.empty() && words.to.empty())  // a magnitude taken for a flux would be a galaxy like any other
    base::user_error(
        "{}: the file does not say what '{}' is in, and {} is kept in {}: give unit = \"{}\", or what it is in",
        words.key, words.column, words.name, out.unit, out.unit);
  if (from.empty()) base::user_error("{}: `to` needs a `unit`: the file does not say it", words.key);
  if (is_magnitude(from) && !is_magnitude(out.unit)) {
    out.kind = UnitConversion::Kind::kMagnitudeToFlux;
    out.factor = astro::unit_factor("nanomaggy", out.unit);
  } else if (is_magnitude(out.unit) && !is_magnitude(from)) {
    out.kind = UnitConversion::Kind::kFluxToMagnitude;
    out.factor = astro::unit_factor(from, "nanomaggy");
  } else if (!is_magnitude(from)) {
    out.factor = astro::unit_factor(from, out.unit);
  }
  return out;
}

}  // namespace asterism::data
