#include "data/surveys/boss.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <set>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/import.h"
#include "data/split.h"
#include "tests/data/sample_batch.h"
#include "tests/data/surveys/survey_rows.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

fs::path boss_folder() { return shared_folder() / "realdata" / "boss"; }

const modalities::Batch& boss_rows() {
  static const modalities::Batch all = [] {
    BadRows bad(0);
    const auto import = open_boss({boss_folder()}, {}, bad);
    std::vector<modalities::Batch> parts;
    while (auto batch = import->next()) parts.push_back(std::move(*batch));
    return modalities::concatenate(parts);
  }();
  return all;
}

TEST(Boss, GivesWhatTheFilesHold) {
  if (!fs::exists(boss_folder())) GTEST_SKIP() << "no " << boss_folder() << ": set ASTERISM_SHARED";
  const auto& batch = boss_rows();
  ASSERT_EQ(batch.size(), 80);
  size_t row = 0;
  while (batch.objects[row].id != "3655-55240-0002") ++row;
  EXPECT_NEAR(batch.objects[row].ra_deg, 112.0552, 1e-4);
  EXPECT_NEAR(scalar(batch, "redshift").value[row], 2.3552384, 1e-6);
  EXPECT_NEAR(scalar(batch, "redshift").error[row], 0.00033736, 1e-7);
  EXPECT_NEAR(scalar(batch, "flux_sdss_r").value[row], 8.500953, 1e-5);
  EXPECT_NEAR(scalar(batch, "flux_sdss_r").error[row], 1 / std::sqrt(20.552593), 1e-5);
  EXPECT_EQ(scalar(batch, "object_class").value[row], 2);
  int classes[3] = {}, good = 0;
  for (size_t i = 0; i < 80; ++i) {
    ++classes[int(scalar(batch, "object_class").value[i])];
    good += scalar(batch, "redshift_ok").value[i] == 1;
  }
  EXPECT_EQ(classes[2], 78);
  EXPECT_EQ(classes[0], 1);
  EXPECT_EQ(classes[1], 1);
  EXPECT_EQ(good, 79);
  const auto& spectrum = std::get<modalities::SpectrumBlock>(batch.blocks.at("spectrum_sdss"));
  EXPECT_LE(spectrum.length, 4624);
  EXPECT_NEAR(spectrum.wavelength_angstrom[row * size_t(spectrum.length)], 3560, 40);
  EXPECT_GT(spectrum.lsf_sigma_angstrom[row * size_t(spectrum.length) + 1000], 0.5);
  EXPECT_LT(spectrum.lsf_sigma_angstrom[row * size_t(spectrum.length) + 1000], 3);
}

TEST(Boss, RepeatsAreOnOneSide) {
  if (!fs::exists(boss_folder())) GTEST_SKIP() << "no " << boss_folder() << ": set ASTERISM_SHARED";
  const auto& batch = boss_rows();
  const auto groups = position_groups(batch.objects, 2);
  EXPECT_EQ(std::set<int64_t>(groups.begin(), groups.end()).size(), 68u);
  const auto u = split_numbers(batch);
  for (size_t i = 0; i < groups.size(); ++i) EXPECT_EQ(u[i], u[size_t(groups[i])]);
}

// One good file beside a damaged one: the damaged one is a bad row, named, and the good one is imported.
TEST(Boss, DamagedFilesAreBadRows) {
  const auto source = boss_folder() / "spec-3655-55240-0002.fits";
  if (!fs::exists(source)) GTEST_SKIP() << "no " << source << ": set ASTERISM_SHARED";
  const auto bytes = bytes_of(source);
  const std::vector<size_t> lengths = {0, 100, 2880, bytes.size() / 2, bytes.size() / 4};
  for (size_t k = 0; k < lengths.size(); ++k) {
    const base::TemporaryFolder work;
    fs::create_directories(work / "in");
    fs::copy(boss_folder() / "spec-3655-55240-0026.fits", work / "in" / "spec-3655-55240-0026.fits");
    std::ofstream(work / "in" / "spec-3655-55240-0002.fits", std::ios::binary)
        .write(bytes.data(), std::streamsize(lengths[k]));
    const auto imported = import_survey("boss", {work / "in"}, work / "out", {.max_bad = 1});
    EXPECT_EQ(imported.bad_rows, 1) << lengths[k];
    EXPECT_EQ(imported.dataset.rows, 1);
    EXPECT_THROW(import_survey("boss", {work / "in"}, work / "other", {.max_bad = 0}), base::DataError);
  }
}

}  // namespace
}  // namespace asterism::data
