// Quasars of the mock sky against those of BOSS: broad lines at the observed wavelengths where the real ones have them,
// about as strong, and colours against redshift.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "astro/photometry.h"
#include "data/surveys/boss.h"
#include "sky/observe.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;
using modalities::Batch;
using modalities::ScalarBlock;
using modalities::SpectrumBlock;

fs::path boss_stars() { return shared_folder() / "realdata" / "boss"; }

const Batch& boss() {
  static const Batch all = [] {
    BadRows bad(0);
    const auto import = open_boss({boss_stars()}, {}, bad);
    std::vector<Batch> parts;
    while (auto batch = import->next()) parts.push_back(std::move(*batch));
    return modalities::concatenate(parts);
  }();
  return all;
}

const Batch& mock() {
  static const Batch all = [] {
    sky::SkySettings s;
    s.galaxy_weight = s.star_weight = 0;
    s.r_bright = 17;
    s.spectroscopic_share = 1;
    return sky::observe(141, 0, 250, {"sdss"}, s);
  }();
  return all;
}

double value_at(const Batch& batch, const char* name, size_t row) {
  return std::get<ScalarBlock>(batch.blocks.at(name)).value[row];
}

bool good_quasar(const Batch& batch, size_t row) {
  const auto ok = batch.blocks.find("redshift_ok");
  return value_at(batch, "object_class", row) == 2 &&
         (ok == batch.blocks.end() || std::get<ScalarBlock>(ok->second).value[row] == 1);
}

// Mean profile of a line over the quasars that show it: flux over the continuum beside it, minus 1, in bins at rest.
struct Profile {
  static constexpr int kBins = 60;
  static constexpr double kStep = 2, kSide = 80;  // Angstrom; the continuum lies from 60 to 80 beyond
  double sum[kBins] = {}, count[kBins] = {};
  int quasars = 0;

  void add(const SpectrumBlock& block, size_t row, double redshift, double line) {
    double side = 0, pixels = 0;
    const auto each = [&](auto&& use) {
      for (size_t p = 0; p < size_t(block.length); ++p) {
        const size_t i = row * size_t(block.length) + p;
        const double rest = double(block.wavelength_angstrom[i]) / (1 + redshift) - line;
        if (!block.mask[i] && std::abs(rest) < kSide) use(rest, double(block.flux[i]));
      }
    };
    double low = 0, high = 0;
    each([&](double rest, double flux) {
      low = std::min(low, rest);
      high = std::max(high, rest);
      if (std::abs(rest) > 60) side += flux, ++pixels;
    });
    if (low > -70 || high < 70 || pixels < 10 || side <= 0) return;
    ++quasars;
    each([&](double rest, double flux) {
      const int bin = int(std::floor(rest / kStep)) + kBins / 2;
      if (bin < 0 || bin >= kBins) return;
      sum[bin] += flux * pixels / side - 1;
      ++count[bin];
    });
  }
  double at(int bin) const { return count[bin] > 0 ? sum[bin] / count[bin] : 0; }
  double peak() const {  // Angstrom from the line, of the mean over five bins
    int best = 2;
    const auto smooth = [&](int b) { return at(b - 2) + at(b - 1) + at(b) + at(b + 1) + at(b + 2); };
    for (int b = 2; b + 2 < kBins; ++b)
      if (smooth(b) > smooth(best)) best = b;
    return (best - kBins / 2 + 0.5) * kStep;
  }
  double equivalent_width() const {
    double width = 0;
    for (int b = 0; b < kBins; ++b) width += at(b) * kStep;
    return width;
  }
};

Profile profile_of(const Batch& batch, double line) {
  Profile profile;
  const auto& block = std::get<SpectrumBlock>(batch.blocks.at("spectrum_sdss"));
  for (size_t row = 0; row < size_t(batch.size()); ++row)
    if (block.present[row] && good_quasar(batch, row)) profile.add(block, row, value_at(batch, "redshift", row), line);
  return profile;
}

TEST(MockNature, BroadLinesStandWhereThoseOfBossDo) {
  if (!fs::exists(boss_stars())) GTEST_SKIP() << "no " << boss_stars() << ": set ASTERISM_SHARED";
  for (const double line : {1549.06, 1908.73, 2798.75}) {  // C IV, C III], Mg II
    const Profile real = profile_of(boss(), line), made = profile_of(mock(), line);
    ASSERT_GE(real.quasars, 10) << line;
    ASSERT_GE(made.quasars, 30) << line;
    EXPECT_NEAR(made.peak(), real.peak(), 8) << line;
    EXPECT_NEAR(made.peak(), 0, 6) << line;
    EXPECT_GT(made.equivalent_width(), 0.4 * real.equivalent_width()) << line;
    EXPECT_LT(made.equivalent_width(), 2.5 * real.equivalent_width()) << line;
  }
}

TEST(MockNature, QuasarsHaveTheColoursOfBoss) {
  if (!fs::exists(boss_stars())) GTEST_SKIP() << "no " << boss_stars() << ": set ASTERISM_SHARED";
  const auto colours = [](const Batch& batch, const char* blue, const char* red) {
    std::vector<double> out;
    for (size_t row = 0; row < size_t(batch.size()); ++row) {
      const double z = value_at(batch, "redshift", row);
      const double b = value_at(batch, blue, row), r = value_at(batch, red, row);
      if (good_quasar(batch, row) && z > 1.8 && z < 2.8 && b > 0 && r > 0)
        out.push_back(astro::magnitude_of(b) - astro::magnitude_of(r));
    }
    std::sort(out.begin(), out.end());
    return out;
  };
  for (const auto& [blue, red] : {std::pair{"flux_sdss_g", "flux_sdss_r"}, std::pair{"flux_sdss_r", "flux_sdss_i"}}) {
    const auto real = colours(boss(), blue, red), made = colours(mock(), blue, red);
    ASSERT_GE(real.size(), 20u);
    ASSERT_GE(made.size(), 30u);
    EXPECT_NEAR(made[made.size() / 2], real[real.size() / 2], 0.15) << blue << " - " << red;
  }
}

}  // namespace
}  // namespace asterism::data
