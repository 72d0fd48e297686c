#include "data/surveys/zcosmos.h"

#include <gtest/gtest.h>

#include <cmath>

#include "data/split.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

std::filesystem::path zcosmos_folder() { return shared_folder() / "realdata" / "zcosmos"; }

TEST(Zcosmos, CountsAreThoseThatWerePublished) {
  if (!std::filesystem::exists(zcosmos_folder())) GTEST_SKIP() << "no " << zcosmos_folder() << ": set ASTERISM_SHARED";
  BadRows bad(0);
  const auto import = open_zcosmos({zcosmos_folder()}, {}, bad);
  int64_t rows = 0, secure = 0, complete = 0, test = 0, fuv = 0;
  while (const auto batch = import->next()) {
    const auto scalar = [&](const std::string& name) -> const modalities::ScalarBlock& {
      return std::get<modalities::ScalarBlock>(batch->blocks.at(name));
    };
    const auto splits = split_numbers(*batch);
    for (int64_t i = 0; i < batch->size(); ++i, ++rows) {
      const size_t r = size_t(i);
      fuv += scalar("flux_cosmos_fuv").present[r];
      if (scalar("redshift_ok").value[r] != 1) continue;
      ++secure;
      bool all = true;
      for (const char* band : {"u", "b", "v", "g", "r", "ic", "z", "j", "k"})
        all = all && scalar(std::string("flux_cosmos_") + band).present[r] != 0;
      complete += all;
      test += all && splits[r] < kTestBelow;
      if (batch->objects[r].id == "700142") {
        EXPECT_NEAR(scalar("flux_cosmos_u").value[r], std::pow(10, 0.4 * (22.5 - 23.925)), 1e-9);
        EXPECT_NEAR(scalar("flux_cosmos_u").error[r], scalar("flux_cosmos_u").value[r] * 0.4 * std::log(10) * 0.039,
                    1e-9);
      }
    }
  }
  EXPECT_EQ(rows, 17358);
  EXPECT_EQ(secure, 11365);
  EXPECT_EQ(complete, 11171);
  EXPECT_EQ(test, 2212);
  EXPECT_NEAR(double(fuv) / double(rows), 0.55, 0.02);
}

}  // namespace
}  // namespace asterism::data
