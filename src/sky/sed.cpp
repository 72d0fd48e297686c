#include "sky/sed.h"

#include <algorithm>
#include <cmath>

#include "astro/extinction.h"
#include "sky/galaxy_lines.h"
#include "sky/library.h"

namespace asterism::sky {
namespace {

constexpr double kUnit = 1e17;

struct Range {
  int first = 0, last = 0;  // fine cells [first, last)
};

Range fine_range(double redshift, double low, double high) {
  const auto cell = [&](double observed) {
    return (std::log10(std::max(observed, 1.0) / (1 + redshift)) - kFineStart) / kFineStep;
  };
  return {std::clamp(int(std::floor(cell(low))) - 40, 0, kFineCells),
          std::clamp(int(std::ceil(cell(high))) + 40, 0, kFineCells)};
}

// values += amount * mixture * dust, over a range of cells.
void add_mixture(std::span<const ModelSpectrum> templates, const Mixture& mixture, double amount, double av,
                 double (*dust)(double), bool fine, Range range, std::vector<float>& values) {
  std::vector<float> sum(size_t(std::max(0, range.last - range.first)), 0.0f);
  for (int i = 0; i < mixture.count; ++i) {
    const ModelSpectrum& t = templates[size_t(mixture.index[size_t(i)])];
    const float* from = (fine ? t.fine : t.coarse).data() + range.first;
    const float w = mixture.weight[size_t(i)];
    for (size_t k = 0; k < sum.size(); ++k) sum[k] += w * from[k];
  }
  float* to = values.data() + range.first;
  if (!dust || av == 0) {
    for (size_t k = 0; k < sum.size(); ++k) to[k] += float(amount) * sum[k];
    return;
  }
  // Dust varies slowly: exact every 16 cells, linear in between.
  constexpr size_t kStride = 16;
  for (size_t start = 0; start < sum.size(); start += kStride) {
    const auto at = [&](size_t k) {
      const double cell = double(range.first) + double(k);
      return amount * astro::transmission(av * dust(fine ? fine_angstrom(cell) : coarse_angstrom(cell)));
    };
    const double a = at(start), b = at(start + kStride);
    for (size_t k = start; k < std::min(sum.size(), start + kStride); ++k)
      to[k] += float(a + (b - a) * double(k - start) / kStride) * sum[k];
  }
}

void add_galaxy(const ObjectTruth& truth, const ObjectLight& light, double disc_share, double bulge_share, bool fine,
                Range range, std::vector<float>& values) {
  const GalaxyTruth& g = truth.galaxy;
  const GalaxyAges ages = ages_of(g);
  const double amount = kUnit * light.scale * solar_flux(truth.redshift) / (1 + truth.redshift);
  const auto& templates = library().populations.templates();
  if (disc_share * g.disc.mass_share > 0)
    add_mixture(templates, population_mixture(ages.disc, g.disc.log_metallicity),
                amount * disc_share * g.disc.mass_share, g.disc.dust_av, astro::kriek_conroy, fine, range, values);
  if (bulge_share * g.bulge.mass_share > 0)
    add_mixture(templates, population_mixture(ages.bulge, g.bulge.log_metallicity),
                amount * bulge_share * g.bulge.mass_share, g.bulge.dust_av, astro::kriek_conroy, fine, range, values);
}

void add_quasar(const ObjectTruth& truth, const ObjectLight& light, double share, bool fine, Range range,
                std::vector<float>& values) {
  add_mixture(library().quasars.templates(), QuasarTemplates::mixture(truth.quasar),
              kUnit * share * light.scale / (1 + truth.redshift), truth.quasar.dust_av, astro::small_magellanic_cloud,
              fine, range, values);
  if (!fine) {
    for (int i = 0; i < kCoarseCells && coarse_angstrom(i) < 1217; ++i)
      values[size_t(i)] *= float(mean_forest(coarse_angstrom(i), truth.redshift));
  } else if (range.first < kFineCells && fine_angstrom(range.first) < 1216) {
    const std::vector<float> forest = draw_forest(truth.key(), truth.redshift);
    for (int i = range.first; i < range.last && fine_angstrom(i) < 1216; ++i) values[size_t(i)] *= forest[size_t(i)];
  }
}

}  // namespace

Sed sed_of(const ObjectTruth& truth, const ObjectLight& light, double disc_share, double bulge_share, bool with_coarse,
           double fine_low, double fine_high) {
  Sed sed;
  sed.continuum.fine.assign(kFineCells, 0.0f);
  if (with_coarse) sed.continuum.coarse.assign(kCoarseCells, 0.0f);
  const Range fine = fine_range(truth.redshift, fine_low, fine_high), coarse{0, kCoarseCells};
  if (truth.kind == ObjectClass::galaxy) {
    add_galaxy(truth, light, disc_share, bulge_share, true, fine, sed.continuum.fine);
    if (with_coarse) add_galaxy(truth, light, disc_share, bulge_share, false, coarse, sed.continuum.coarse);
    const GalaxyTruth& g = truth.galaxy;
    const double amount = kUnit * disc_share * light.scale * solar_flux(truth.redshift) / 3.828e33;
    for (const LineLight& line : galaxy_lines(g, recent_star_formation(g, ages_of(g))))
      sed.lines.push_back({line.rest_angstrom * (1 + truth.redshift), amount * line.luminosity, g.gas_dispersion_kms});
  } else if (truth.kind == ObjectClass::star) {
    const Mixture m = StarGrid::mixture(truth.star.teff_k, truth.star.log_g, truth.star.fe_h);
    add_mixture(library().stars.templates(), m, kUnit * disc_share * light.scale, 0, nullptr, true, fine,
                sed.continuum.fine);
    if (with_coarse)
      add_mixture(library().stars.templates(), m, kUnit * disc_share * light.scale, 0, nullptr, false, coarse,
                  sed.continuum.coarse);
  } else {
    add_quasar(truth, light, disc_share, true, fine, sed.continuum.fine);
    if (with_coarse) add_quasar(truth, light, disc_share, false, coarse, sed.continuum.coarse);
  }
  return sed;
}

std::vector<float> coarse_sed(const ObjectTruth& truth, const ObjectLight& light) {
  std::vector<float> coarse(kCoarseCells, 0.0f);
  const Range all{0, kCoarseCells};
  if (truth.kind == ObjectClass::galaxy)
    add_galaxy(truth, light, 1, 1, false, all, coarse);
  else if (truth.kind == ObjectClass::quasar)
    add_quasar(truth, light, 1, false, all, coarse);
  else
    add_mixture(library().stars.templates(), StarGrid::mixture(truth.star.teff_k, truth.star.log_g, truth.star.fe_h),
                kUnit * light.scale, 0, nullptr, false, all, coarse);
  return coarse;
}

double nanomaggies_of(const Sed& sed, double redshift, BandId band) {
  const astro::Filter& filter = astro::filter(filter_name(band));
  std::vector<double> wavelength, flux;
  for (int i = 0; i < kCoarseCells; ++i) {
    if (i * kFinePerCoarse < kFineCells) {
      for (int k = 0; k < kFinePerCoarse; ++k) {
        wavelength.push_back(fine_angstrom(i * kFinePerCoarse + k) * (1 + redshift));
        flux.push_back(1e-17 * double(sed.continuum.fine[size_t(i) * kFinePerCoarse + size_t(k)]));
      }
    } else {
      wavelength.push_back(coarse_angstrom(i) * (1 + redshift));
      flux.push_back(1e-17 * double(sed.continuum.coarse[size_t(i)]));
    }
  }
  double sum = filter.nanomaggies(wavelength, flux);
  for (const SedLine& line : sed.lines) sum += 1e-17 * line.flux * band_weights(band).of_line(line.observed_angstrom);
  return sum;
}

}  // namespace asterism::sky
