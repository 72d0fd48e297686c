// The mock sky against the real one: loci of colours, a cited relation of size and magnitude, lines where they belong.
// Real sets: zCOSMOS and the SDSS stars of the shared folder (ASTERISM_SHARED); where absent those tests are skipped.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "astro/cosmology.h"
#include "astro/photometry.h"
#include "astro/sphere.h"
#include "sky/observe.h"

namespace asterism::sky {
namespace {

using modalities::ScalarBlock;

std::filesystem::path real_path(const char* below) {
  const char* given = std::getenv("ASTERISM_SHARED");
  return std::filesystem::path(given && *given ? given : "../shared") / "realdata" / below;
}

// Lines of a CSV file without quotes around commas, without its header.
std::vector<std::vector<std::string>> read_lines(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<std::vector<std::string>> out;
  std::string line, cell;
  for (bool header = true; std::getline(file, line); header = false) {
    if (header) continue;
    out.emplace_back();
    bool quoted = false;
    cell.clear();
    for (const char c : line) {
      if (c == '"') quoted = !quoted;
      if (c == ',' && !quoted) {
        out.back().push_back(cell);
        cell.clear();
      } else if (c != '"') {
        cell += c;
      }
    }
    out.back().push_back(cell);
  }
  return out;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::nth_element(values.begin(), values.begin() + int64_t(values.size() / 2), values.end());
  return values[values.size() / 2];
}

const std::vector<double> kEdges = {0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0};

// Colours by bin of redshift.
struct Loci {
  std::vector<std::vector<double>> colours = std::vector<std::vector<double>>(kEdges.size() - 1);
  void add(double redshift, double colour) {
    for (size_t k = 0; k + 1 < kEdges.size(); ++k)
      if (redshift >= kEdges[k] && redshift < kEdges[k + 1]) colours[k].push_back(colour);
  }
};

const modalities::Batch& galaxies() {
  static const modalities::Batch batch = [] {
    SkySettings s;
    s.star_weight = s.quasar_weight = 0;
    s.spectroscopic_share = 0.1;
    return observe_scalars(131, 0, 12000, {"hsc", "euclid", "lsst"}, s);
  }();
  return batch;
}

double magnitude(const modalities::Batch& batch, const std::string& name, size_t row) {
  const auto& flux = std::get<ScalarBlock>(batch.blocks.at(name));
  return flux.value[row] > 0 ? astro::magnitude_of(flux.value[row]) : 99;
}

// Places in zcosmost_bright20k.csv of the redshift, its confidence, and magnitudes.
enum Column { kRedshift = 1, kConfidence = 2, kU = 9, kG = 15, kR = 17, kI = 27, kZ = 21, kJ = 23 };

// How much fainter COSMOS's J is than it should be, in magnitudes: i - J of its F stars (redshift 0, 0.2 < g - r < 0.4)
// against ours, for which Euclid's J and COSMOS's agree within 0.02 mag.
double cosmos_j_too_faint(const std::vector<std::vector<std::string>>& lines) {
  std::vector<double> real, mock;
  for (const auto& line : lines) {
    const auto number = [&](int column) {
      return line[size_t(column)].empty() ? -99 : std::stod(line[size_t(column)]);
    };
    const double g = number(kG), r = number(kR), i = number(kI), j = number(kJ), confidence = number(kConfidence);
    if (number(kRedshift) < 0.002 && confidence >= 3 && confidence < 5 && g - r > 0.2 && g - r < 0.4 && i > 0 && j > 0)
      real.push_back(i - j);
  }
  SkySettings s;
  s.galaxy_weight = s.quasar_weight = 0;
  s.spectroscopic_share = 0.1;
  const auto stars = observe_scalars(135, 0, 3000, {"lsst", "euclid"}, s);
  for (size_t row = 0; row < 3000; ++row) {
    const double colour = magnitude(stars, "flux_lsst_g", row) - magnitude(stars, "flux_lsst_r", row);
    if (colour > 0.2 && colour < 0.4)
      mock.push_back(magnitude(stars, "flux_lsst_i", row) - magnitude(stars, "flux_euclid_j", row));
  }
  EXPECT_GT(real.size(), 50u);
  EXPECT_GT(mock.size(), 200u);
  return median(mock) - median(real);
}

TEST(Nature, ColoursOfGalaxiesFollowRedshiftAsInZcosmos) {
  const auto path = real_path("zcosmos/zcosmost_bright20k.csv");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no real data at " << path << "; set ASTERISM_SHARED";
  struct Pair {
    int blue, red;
    const char *mock_blue, *mock_red;
    double tolerance, until;  // of the medians, below a redshift
  };
  // Beyond z = 0.8 our jump at 3,650 Angstrom is too deep, which r - i sees.
  const Pair pairs[] = {
      {kU, kG, "flux_lsst_u", "flux_lsst_g", 0.3, 1.0}, {kG, kR, "flux_hsc_g", "flux_hsc_r", 0.18, 1.0},
      {kR, kI, "flux_hsc_r", "flux_hsc_i", 0.22, 0.8},  {kG, kI, "flux_lsst_g", "flux_lsst_i", 0.3, 0.8},
      {kI, kZ, "flux_hsc_i", "flux_hsc_z", 0.16, 1.0},  {kI, kJ, "flux_lsst_i", "flux_euclid_j", 0.42, 0.8}};
  const auto lines = read_lines(path);
  ASSERT_GT(lines.size(), 17000u);
  const auto& redshift = std::get<ScalarBlock>(galaxies().blocks.at("redshift"));
  for (const Pair& pair : pairs) {
    Loci real, mock;
    for (const auto& line : lines) {
      const auto number = [&](int column) {  // empty: no photometry
        return line[size_t(column)].empty() ? -99 : std::stod(line[size_t(column)]);
      };
      const double confidence = number(kConfidence), blue = number(pair.blue), red = number(pair.red);
      if (confidence < 3 || confidence >= 5 || blue < 0 || red < 0) continue;
      real.add(number(kRedshift), blue - red);
    }
    for (size_t row = 0; row < redshift.value.size(); ++row)
      if (magnitude(galaxies(), "flux_hsc_i", row) < 22.5)
        mock.add(redshift.value[row],
                 magnitude(galaxies(), pair.mock_blue, row) - magnitude(galaxies(), pair.mock_red, row));
    const double too_faint = pair.red == kJ ? cosmos_j_too_faint(lines) : 0;
    for (size_t k = 0; k + 1 < kEdges.size() && kEdges[k + 1] <= pair.until + 1e-9; ++k) {
      EXPECT_GT(mock.colours[k].size(), 100u);
      EXPECT_NEAR(median(mock.colours[k]), median(real.colours[k]) + too_faint, pair.tolerance)
          << pair.mock_blue << " - " << pair.mock_red << " at z = " << kEdges[k];
    }
  }
}

TEST(Nature, StarsLieOnTheLocusOfTheSdss) {
  const auto path = real_path("sdss_stars/pairs.csv");
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no real data at " << path << "; set ASTERISM_SHARED";
  SkySettings s;
  s.galaxy_weight = s.quasar_weight = 0;
  s.spectroscopic_share = 1;
  s.r_spectroscopic = 18;
  const auto stars = observe_scalars(132, 0, 4000, {"sdss"}, s);
  std::vector<std::array<double, 3>> locus;
  for (size_t row = 0; row < 4000; ++row) {
    const double g = magnitude(stars, "flux_sdss_g", row), r = magnitude(stars, "flux_sdss_r", row),
                 i = magnitude(stars, "flux_sdss_i", row), z = magnitude(stars, "flux_sdss_z", row);
    locus.push_back({g - r, r - i, i - z});
  }
  std::vector<double> distances;
  for (const auto& line : read_lines(path)) {
    if (line[3] == "WD") continue;
    double m[4];
    for (size_t k = 0; k < 4; ++k) m[k] = astro::magnitude_of(std::stod(line[10 + k]));
    double best = 9;
    for (const auto& l : locus)
      best = std::min(best, std::hypot(m[0] - m[1] - l[0], m[1] - m[2] - l[1], m[2] - m[3] - l[2]));
    distances.push_back(best);
  }
  ASSERT_GT(distances.size(), 20u);
  EXPECT_LT(median(distances), 0.08);
}

// Shen et al. 2003 (MNRAS 343, 978), equation 15 and table 1: late-type galaxies in r, kpc.
TEST(Nature, SizesOfDiscsFollowTheirMagnitudes) {
  SkySettings s;
  s.star_weight = s.quasar_weight = 0;
  s.r_spectroscopic = 19;
  s.spectroscopic_share = 1;
  const auto batch = observe_scalars(133, 0, 8000, {"legacy"}, s);
  const auto value = [&](const char* name, size_t row) {
    return std::get<ScalarBlock>(batch.blocks.at(name)).value[row];
  };
  std::vector<std::vector<double>> off(4);  // of log10 kpc from the relation, by magnitude
  for (size_t row = 0; row < 8000; ++row) {
    const double z = value("redshift", row);
    if (z > 0.12 || value("log_ssfr", row) < -10.8) continue;
    const double absolute = value("r_magnitude", row) - astro::distance_modulus(z) - 0.6 * z;
    const int bin = int(std::floor(-absolute - 18));
    if (bin < 0 || bin >= 4) continue;
    const double kpc = value("half_light_radius", row) * astro::kArcsec * astro::angular_diameter_distance_mpc(z) * 1e3;
    const double expected =
        -0.4 * 0.26 * absolute + (0.51 - 0.26) * std::log10(1 + std::pow(10.0, -0.4 * (absolute + 20.91))) - 1.71;
    off[size_t(bin)].push_back(std::log10(kpc) - expected);
  }
  for (const auto& bin : off) {
    ASSERT_GT(bin.size(), 60u);
    EXPECT_NEAR(median(bin), 0, 0.1);  // dex; the relation is of fitted single profiles
  }
}

// H alpha of star-forming galaxies, where the redshift puts it.
TEST(Nature, LinesStandAtTheirObservedWavelengths) {
  SkySettings s;
  s.star_weight = s.quasar_weight = 0;
  s.r_spectroscopic = 18;
  s.spectroscopic_share = 1;
  const auto batch = observe(134, 0, 40, {"desi"}, s);
  const auto& spectra = std::get<modalities::SpectrumBlock>(batch.blocks.at("spectrum_desi"));
  int found = 0, forming = 0;
  for (size_t row = 0; row < 40; ++row) {
    const double z = std::get<ScalarBlock>(batch.blocks.at("redshift")).value[row];
    const double line = 6564.61 * (1 + z);
    if (std::get<ScalarBlock>(batch.blocks.at("log_ssfr")).value[row] < -10 || line > 9200) continue;
    ++forming;
    double best = -1e9, where = 0;
    for (size_t p = 2; p + 2 < size_t(spectra.length); ++p) {
      const size_t i = row * size_t(spectra.length) + p;
      const double w = double(spectra.wavelength_angstrom[i]);
      if (std::abs(w - line) > 60) continue;
      double sum = 0;
      for (size_t k = i - 2; k <= i + 2; ++k) sum += double(spectra.flux[k]);
      if (sum > best) best = sum, where = w;
    }
    found += std::abs(where - line) < 3;
  }
  EXPECT_GE(forming, 8);
  EXPECT_GE(found, 0.8 * forming);
}

}  // namespace
}  // namespace asterism::sky
