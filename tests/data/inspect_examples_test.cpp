#include "data/inspect_examples.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "modalities/light_curve.h"
#include "modalities/scalar.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

TEST(InspectExamples, ALightCurveHasASeriesABandAndItsLimits) {
  auto block = modalities::make_light_curves(1, 4, {{"g", 0, 0}, {"r", 0, 0}, {"i", 0, 0}}, "mag", "MJD");
  modalities::set_points(block, 0,
                         {{59000, 0, 20, 0.1F, false, false},
                          {59001, 1, 19, 0.2F, false, false},
                          {59002, 1, 21, 0, false, true},
                          {59003, 0, 99, 0, true, false}});
  const auto figure = example_figure(block, 0, "x");
  ASSERT_EQ(figure.marks.size(), 3U);                                                  // g, r and the limits; none of i
  EXPECT_EQ(std::get<report::Scatter>(figure.marks[0]).y, (std::vector<double>{20}));  // the masked point is left out
  EXPECT_EQ(std::get<report::Scatter>(figure.marks[1]).name, "r");
  EXPECT_EQ(std::get<report::Scatter>(figure.marks[2]).y, (std::vector<double>{21}));
  EXPECT_TRUE(figure.y.reversed);
  EXPECT_THROW(report::to_plotly_json(example_figure(modalities::make_scalars(1, "", false), 0, "")), base::CheckError);
}

TEST(InspectExamples, SpectraAndListsLeaveOutWhatIsMasked) {
  const auto spectra = sample_spectra(1, 1);
  const auto line = std::get<report::Line>(example_figure(spectra, 0, "s").marks.at(0));
  EXPECT_EQ(int64_t(line.x.size()), std::count(spectra.mask.begin(), spectra.mask.end(), uint8_t{0}));
  const auto lists = sample_catalogs(1, 1);
  const auto points = std::get<report::Scatter>(example_figure(lists, 0, "c").marks.at(0));
  EXPECT_LE(int64_t(points.x.size()), lists.count[0]);
}

}  // namespace
}  // namespace asterism::data
