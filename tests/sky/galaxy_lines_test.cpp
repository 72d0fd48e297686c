#include "sky/galaxy_lines.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "astro/lines.h"

namespace asterism::sky {
namespace {

std::map<std::string, double> lines_of(const GalaxyTruth& g, double sfr) {
  std::map<std::string, double> found;
  for (const LineLight& line : galaxy_lines(g, sfr))
    for (const astro::Line& known : astro::known_lines())
      if (known.vacuum_angstrom == line.rest_angstrom) found[std::string(known.name)] = line.luminosity;
  return found;
}

TEST(GalaxyLines, BalmerDecrementAndStarFormation) {
  GalaxyTruth g;
  auto lines = lines_of(g, 1e-9);
  EXPECT_NEAR(lines["Halpha"] / lines["Hbeta"], 2.86, 1e-9);
  EXPECT_NEAR(lines["Halpha"] / 1.86e41 / 1e-9, 1, 0.01);
  EXPECT_NEAR(lines["[OIII]5007"] / lines["[OIII]4959"], 2.98, 0.02);
  EXPECT_NEAR(lines["[NII]6584"] / lines["[NII]6548"], 2.94, 0.05);
  g.disc.dust_av = 1;
  lines = lines_of(g, 1e-9);
  EXPECT_GT(lines["Halpha"] / lines["Hbeta"], 3.8);
}

TEST(GalaxyLines, PlacesOnTheExcitationDiagram) {
  GalaxyTruth g;
  const auto place = [&](double sfr) {
    auto l = lines_of(g, sfr);
    return std::pair(std::log10(l["[NII]6584"] / l["Halpha"]), std::log10(l["[OIII]5007"] / l["Hbeta"]));
  };
  for (const double z : {-0.9, -0.4, 0.0, 0.3}) {
    g.disc.log_metallicity = z;
    const auto [n2, o3] = place(1e-9);
    EXPECT_LT(o3, 0.61 / (n2 - 0.47) + 1.19) << z;  // below the line of Kewley et al. 2001
  }
  g.disc.log_metallicity = 0.1;
  g.agn_share = 1;
  const auto [n2, o3] = place(1e-12);
  EXPECT_GT(o3, 0.61 / (n2 - 0.47) + 1.19);
}

}  // namespace
}  // namespace asterism::sky
