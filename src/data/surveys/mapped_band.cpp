#include "data/surveys/mapped_band.h"

#include "astro/filter.h"
#include "base/error.h"

namespace asterism::data {

modalities::Band mapped_band(const std::string& key, const std::string& name, double wavelength, double width,
                             const std::string& filter) {
  if (filter.empty()) return {name, wavelength, width};
  if (wavelength > 0 || width > 0)
    base::user_error("{}, band {}: a `filter`, or `wavelength` and `width`, not both", key, name);
  const auto& curve = astro::filter(filter);
  return {name, curve.effective_wavelength(), curve.full_width_half_maximum()};
}

}  // namespace asterism::data
