#include "data/surveys/gaia_xp.h"

#include <gtest/gtest.h>

#include <set>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

std::filesystem::path xp_folder() { return shared_folder() / "realdata" / "gaia_xp"; }

std::vector<modalities::Batch> xp_parts(const std::vector<std::filesystem::path>& inputs, BadRows& bad) {
  const auto import = open_gaia_xp(inputs, {}, bad);
  std::vector<modalities::Batch> out;
  while (auto batch = import->next()) {
    modalities::check(*batch);
    out.push_back(std::move(*batch));
  }
  return out;
}

TEST(GaiaXp, SixSourcesInEveryFormat) {
  if (!std::filesystem::exists(xp_folder())) GTEST_SKIP() << "no " << xp_folder() << ": set ASTERISM_SHARED";
  BadRows bad(0);
  const auto batches = xp_parts({xp_folder()}, bad);
  ASSERT_EQ(batches.size(), 1U);
  const auto& batch = batches[0];
  EXPECT_EQ(batch.size(), 6);
  EXPECT_EQ(bad.count(), 0);
  std::set<std::string> ids;
  for (const auto& object : batch.objects) {
    ids.insert(object.id);
    EXPECT_FALSE(object.has_position);
  }
  EXPECT_EQ(ids.count("5853498713190525696"), 1U);  // every digit
  const auto& bp = std::get<modalities::VectorBlock>(batch.blocks.at("bp_coefficients"));
  const auto& rp = std::get<modalities::VectorBlock>(batch.blocks.at("rp_coefficients"));
  EXPECT_EQ(std::count(bp.present.begin(), bp.present.end(), 1), 5);  // one source has no BP
  EXPECT_EQ(std::count(rp.present.begin(), rp.present.end(), 1), 6);
  for (int64_t i = 0; i < 6; ++i) {
    if (batch.objects[size_t(i)].id == "5853498713190525696") {
      EXPECT_FLOAT_EQ(bp.value[size_t(i * 55)], 56947.03696840172F);
    }
  }
}

TEST(GaiaXp, CsvAndEcsvSayTheSame) {
  if (!std::filesystem::exists(xp_folder())) GTEST_SKIP() << "no " << xp_folder() << ": set ASTERISM_SHARED";
  BadRows bad(0);
  for (const char* name : {"XP_CONTINUOUS_RAW", "XP_CONTINUOUS_RAW_with_missing_BP"}) {
    const auto csv = xp_parts({xp_folder() / (std::string(name) + ".csv")}, bad);
    const auto ecsv = xp_parts({xp_folder() / (std::string(name) + ".ecsv")}, bad);
    ASSERT_EQ(csv[0].size(), ecsv[0].size());
    for (int64_t i = 0; i < csv[0].size(); ++i) EXPECT_EQ(csv[0].objects[size_t(i)].id, ecsv[0].objects[size_t(i)].id);
    const auto& a = std::get<modalities::VectorBlock>(csv[0].blocks.at("rp_coefficients_error"));
    const auto& b = std::get<modalities::VectorBlock>(ecsv[0].blocks.at("rp_coefficients_error"));
    for (size_t k = 0; k < a.value.size(); ++k) EXPECT_FLOAT_EQ(a.value[k], b.value[k]);
    const auto &pa = modalities::present(csv[0].blocks.at("bp_coefficients")),
               &pb = modalities::present(ecsv[0].blocks.at("bp_coefficients"));
    EXPECT_EQ(pa, pb);
  }
}

TEST(GaiaXp, BadRowsAreSkippedAndNamed) {
  const base::TemporaryFolder temporary;
  std::string list = "\"(1";
  for (int i = 1; i < 55; ++i) list += "," + std::to_string(i);
  list += ")\"";
  const std::string other = "\"(2" + list.substr(3);
  const std::string head =
      "source_id,bp_basis_function_id,bp_coefficients,bp_coefficient_errors,rp_basis_function_id,rp_coefficients,"
      "rp_coefficient_errors\n";
  const auto line = [&](const std::string& id, const std::string& bp, const std::string& rp) {
    return id + ",56," + bp + "," + bp + ",57," + rp + "," + rp + "\n";
  };
  base::write_text(temporary / "XP_CONTINUOUS.csv",
                   head + line("1", list, list) + line("2", "", list) + line("1", list, list) + line("1", other, list) +
                       line("5.8e18", list, list) + line("3", "\"(1,2)\"", list) +
                       line("4", "\"(nan" + list.substr(3), list) + line("6", "", "") + line("7", "\"(1,2\"", list));
  BadRows bad(20);
  const auto batches = xp_parts({temporary / "XP_CONTINUOUS.csv"}, bad);
  ASSERT_EQ(batches.size(), 1U);
  EXPECT_EQ(batches[0].size(), 2);  // 1 and 2; the exact repeat of 1 is dropped without ado
  const std::string listed = bad.csv();
  for (const char* reason : {"came before with other coefficients", "no Gaia source id", "2 coefficients",
                             "coefficient 0 of bp is nan", "neither a BP nor an RP", "no comma behind number 2"})
    EXPECT_NE(listed.find(reason), std::string::npos) << reason << "\n" << listed;
  EXPECT_EQ(bad.count(), 6);
  BadRows none(0);
  EXPECT_THROW(xp_parts({temporary / "XP_CONTINUOUS.csv"}, none), base::DataError);
}

}  // namespace
}  // namespace asterism::data
