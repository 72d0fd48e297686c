#include "data/import.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/cache.h"
#include "data/hats_read.h"
#include "data/inspect.h"
#include "data/split.h"
#include "modalities/all.h"
#include "tests/data/sample_batch.h"
#include "tests/where.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

struct Set {
  std::string survey, input;
  int64_t rows;
  int64_t placed = -1;                // rows with a position; -1: all
  std::set<std::string> absent = {};  // modalities that the files have a column for and no value
};

// Real files; of surveys without any, those that tests/golden/make_surveys.py writes in their layout.
fs::path real(const std::string& name) {
  const auto golden = fs::path(asterism::tests::kSourceFolder) / "tests/golden/surveys" / name;
  return fs::exists(golden) ? golden : shared_folder() / "realdata" / name;
}

// What every import must give, whatever the survey.
class ImportContract : public testing::TestWithParam<Set> {};

TEST_P(ImportContract, UnitsMasksIdsPositionsAndCounts) {
  const Set set = GetParam();
  if (!fs::exists(real(set.input))) GTEST_SKIP() << "no " << real(set.input) << ": set ASTERISM_SHARED";
  const base::TemporaryFolder folder;
  const auto imported =
      import_survey(set.survey, {real(set.input)}, folder / "set", {.max_bad = 0, .picture_size = 48});
  EXPECT_EQ(imported.dataset.rows, set.rows);
  EXPECT_EQ(imported.bad_rows, 0);
  const auto reader = HatsReader::open(folder / "set");
  EXPECT_EQ(reader.num_rows(), set.rows);
  EXPECT_FALSE(reader.info().provenance.empty() || reader.info().licence.empty() || reader.info().citation.empty());
  std::set<std::string> ids;
  int64_t placed = 0;
  std::map<std::string, int64_t> present;
  reader.for_each({}, 256, [&](modalities::Batch&& batch, int64_t) {
    modalities::check(batch);
    for (const auto& object : batch.objects) {
      placed += object.has_position;
      EXPECT_TRUE(ids.insert(object.survey + "/" + object.id).second) << object.id << " twice";
      EXPECT_EQ(object.id.find("b'"), std::string::npos);
      EXPECT_EQ(object.id.find(".0"), std::string::npos) << "an id that went through a float";
    }
    for (const auto& [name, block] : batch.blocks) {
      for (const uint8_t p : modalities::present(block)) present[name] += p;
      const auto* known = modalities::find(name);
      const auto* scalar = std::get_if<modalities::ScalarBlock>(&block);
      const auto* image = std::get_if<modalities::ImageBlock>(&block);
      const auto* spectrum = std::get_if<modalities::SpectrumBlock>(&block);
      const auto* cube = std::get_if<modalities::CubeBlock>(&block);
      if (known != nullptr) {
        EXPECT_EQ(modalities::kind(block), known->kind) << name;
        EXPECT_EQ(scalar     ? scalar->unit
                  : image    ? image->unit
                  : spectrum ? spectrum->unit
                  : cube     ? cube->unit
                             : "",
                  known->unit)
            << name;
      }
      if (scalar == nullptr) continue;
      for (const double v : scalar->value) EXPECT_LT(std::abs(v), 1e6) << name << ": a sentinel came through";
    }
    return true;
  });
  EXPECT_EQ(placed, set.placed < 0 ? set.rows : set.placed);
  for (const auto& name : reader.layout().names())
    EXPECT_EQ(present[name] == 0, set.absent.count(name) != 0) << name << " is present in " << present[name];
  const auto report = inspect(reader);
  EXPECT_EQ(report.rows, set.rows);
  EXPECT_EQ(report.columns.size(), reader.layout().modalities.size());
  // And the loader gives the same rows from its cache.
  make_cache(reader, {}, folder / "cache");
  const auto store = open_cache(folder / "cache", {});
  EXPECT_EQ(store->num_rows(), set.rows);
  modalities::check(store->gather({0, set.rows - 1}));
}

INSTANTIATE_TEST_SUITE_P(Surveys, ImportContract,
                         testing::Values(Set{"boss", "boss", 80}, Set{"sdss_stars", "sdss_stars", 30},
                                         Set{"zcosmos", "zcosmos", 17358},
                                         Set{"legacy_galaxy_zoo", "legacy_galaxy_zoo", 750}, Set{"desi", "desi", 7},
                                         Set{"deep2_hst", "deep2_hst", 20}, Set{"manga", "manga", 8, 0},
                                         Set{"muse", "muse_udf", 2}, Set{"hsc_sim_blends", "hsc_sim_blends", 55},
                                         Set{"mmu",
                                             "desi/mmu-desi.parquet",
                                             2,
                                             0,
                                             {"flux_g", "flux_r", "flux_z", "fiberflux_g", "fiberflux_r", "fiberflux_z",
                                              "fibertotflux_g", "fibertotflux_r", "fibertotflux_z"}},
                                         Set{"legacy_cutouts", "legacy-one.fits.gz", 1},
                                         Set{"hsc_cutouts", "2-cutout-HSC-I-9813-pdr3.fits.gz", 1},
                                         Set{"mmu_manga", "mmu-manga.hdf5", 1}),
                         [](const auto& info) { return info.param.survey; });

