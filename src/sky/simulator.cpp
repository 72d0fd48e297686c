#include "sky/simulator.h"

#include "base/error.h"
#include "modalities/vector.h"

namespace asterism::sky {
namespace {

using modalities::ScalarBlock;

const char* const kParameters[] = {"redshift", "log_stellar_mass", "age_gyr",           "log_metallicity", "dust_av",
                                   "log_ssfr", "bulge_fraction",   "half_light_radius", "axis_ratio"};

std::vector<const ScalarBlock*> fluxes_of(const modalities::Batch& batch, std::vector<std::string>* names) {
  std::vector<const ScalarBlock*> out;
  for (const auto& [name, block] : batch.blocks) {
    const auto* scalar = std::get_if<ScalarBlock>(&block);
    if (!scalar || !name.starts_with("flux_") || name.starts_with("flux_gaia")) continue;  // Gaia sees no galaxies
    out.push_back(scalar);
    if (!names) continue;
    names->push_back(name);
    names->push_back(name + "_error");
  }
  return out;
}

}  // namespace

SkySettings simulator_population(SkySettings settings) {
  settings.star_weight = settings.quasar_weight = 0;
  if (settings.galaxy_weight == 0) settings.galaxy_weight = 1;
  return settings;
}

std::vector<std::string> parameter_names() { return {std::begin(kParameters), std::end(kParameters)}; }

std::vector<std::string> observation_names(const modalities::Batch& batch) {
  std::vector<std::string> names;
  fluxes_of(batch, &names);
  return names;
}

void add_pairs(modalities::Batch& batch) {
  const auto fluxes = fluxes_of(batch, nullptr);
  if (fluxes.empty())
    base::user_error(
        "pairs of parameters and observation need a survey with fluxes: legacy, sdss, hsc, euclid or lsst");
  const int64_t n = batch.size(), width = int64_t(std::size(kParameters)), measured = int64_t(2 * fluxes.size());
  auto parameters = modalities::make_vectors(n, width), observation = modalities::make_vectors(n, measured);
  for (int64_t row = 0; row < n; ++row) {
    const size_t r = size_t(row);
    for (size_t k = 0; k < std::size(kParameters); ++k) {
      const auto& truth = std::get<ScalarBlock>(batch.blocks.at(kParameters[k]));
      ASTERISM_CHECK(truth.present[r], "{} of {}", kParameters[k], batch.objects[r].id);
      parameters.value[r * size_t(width) + k] = float(truth.value[r]);
    }
    for (size_t b = 0; b < fluxes.size(); ++b) {
      observation.value[r * size_t(measured) + 2 * b] = float(fluxes[b]->value[r]);
      observation.value[r * size_t(measured) + 2 * b + 1] = float(fluxes[b]->error[r]);
    }
    parameters.present[r] = observation.present[r] = 1;
  }
  batch.blocks["parameters"] = std::move(parameters);
  batch.blocks["observation"] = std::move(observation);
}

}  // namespace asterism::sky
