#include "data/surveys/supernovae.h"

#include <gtest/gtest.h>

#include <map>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/split.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

TEST(Supernovae, CountsAreThoseThatWerePublished) {
  const auto folder = shared_folder() / "realdata" / "supernovae";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no " << folder << ": set ASTERISM_SHARED";
  BadRows bad(1);
  const auto import = open_supernovae({folder}, {}, bad);
  int64_t objects = 0, placed = 0, redshifts = 0, curves = 0, points = 0, limits = 0, good = 0, spectra = 0, many = 0;
  std::map<std::string, uint8_t> split;
  while (const auto batch = import->next()) {
    modalities::check(*batch);
    const auto& extra = std::get<modalities::ScalarBlock>(batch->blocks.at("is_extra_spectrum"));
    const auto& redshift = std::get<modalities::ScalarBlock>(batch->blocks.at("redshift"));
    const auto& curve = std::get<modalities::LightCurveBlock>(batch->blocks.at("lightcurve_supernova"));
    const auto& spectrum = std::get<modalities::SpectrumBlock>(batch->blocks.at("spectrum_supernova"));
    const auto numbers = split_numbers(*batch);
    for (int64_t i = 0; i < batch->size(); ++i) {
      const size_t r = size_t(i);
      spectra += spectrum.present[r];
      const std::string name = batch->objects[r].id.substr(0, batch->objects[r].id.find('#'));
      EXPECT_EQ(split.emplace(name, numbers[r]).first->second, numbers[r]) << name;
      if (extra.value[r] != 0) {
        EXPECT_EQ(curve.present[r], 0);
        continue;
      }
      ++objects;
      placed += batch->objects[r].has_position;
      redshifts += redshift.present[r];
      curves += curve.present[r];
      points += curve.count[r];
      int64_t detections = 0;
      for (int64_t k = 0; k < curve.count[r]; ++k) {
        limits += curve.upper_limit[size_t(i * curve.length + k)];
        detections += curve.mask[size_t(i * curve.length + k)] == 0;
      }
      good += detections;
      many += detections >= 10;
    }
  }
  EXPECT_EQ(objects, 5134);
  EXPECT_EQ(placed, 5134 - 766);
  EXPECT_EQ(redshifts, 2500);
  EXPECT_EQ(curves, 1740);
  EXPECT_EQ(points, 355132);
  EXPECT_EQ(limits, 229369);
  EXPECT_EQ(good, 355132 - 229369 - 7259);  // magnitudes outside 5 to 30 are masked
  EXPECT_EQ(many, 1352);
  EXPECT_EQ(spectra, 699);
  EXPECT_EQ(bad.count(), 1);  // SN2010dm
  EXPECT_NE(bad.csv().find("SN2010dm"), std::string::npos) << bad.csv();
}

TEST(Supernovae, TheFolderMustBeWhole) {
  const base::TemporaryFolder temporary;
  BadRows bad(1);
  base::write_text(temporary / "objects.csv", "name\n");
  try {
    open_supernovae({temporary.path()}, {}, bad);
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_NE(std::string(error.what()).find("photometry.csv.gz"), std::string::npos);
  }
}

}  // namespace
}  // namespace asterism::data
