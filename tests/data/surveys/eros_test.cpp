#include "data/surveys/eros.h"

#include <gtest/gtest.h>

#include <map>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "io/file_bytes.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

std::filesystem::path eros_folder() { return shared_folder() / "realdata" / "eros_lightcurves"; }

TEST(Eros, CountsAreThoseThatWerePublished) {
  if (!std::filesystem::exists(eros_folder())) GTEST_SKIP() << "no " << eros_folder() << ": set ASTERISM_SHARED";
  BadRows bad(0);
  const auto import = open_eros({eros_folder()}, {}, bad);
  std::map<int, int> classes;
  int64_t rows = 0, most = 0, least = 1000;
  while (const auto batch = import->next()) {
    modalities::check(*batch);
    const auto& curve = std::get<modalities::LightCurveBlock>(batch->blocks.at("lightcurve_eros"));
    const auto& type = std::get<modalities::ScalarBlock>(batch->blocks.at("variable_class"));
    for (int64_t i = 0; i < batch->size(); ++i, ++rows) {
      ++classes[int(type.value[size_t(i)])];
      int64_t blue = 0;
      for (int64_t k = 0; k < curve.count[size_t(i)]; ++k) blue += curve.band[size_t(i * curve.length + k)] == 0;
      most = std::max(most, blue);
      least = std::min(least, blue);
      const auto& object = batch->objects[size_t(i)];
      EXPECT_GT(object.ra_deg, 60);  // the Large Magellanic Cloud
      EXPECT_LT(object.ra_deg, 100);
      EXPECT_LT(object.dec_deg, -60);
      if (object.id == "135_9613") {
        EXPECT_NEAR(object.ra_deg, 15 * (5 + 40 / 60.0 + 51.37 / 3600), 1e-9);
        EXPECT_NEAR(object.dec_deg, -(70 + 13 / 60.0 + 58.78 / 3600), 1e-9);
        EXPECT_DOUBLE_EQ(curve.time_day[size_t(i * curve.length)], 290.3);
      }
    }
  }
  EXPECT_EQ(rows, 2912);
  EXPECT_EQ(classes, (std::map<int, int>{{1, 339}, {2, 604}, {3, 1777}, {4, 192}}));
  EXPECT_EQ(most, 124);
  EXPECT_EQ(least, 33);
}

TEST(Eros, FilesThatDisagreeAreBadRows) {
  const base::TemporaryFolder temporary;
  const std::string star =
      "Unnamed: 0,asc_d,asc_m,asc_s,dec_d,dec_m,dec_s,period,magnitude_b,magnitude_r,asym_b,asym_r,log_p_not_variable,"
      "sigma_flux_b,sigma_flux_r,type,quality,div_period\n";
  const std::string values = ",5,0,0,-70,30,0,1,20,19,1,1,-3,2,2,1,1,2\n";
  base::write_text(temporary / "train.csv", star + "a" + values + "b" + values + "c" + values);
  const std::string curves =
      ",time_points_b,light_points_b,error_points_b,time_points_r,light_points_r,error_points_r\n"
      "a,\"[2, 1]\",\"[20, nan]\",\"[0.1, 0.1]\",[],[],[]\n"
      "x,[],[],[],[],[],[]\n"
      "c,\"[1, 2]\",[20],\"[0.1, 0.1]\",[],[],[]\n";
  const auto packed = io::gzip({reinterpret_cast<const std::byte*>(curves.data()), curves.size()});
  base::write_text(temporary / "train_varlength_features.csv.gz",
                   std::string(reinterpret_cast<const char*>(packed.data()), packed.size()));
  BadRows bad(5);
  const auto import = open_eros({temporary.path()}, {}, bad);
  const auto batch = import->next();
  ASSERT_TRUE(batch);
  ASSERT_EQ(batch->size(), 1);
  EXPECT_NEAR(batch->objects[0].dec_deg, -70.5, 1e-12);
  const auto& curve = std::get<modalities::LightCurveBlock>(batch->blocks.at("lightcurve_eros"));
  EXPECT_EQ(curve.mask, (base::AlignedVector<uint8_t>{1, 0}));  // sorted by time, NaN masked
  EXPECT_EQ(bad.count(), 2);
  EXPECT_NE(bad.csv().find("'b' in one file and 'x' in the other"), std::string::npos) << bad.csv();
  EXPECT_NE(bad.csv().find("2 times, 1 magnitudes"), std::string::npos);
  EXPECT_THROW(open_eros({temporary / "nothing" / "here"}, {}, bad), base::UserError);
}

}  // namespace
}  // namespace asterism::data
