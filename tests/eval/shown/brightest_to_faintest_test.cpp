#include "eval/shown/brightest_to_faintest.h"

#include <gtest/gtest.h>

#include "modalities/image.h"
#include "modalities/spectrum.h"

namespace asterism::eval {
namespace {

// A subject of twice as many objects as rows; row i is of object 2 i.
struct EveryOther {
  Subject subject;
  Reconstruction made;
  std::vector<int64_t> rows;
};
EveryOther every_other(int64_t n) {
  EveryOther out;
  for (int64_t i = 0; i < 2 * n; ++i) out.subject.objects.push_back({.survey = "test", .id = std::to_string(i)});
  for (int64_t i = 0; i < n; ++i) {
    out.made.rows.push_back(2 * i);
    out.rows.push_back(i);
  }
  return out;
}

std::vector<std::string> names_of(const std::vector<Shown>& shown) {
  std::vector<std::string> out;
  for (const auto& one : shown) out.push_back(one.name);
  return out;
}

// Row i is 7 i modulo 10 bright; row 3 (which is 1 bright) is masked.
modalities::ImageBlock ten_levels() {
  auto out = modalities::make_images(10, {{"r", 6200, 1000}}, 4, 4, "nanomaggy", 0.26, true);
  for (int64_t i = 0; i < 10; ++i) {
    out.present[size_t(i)] = 1;
    for (int64_t p = 0; p < 16; ++p) {
      const auto at = size_t(i * 16 + p);
      out.flux[at] = float(i * 7 % 10);
      out.ivar[at] = i == 3 ? 0 : 1;
      out.mask[at] = i == 3 ? 1 : 0;
    }
  }
  out.flux[0] = 1e6F;  // a neighbour in the corner of row 0, which has nothing in its middle
  return out;
}

TEST(BrightestToFaintest, ImagesByWhatIsInTheirMiddle) {
  const auto all = every_other(10);
  const auto images = ten_levels();
  const auto three = brightest_to_faintest(images, all.rows, all.made, all.subject, 3);
  EXPECT_EQ(names_of(three), (std::vector<std::string>{"14", "10", "0"}));  // 9, 5 and 0 bright
  EXPECT_EQ(three[1].row, 5);
  EXPECT_EQ(brightest_to_faintest(images, all.rows, all.made, all.subject, 20).size(), 9u);  // not the masked one
  EXPECT_EQ(names_of(brightest_to_faintest(images, {1, 2}, all.made, all.subject, 6)),
            (std::vector<std::string>{"2", "4"}));  // 7 and 4 bright
  EXPECT_EQ(names_of(brightest_to_faintest(images, all.rows, all.made, all.subject, 1)),
            (std::vector<std::string>{"14"}));
  EXPECT_TRUE(brightest_to_faintest(images, {}, all.made, all.subject, 6).empty());
}

// A pixel that is bright and of no weight does not make a spectrum bright.
TEST(BrightestToFaintest, SpectraByInverseVariance) {
  const auto all = every_other(2);
  auto spectra = modalities::make_spectra(2, 5, "1e-17 erg/s/cm^2/Angstrom");
  for (size_t at = 0; at < 10; ++at) {
    spectra.wavelength_angstrom[at] = float(5000 + at % 5);
    spectra.flux[at] = at < 5 ? 1 : 2;
    spectra.ivar[at] = 1;
    spectra.mask[at] = 0;
  }
  spectra.flux[2] = 1000;
  spectra.ivar[2] = 1e-6F;
  EXPECT_EQ(names_of(brightest_to_faintest(spectra, all.rows, all.made, all.subject, 6)),
            (std::vector<std::string>{"2", "0"}));
}

}  // namespace
}  // namespace asterism::eval