TEST(Import, SaysWhatItWantsWhenTheInputIsWrong) {
  const base::TemporaryFolder folder;
  for (const Survey& survey : surveys()) {
    EXPECT_THROW(import_survey(survey.name, {folder.path()}, folder / "out"), base::UserError) << survey.name;
    EXPECT_THROW(import_survey(survey.name, {folder / "nowhere"}, folder / "out"), base::UserError) << survey.name;
    EXPECT_THROW(import_survey(survey.name, {}, folder / "out"), base::UserError) << survey.name;
  }
  EXPECT_THROW(import_survey("bos", {folder.path()}, folder / "out"), base::UserError);
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

const char* const kHeader =
    "id_zcosmos,zpec,cc,alpha,delta,mag_sel,id_photzi25,fuv_photzi25,nuv_photzi25,u_photzi25,eu_photzi25,b_photzi25,eb_"
    "photzi25,"
    "v_photzi25,ev_photzi25,g_photzi25,eg_photzi25,r_photzi25,er_photzi25,i_photzi25,ei_photzi25,z_photzi25,ez_"
    "photzi25,j_photzi25,"
    "ej_photzi25,k_photzi25,ek_photzi25,ic_photzi25,efuv_photzi25,enuv_photzi25,eic_photzi25,flag_maskb_photzi25,flag_"
    "maskv_photzi25,"
    "flag_maski_photzi25,flag_maskz_photzi25,flag_maskd_photzi25\n";

std::string zcosmos_row(const std::string& id, const std::string& ra, const std::string& redshift = "0.5") {
  std::string row = id + "," + redshift + ",3.5," + ra + ",2.1,22.0,1";
  for (int i = 0; i < 29; ++i) row += ",21.5";
  return row + "\n";
}

void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

// Planted faults: each costs its row, is listed, and too many stop the import.
TEST(Import, BadRowsAreSkippedListedAndLimited) {
  const base::TemporaryFolder folder;
  write(folder / "table.csv", kHeader + zcosmos_row("1", "150.1") + zcosmos_row("2", "elephant") +
                                  zcosmos_row("3", "1500") + zcosmos_row("1", "150.2") + zcosmos_row("4", "nan") +
                                  zcosmos_row("", "150.3") + zcosmos_row("5", "150.4") +
                                  zcosmos_row("6", "150.5", "1e30"));
  const auto imported = import_survey("zcosmos", {folder / "table.csv"}, folder / "out", {.max_bad = 6});
  EXPECT_EQ(imported.bad_rows, 6);
  EXPECT_EQ(imported.dataset.rows, 2);
  std::stringstream listed;
  listed << std::ifstream(folder / "out" / "bad_rows.csv").rdbuf();
  EXPECT_NE(listed.str().find("elephant"), std::string::npos);
  // The repeat by its file and line, as the others.
  EXPECT_NE(listed.str().find((folder / "table.csv").string() + ",5,object '1'"), std::string::npos) << listed.str();
  EXPECT_NE(listed.str().find("1e+30"), std::string::npos) << listed.str();
  EXPECT_THROW(import_survey("zcosmos", {folder / "table.csv"}, folder / "other", {.max_bad = 5}), base::DataError);
  EXPECT_FALSE(fs::exists(folder / "other")) << "nothing half-written";
}

TEST(Import, SaysWhyWhenNoRowIsLeft) {
  const base::TemporaryFolder folder;
  write(folder / "table.csv", kHeader + zcosmos_row("1", "elephant") + zcosmos_row("2", "1500"));
  try {
    import_survey("zcosmos", {folder / "table.csv"}, folder / "out", {.max_bad = 100});
    ADD_FAILURE() << "a dataset without rows";
  } catch (const base::DataError& error) {
    EXPECT_NE(std::string(error.what()).find("of those refused (2)"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("elephant"), std::string::npos) << error.what();
  }
  EXPECT_FALSE(fs::exists(folder / "out"));
}

TEST(Import, OnlyRowsWithWhatIsAskedFor) {
  if (!fs::exists(real("supernovae"))) GTEST_SKIP() << "no " << real("supernovae") << ": set ASTERISM_SHARED";
  const base::TemporaryFolder folder;
  import_survey("supernovae", {real("supernovae")}, folder / "pairs", {}, {},
                {"lightcurve_supernova", "spectrum_supernova"});
  const auto reader = HatsReader::open(folder / "pairs");
  EXPECT_EQ(reader.num_rows(), 172);  // README.md of the set: 411 with a spectrum, 1,740 with a light curve
  reader.for_each({}, 256, [&](modalities::Batch&& batch, int64_t) {
    for (const char* name : {"lightcurve_supernova", "spectrum_supernova"})
      for (const uint8_t p : modalities::present(batch.blocks.at(name))) EXPECT_EQ(p, 1);
    return true;
  });
  write(folder / "table.csv", kHeader + zcosmos_row("1", "150.1"));
  EXPECT_THROW(import_survey("zcosmos", {folder / "table.csv"}, folder / "none", {}, {}, {"spectrum_zcosmos"}),
               base::UserError);
}

TEST(Import, RefusesTablesThatAreNone) {
  const base::TemporaryFolder folder;
  const std::string good = kHeader + zcosmos_row("1", "150.1");
  for (const std::string& text :
       {std::string(), std::string(kHeader), std::string("a,b\n1,2\n"), good.substr(0, good.size() - 60),
        good + "1,2\n", std::string("\x00\x01\x02\xff", 4)}) {
    write(folder / "table.csv", text);
    EXPECT_THROW(import_survey("zcosmos", {folder / "table.csv"}, folder / "out", {.max_bad = 0}), base::DataError)
        << text.substr(0, 40);
    EXPECT_FALSE(fs::exists(folder / "out"));
  }
}

}  // namespace
}  // namespace asterism::data
