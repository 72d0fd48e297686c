#include "sky/cadence.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "astro/photometry.h"

namespace asterism::sky {
namespace {

ObjectTruth place(int64_t index) {
  ObjectTruth t;
  t.seed = 5;
  t.index = index;
  t.ra_deg = 180;
  return t;
}

TEST(Cadence, LsstVisitsEachBandAsOftenAsPlanned) {
  std::map<int, double> count;
  constexpr int kPlaces = 60;
  for (int64_t i = 0; i < kPlaces; ++i)
    for (const Visit& v : visits_of(place(i), lsst_curves())) count[v.band] += 1.0 / kPlaces;
  const double planned[] = {56, 80, 184, 184, 160, 160};  // in ten years
  double all = 0;
  for (int b = 0; b < 6; ++b) {
    EXPECT_NEAR(count[b] / (0.3 * planned[b]), 1, 0.35) << b;
    all += count[b];
  }
  EXPECT_NEAR(all, 0.3 * 825, 40);
}

TEST(Cadence, VisitsAreInOrderInSeasonAndOfTheStatedDepth) {
  for (const CurveSurvey* survey : {&ztf_curves(), &lsst_curves()}) {
    std::map<int, std::vector<double>> depth;
    for (int64_t i = 0; i < 20; ++i) {
      const auto visits = visits_of(place(i), *survey);
      EXPECT_GT(visits.size(), 100u);
      EXPECT_LT(visits.size(), 800u);
      for (size_t k = 0; k < visits.size(); ++k) {
        if (k > 0) {
          EXPECT_LE(visits[k - 1].mjd, visits[k].mjd);
        }
        EXPECT_GE(visits[k].mjd, kFirstNight);
        EXPECT_LE(visits[k].mjd, kFirstNight + kNights);
        // RA 180 stands beside the Sun on 23 September: day 61306 and a year later.
        for (const double conjunction : {61306.0, 61671.0}) EXPECT_GT(std::abs(visits[k].mjd - conjunction), 50);
        depth[visits[k].band].push_back(astro::magnitude_of(5 * visits[k].noise));
      }
    }
    for (auto& [band, list] : depth) {
      std::sort(list.begin(), list.end());
      EXPECT_NEAR(list[list.size() / 2], survey->bands[size_t(band)].depth_5sigma - 0.25, 0.3);
    }
  }
}

TEST(Cadence, CloudyNightsAreCloudyForAll) {
  // Of the nights of twelve places that ZTF visits in turn, about a third has nobody on it.
  std::map<int64_t, int> seen;
  for (int64_t i = 0; i < 60; ++i)
    for (const Visit& v : visits_of(place(i), ztf_curves())) ++seen[int64_t(v.mjd)];
  int clear = 0, nights = 0;
  for (int64_t night = 61060; night < 61150; ++night, ++nights) clear += seen.count(night) > 0;
  EXPECT_NEAR(clear / double(nights), 0.7, 0.15);
}

}  // namespace
}  // namespace asterism::sky
