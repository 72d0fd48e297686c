#include "data/surveys/mapped_light_curve.h"

#include <gtest/gtest.h>

#include <cmath>

#include "astro/photometry.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/surveys/supernovae.h"
#include "modalities/light_curve.h"
#include "tests/base/refusal.h"
#include "tests/data/sample_batch.h"
#include "tests/data/surveys/survey_rows.h"

namespace asterism::data {
namespace {

class MappedLightCurves : public testing::Test {
 protected:
  MappedLightCurves() {
    settings_.file = "points.csv";
    settings_.object = "object";
    settings_.time = "t";
    settings_.value = "flux";
    settings_.error = "err";
    settings_.band = "filter";
    settings_.unit = "uJy";
    settings_.bands["mine-g"] = {.word = "g", .wavelength = 4800};
    settings_.bands["mine-r"] = {.word = "r", .wavelength = 6200};
    base::write_text(folder_ / "points.csv",
                     "object,t,flux,err,filter,limit,flag\n"
                     "7,60001,2,0.5,r,0,0\n8,60000,9,1,g,0,0\n7,60000.5,1,,g,0,1\n7,60002,3,0.5,g,1,0\n"
                     "7,60003,,0.5,g,0,0\n9,60003,1,0.5,clear,0,0\n");
  }
  std::optional<modalities::LightCurveBlock> read(LightCurveReader& reader, const std::string& id) {
    auto out = reader.read([&](const std::string&) { return id; }, {"mine", id, false, 0, 0}, folder_.path());
    if (out) modalities::check("lightcurve_mine", *out);
    return out;
  }
  std::optional<modalities::LightCurveBlock> read(const std::string& id) {
    LightCurveReader reader("lightcurve_mine", settings_, folder_.path());
    return read(reader, id);
  }
  std::string refusal(const std::string& id) {
    return test::complaint([&] { read(id); });
  }
  MappedLightCurve settings_;
  base::TemporaryFolder folder_;
};

TEST_F(MappedLightCurves, OneTableForAllObjects) {
  settings_.upper_limit = "limit";
  settings_.mask = "flag";
  LightCurveReader reader("lightcurve_mine", settings_, folder_.path());
  const auto curve = read(reader, "7");
  EXPECT_EQ(curve->unit, "nanomaggy");
  EXPECT_EQ(curve->count[0], 3);  // in order of time, without the one that has no flux
  EXPECT_EQ(curve->time_day[0], 60000.5);
  EXPECT_EQ(curve->bands[size_t(curve->band[1])].name, "mine-r");
  EXPECT_NEAR(curve->value[1], astro::nanomaggy_of_ujy(2), 1e-6);
  EXPECT_NEAR(curve->error[1], astro::nanomaggy_of_ujy(0.5), 1e-6);
  EXPECT_EQ(curve->error[0], 0);
  EXPECT_EQ(curve->mask, (base::AlignedVector<uint8_t>{1, 0, 1}));
  EXPECT_EQ(curve->upper_limit, (base::AlignedVector<uint8_t>{0, 0, 1}));
  EXPECT_NEAR(read(reader, "8")->value[0], astro::nanomaggy_of_ujy(9), 1e-6);
  EXPECT_FALSE(read(reader, "10"));  // no point
}

TEST_F(MappedLightCurves, AFileAnObjectInMagnitudesAndJulianDays) {
  base::write_text(folder_ / "7.csv", "t,mag\n2460000.5,20\n2460001.5,99\n");
  settings_ = {};
  settings_.file = "{id}.csv";
  settings_.time = "t";
  settings_.time_offset = -2400000.5;
  settings_.value = "mag";
  settings_.unit = "mag";
  settings_.bands["mine-g"].filter = "lsst2023-g";
  const auto curve = read("7");
  EXPECT_EQ(curve->unit, "mag");
  EXPECT_EQ(curve->count[0], 1);
  EXPECT_EQ(curve->time_day[0], 60000);
  EXPECT_GT(curve->bands[0].wavelength_angstrom, 4500);
  settings_.to = "nanomaggy";
  EXPECT_NEAR(read("7")->value[0], 10, 1e-5);
  settings_.unit = settings_.to = "";
  settings_.zero_point = 27.5;
  EXPECT_NEAR(read("7")->value[0], 0.2, 1e-5);  // counts
  EXPECT_NE(refusal("8").find("8.csv is missing"), std::string::npos);
}

TEST_F(MappedLightCurves, BandsThatTheMappingDoesNotKnow) {
  EXPECT_NE(refusal("9").find("a point in 'clear', which is no band of the mapping"), std::string::npos)
      << refusal("9");
  settings_.ignore = {"clear"};
  EXPECT_FALSE(read("9"));
  settings_.unit = "";
  EXPECT_NE(refusal("7").find("does not say what 'flux' is in"), std::string::npos) << refusal("7");
}

TEST_F(MappedLightCurves, SettingsThatCannotWork) {
  const MappedLightCurve good = settings_;
  const auto refused = [&](auto&& change) {
    settings_ = good;
    change(settings_);
    EXPECT_THROW(LightCurveReader("lightcurve_mine", settings_, folder_.path()), base::UserError);
  };
  refused([](MappedLightCurve& s) { s.bands.clear(); });
  refused([](MappedLightCurve& s) { s.band = ""; });
  refused([](MappedLightCurve& s) { s.bands["mine-r"].word = "g"; });
  refused([](MappedLightCurve& s) { s.zero_point = 27; });
  refused([](MappedLightCurve& s) { s.file = "a.fits[1]"; });
  refused([](MappedLightCurve& s) { s.bands["mine-r"].filter = "lsst2023-g"; });
  EXPECT_THROW(LightCurveReader("redshift", good, folder_.path()), base::UserError);
}

// Real light curves come out as the importer of their survey has them.
TEST_F(MappedLightCurves, SupernovaeAsTheirImporterReadsThem) {
  const auto folder = shared_folder() / "realdata" / "supernovae";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no " << folder << ": set ASTERISM_SHARED";
  BadRows bad(10);
  const auto import = open_supernovae({folder}, {}, bad);
  const auto batch = *import->next();
  const auto& theirs = std::get<modalities::LightCurveBlock>(batch.blocks.at("lightcurve_supernova"));
  settings_ = {};
  settings_.folder = folder;
  settings_.file = "photometry.csv.gz";
  settings_.object = "name";
  settings_.time = "mjd";
  settings_.value = "mag";
  settings_.unit = "mag";
  settings_.error = "e_mag";
  settings_.upper_limit = "upperlimit";
  settings_.band = "band";
  settings_.ignore = {""};
  for (const auto& band : theirs.bands) {
    if (!band.name.empty()) settings_.bands[band.name] = {};
  }
  LightCurveReader reader("lightcurve_mine", settings_, folder);
  int64_t compared = 0;
  for (int64_t row = 0; row < batch.size(); ++row) {
    const auto one = modalities::select(theirs, {row});
    const auto ours = read(reader, batch.objects[size_t(row)].id);
    size_t k = 0;  // points in a band without a name are left out
    for (size_t i = 0; i < size_t(one.count[0]); ++i) {
      if (theirs.bands[size_t(one.band[i])].name.empty()) continue;
      ASSERT_TRUE(ours && k < size_t(ours->count[0])) << batch.objects[size_t(row)].id;
      EXPECT_EQ(ours->time_day[k], one.time_day[i]);
      EXPECT_EQ(ours->value[k], one.value[i]);
      EXPECT_EQ(ours->error[k], one.error[i]);
      EXPECT_EQ(ours->upper_limit[k], one.upper_limit[i]);
      EXPECT_EQ(ours->bands[size_t(ours->band[k])].name, theirs.bands[size_t(one.band[i])].name);
      ++k;
    }
    if (batch.objects[size_t(row)].id.find('#') == std::string::npos) EXPECT_EQ(k, ours ? size_t(ours->count[0]) : 0);
    compared += int64_t(k);
  }
  EXPECT_GT(compared, 1000);
}

}  // namespace
}  // namespace asterism::data
