#include "data/surveys/ztf_alert.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "data/surveys/alert_file.h"
#include "modalities/image.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

using nlohmann::json;

json alert() {
  return json::parse(R"({"candid": 12, "objectId": "ZTF1", "candidate": {"jd": 2459000.5, "fid": 2, "ra": 10, "dec": -5,
    "magpsf": 20, "sigmapsf": 0.1, "isdiffpos": "f", "diffmaglim": 20.5, "sgmag1": -999.0},
    "prv_candidates": [{"jd": 2458990.5, "fid": 1, "magpsf": null, "diffmaglim": 20.0, "isdiffpos": null},
                       {"jd": 2459000.5, "fid": 2, "magpsf": 20, "sigmapsf": 0.1, "isdiffpos": "f"}]})");
}

TEST(ZtfAlert, FluxesCarryTheirSignAndLimitsAreLimits) {
  const auto points = ztf_points(alert());
  ASSERT_EQ(points.size(), 2U);  // the epoch of the alert stands in its history as well
  EXPECT_EQ(points[0].time_day, 58990);
  EXPECT_TRUE(points[0].upper_limit);
  EXPECT_NEAR(points[0].value, 10, 1e-5);  // 22.5 - 2.5 log10(10)
  EXPECT_NEAR(points[1].value, -10, 1e-5);
  EXPECT_NEAR(points[1].error, 10 * 0.4 * std::log(10) * 0.1, 1e-5);
  EXPECT_EQ(points[1].band, 1);
}

TEST(ZtfAlert, MarksForMissingValuesAreNoNumbers) {
  EXPECT_FALSE(ztf_number(alert()["candidate"], "sgmag1"));
  EXPECT_FALSE(ztf_number(alert()["candidate"], "isdiffpos"));
  EXPECT_FALSE(ztf_number(alert()["candidate"], "nothing"));
  EXPECT_EQ(ztf_number(alert()["candidate"], "fid"), 2);
}

TEST(ZtfAlert, MergingFillsUpAndRefusesOthers) {
  json a = alert(), b = alert();
  a["cdsxmatch"] = nullptr;
  b["cdsxmatch"] = "Star";
  b["candidate"]["drb"] = 0.5;
  a.erase("prv_candidates");
  merge_ztf_alert(a, b);
  EXPECT_EQ(a["cdsxmatch"], "Star");
  EXPECT_EQ(a["candidate"]["drb"], 0.5);
  EXPECT_EQ(a["prv_candidates"].size(), 2U);
  b["candidate"]["magpsf"] = 19;
  EXPECT_THROW(merge_ztf_alert(a, b), base::DataError);
}

TEST(ZtfAlert, BrokenAlertsAreRefused) {
  const auto broken = [](auto change) {
    json a = alert();
    change(a);
    EXPECT_THROW(
        {
          ztf_key(a);
          ztf_points(a);
        },
        base::DataError)
        << a;
  };
  broken([](json& a) { a["candid"] = "12x"; });
  broken([](json& a) { a["candid"] = 1.5; });
  broken([](json& a) { a.erase("objectId"); });
  broken([](json& a) { a["candidate"]["dec"] = 91; });
  broken([](json& a) { a["candidate"]["ra"] = "ten"; });
  broken([](json& a) { a["candidate"]["isdiffpos"] = "x"; });
  broken([](json& a) { a["candidate"]["fid"] = 4; });
  broken([](json& a) { a["prv_candidates"] = 3; });
  broken([](json& a) { a["prv_candidates"] = json::array({1}); });
  broken([](json& a) { a["candidate"] = json::array(); });
  broken([](json& a) { a["candidate"]["magpsf"] = -500; });
}

TEST(ZtfAlert, TheDifferenceStampIsTurnedBack) {
  const auto file = open_alert_file(std::filesystem::path(asterism::tests::kSourceFolder) /
                                    "tests/golden/tables/alerts_deflate.avro");
  auto block =
      modalities::make_images(3, {{"s", 0, 0}, {"t", 0, 0}, {"d", 0, 0}}, kZtfStamp, kZtfStamp, "counts", 1, false);
  const size_t plane = size_t(kZtfStamp * kZtfStamp), middle = 31 * 63 + 31;
  for (int64_t row = 0; row < 3; ++row) {
    const auto a = file->next();
    ASSERT_TRUE(a);
    EXPECT_EQ(read_ztf_stamps(*a, "alerts.avro", row, block), row < 2);
  }
  EXPECT_EQ(block.flux[2 * plane + middle], 300);   // isdiffpos t
  EXPECT_EQ(block.flux[5 * plane + middle], -300);  // isdiffpos 0
  EXPECT_EQ(block.flux[3 * plane + middle], 900);   // the science stamp stays
  EXPECT_EQ(block.mask[62], 1);                     // NaN at the edge of the detector
  EXPECT_EQ(block.present, (base::AlignedVector<uint8_t>{1, 1, 0}));
  EXPECT_NO_THROW(modalities::check("stamps", block));

  json escape = alert();
  escape["cutoutScience"] = "../../etc/passwd";
  EXPECT_THROW(read_ztf_stamps(escape, "x", 0, block), base::DataError);
}

}  // namespace
}  // namespace asterism::data
