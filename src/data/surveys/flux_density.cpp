#include "data/surveys/flux_density.h"

#include "astro/units.h"
#include "astro/wavelength.h"
#include "base/error.h"

namespace asterism::data {
namespace {

constexpr const char* kDensity = "1e-17 erg/s/cm^2/Angstrom";
constexpr double kLightSpeed = astro::kLightSpeedKms * 1e13;  // Angstrom/s

}  // namespace

FluxDensity flux_density(const std::string& stated, const std::string& mapping, const std::string& to,
                         const std::string& where) {
  const std::string from = mapping.empty() ? stated : mapping;
  if (!mapping.empty() && !stated.empty() && stated != from && !astro::same_unit(stated, from))
    base::data_error("{}: fluxes in '{}', the mapping says '{}'", where, stated, from);
  if (from.empty() && to.empty()) return {1, false, "counts"};
  const std::string wanted = to.empty() ? kDensity : to;
  if (const auto factor = astro::find_unit_factor(from, wanted)) return {*factor, false, wanted};
  if (const auto factor = astro::find_unit_factor(from, "erg s-1 cm-2 Hz-1"))
    if (const auto rest = astro::find_unit_factor("erg s-1 cm-2 Angstrom-1", wanted))
      return {*factor * *rest * kLightSpeed, true, wanted};
  if (to.empty()) return {1, false, from};
  base::data_error("{}: fluxes in '{}', which are no '{}'", where, from, wanted);
}

}  // namespace asterism::data
