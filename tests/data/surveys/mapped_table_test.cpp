#include "data/surveys/mapped_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/import.h"
#include "data/split.h"
#include "data/surveys/zcosmos.h"
#include "io/fits_writer.h"
#include "tests/base/refusal.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

fs::path golden_table(const std::string& name) {
  return fs::path(asterism::tests::kSourceFolder) / "tests/golden/tables" / name;
}

modalities::Batch rows_of_mapped(const std::vector<fs::path>& inputs, BadRows& bad) {
  const auto import = open_mapped_table(inputs, {}, bad);
  std::vector<modalities::Batch> parts;
  while (auto batch = import->next()) {
    modalities::check(*batch);
    parts.push_back(std::move(*batch));
  }
  return modalities::concatenate(parts);
}

constexpr const char* kMapping =
    "name = 'mine'\nid = 'source'\nra = 'ra'\ndec = 'dec'\nmissing = [-99]\n"
    "[scalars.flux_r]\ncolumn = 'mag'\nerror = 'mag_err'\n%\nto = 'nanomaggy'\n"
    "[scalars.radio]\ncolumn = 'flux'\n$\nto = 'nJy'\n"
    "[scalars.period]\ncolumn = 'period'\n&\nto = 'd'\n"
    "[scalars.counted]\ncolumn = 'count'\n[scalars.good]\ncolumn = 'good'\n";

std::string mapping(bool units) {
  std::string out = kMapping;
  for (const auto& [mark, line] :
       {std::pair('%', "unit = 'mag'"), std::pair('$', "unit = 'uJy'"), std::pair('&', "unit = 'h'")})
    out.replace(out.find(mark), 1, units ? line : "");
  return out;
}

TEST(MappedTable, FiveFormatsSayTheSame) {
  const base::TemporaryFolder folder;
  for (const char* name : {"table.csv", "table.ecsv", "table.fits", "table_tabledata.vot", "table_binary.vot",
                           "table_binary2.vot", "table.parquet"}) {
    const bool units = std::string(name) == "table.csv" || std::string(name) == "table.parquet";
    base::write_text(folder / "map.toml", mapping(units));
    BadRows bad(0);
    const auto batch = rows_of_mapped({folder / "map.toml", golden_table(name)}, bad);
    ASSERT_EQ(batch.size(), 6) << name;
    EXPECT_EQ(batch.objects[0].id, "5853498713190525696");
    EXPECT_NEAR(batch.objects[1].ra_deg, 359.99, 1e-9);
    const auto scalar = [&](const char* modality) -> const modalities::ScalarBlock& {
      return std::get<modalities::ScalarBlock>(batch.blocks.at(modality));
    };
    EXPECT_EQ(scalar("flux_r").unit, "nanomaggy");
    EXPECT_EQ(scalar("flux_r").present, (base::AlignedVector<uint8_t>{1, 1, 0, 1, 1, 0})) << name;
    EXPECT_NEAR(scalar("flux_r").value[0], std::pow(10, 0.4 * 2), 1e-6);
    EXPECT_NEAR(scalar("flux_r").error[0], scalar("flux_r").value[0] * 0.4 * std::log(10) * 0.1, 1e-6);
    EXPECT_NEAR(scalar("radio").value[1], 2000, 1e-9);
    EXPECT_EQ(scalar("radio").present[3], 0) << name;
    EXPECT_NEAR(scalar("period").value[0], 1, 1e-12);
    EXPECT_EQ(scalar("counted").present[4], 0) << name;
    EXPECT_EQ(scalar("good").value[1], 0);
    EXPECT_EQ(scalar("good").value[2], 1);
  }
}

TEST(MappedTable, VectorsFromListsAndColumns) {
  const base::TemporaryFolder folder;
  base::write_text(folder / "map.toml",
                   "name = 'm'\nid = 'source'\n[vectors.v]\ncolumn = 'vector'\n[vectors.w]\ncolumns = ['ra', 'mag']\n");
  for (const char* name : {"table.ecsv", "table.fits", "table_binary2.vot", "table.parquet"}) {
    BadRows bad(0);
    const auto batch = rows_of_mapped({folder / "map.toml", golden_table(name)}, bad);
    const auto& v = std::get<modalities::VectorBlock>(batch.blocks.at("v"));
    EXPECT_EQ(v.width, 3);
    EXPECT_EQ(v.value[0], 0.75F) << name;
    const auto& w = std::get<modalities::VectorBlock>(batch.blocks.at("w"));
    EXPECT_EQ(w.present[2], 0) << name;  // its magnitude is missing
    EXPECT_FALSE(batch.objects[0].has_position);
  }
}

// Magnitudes in one table and nanomaggies in the next: one of them would be taken for the other.
TEST(MappedTable, TablesInUnlikeUnitsAreRefused) {
  const base::TemporaryFolder folder;
  base::write_text(folder / "map.toml", "name = 'm'\nid = 'id'\n[scalars.flux_r]\ncolumn = 'r'\nto = 'nanomaggy'\n");
  const auto table = [&](const std::string& name, const std::string& unit) {
    base::write_text(folder / name,
                     "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: id, datatype: string}\n# - {name: r, "
                     "unit: " +
                         unit + ", datatype: float64}\nid r\n" + name[0] + " 20\n");
    return folder / name;
  };
  const auto a = table("a.ecsv", "mag"), b = table("b.ecsv", "nanomaggy"), c = table("c.ecsv", "mag");
  BadRows bad(0);
  EXPECT_EQ(rows_of_mapped({folder / "map.toml", a, c}, bad).size(), 2);
  for (const auto& pair : {std::pair(a, b), std::pair(b, a)})
    EXPECT_THAT(
        [&] {
          rows_of_mapped({folder / "map.toml", pair.first, pair.second}, bad);
        },
        testing::ThrowsMessage<base::UserError>(testing::HasSubstr("another unit")));
}

// A mark that `missing` does not name would be a source brighter than all the sky; its error, a flux of any size.
TEST(MappedTable, MarksOfMagnitudesAreMissingAndTold) {
  const base::TemporaryFolder folder;
  base::write_text(folder / "t.csv",
                   "id,r,e\na,20,-1\nb,-99.9,0.1\nc,99,0.1\nd,-12.5,0\ne,24,99\nf,23,-99\ng,22,nan\nh,21,0.2\n");
  for (const char* to : {"to = 'nanomaggy'\n", "to = 'mag'\n"}) {
    base::write_text(folder / "map.toml",
                     std::string("name = 'm'\nid = 'id'\n[scalars.r]\ncolumn = 'r'\nunit = 'mag'\nerror = 'e'\n") + to);
    BadRows bad(0);
    const auto import = open_mapped_table({folder / "map.toml", folder / "t.csv"}, {}, bad);
    const auto batch = *import->next();
    EXPECT_FALSE(import->next());
    const auto& r = std::get<modalities::ScalarBlock>(batch.blocks.at("r"));
    EXPECT_EQ(r.present, (base::AlignedVector<uint8_t>{1, 0, 0, 1, 0, 0, 1, 1})) << to;
    for (const size_t without : {0, 3, 6}) EXPECT_EQ(r.error[without], 0) << to;
    EXPECT_GT(r.error[7], 0) << to;
    EXPECT_THAT(
        import->notes(),
        testing::ElementsAre("2 of 8 magnitudes 'r' have no measurement (-99.9, say): missing",
                             "2 of 8 magnitudes 'r' have an error 'e' of 99, no measurement but a limit: missing",
                             "2 of 8 errors 'e' are 0 or below: 'r' is kept there without an error"))
        << to;
  }
}

// What `missing` names is the user's own word; fluxes may well have an error of 99.
TEST(MappedTable, FluxesHaveNoSuchMarks) {
  const base::TemporaryFolder folder;
  base::write_text(folder / "map.toml",
                   "name = 'm'\nid = 'id'\nmissing = [-99]\n[scalars.f]\ncolumn = 'f'\nunit = 'uJy'\nerror = 'e'\n");
  base::write_text(folder / "t.csv", "id,f,e\na,500,99\nb,-99,-99\nc,80,-99\nd,70,5\n");
  BadRows bad(0);
  const auto import = open_mapped_table({folder / "map.toml", folder / "t.csv"}, {}, bad);
  const auto batch = *import->next();
  const auto& f = std::get<modalities::ScalarBlock>(batch.blocks.at("f"));
  EXPECT_EQ(f.present, (base::AlignedVector<uint8_t>{1, 0, 1, 1}));
  EXPECT_EQ(f.error[0], 99);
  EXPECT_EQ(f.error[2], 0);
  EXPECT_TRUE(import->notes().empty());
}

// In the editor's lines, as the reader of CSV counts them; numbers with commas are no numbers, and the message says
// why.
TEST(MappedTable, PlacesAreLinesOfTheText) {
  const base::TemporaryFolder folder;
  base::write_text(folder / "map.toml", "name = 'm'\nid = 'id'\n[scalars.z]\ncolumn = 'z'\n");
  base::write_text(folder / "t.csv", "# made today\nid;z\na;1\n;2\nc;0,5\n");
  BadRows bad(5);
  EXPECT_EQ(rows_of_mapped({folder / "map.toml", folder / "t.csv"}, bad).size(), 1);
  ASSERT_EQ(bad.count(), 2);
  EXPECT_EQ(bad.rows()[0].row, "4");
  EXPECT_EQ(bad.rows()[1].row, "5");
  EXPECT_THAT(bad.rows()[1].reason, testing::HasSubstr("line 5, column z: '0,5' is no number: it has a decimal comma"));
}

// It named the mapping, which has no rows.
TEST(MappedTable, AnImportWithoutAnyRowNamesTheTable) {
  const base::TemporaryFolder folder;
  base::write_text(folder / "map.toml", "name = 'm'\nid = 'id'\n[scalars.z]\ncolumn = 'z'\n");
  base::write_text(folder / "t.csv", "id,z\na,x\n");
  EXPECT_THAT(
      [&] {
        import_survey("table", {folder / "map.toml", folder / "t.csv"}, folder / "out");
      },
      testing::ThrowsMessage<base::DataError>(
          testing::AllOf(testing::HasSubstr("t.csv, line 2"), testing::Not(testing::HasSubstr("map.toml")))));
}

TEST(MappedTable, BadRowsAndRowsAtOnePlace) {
  const base::TemporaryFolder folder;
  base::write_text(folder / "map.toml",
                   "name = 'm'\nid = 'id'\nra = 'ra'\ndec = 'dec'\n[scalars.z]\ncolumn = 'z'\nhigh = 9\n");
  base::write_text(folder / "t.csv",
                   "id,ra,dec,z\na,10,20,0.5\nb,10.0001,20,1\nc,50,95,1\nd,60,,1\ne,70,1,x\n,80,1,1\nf,90,1,10\n");
  BadRows bad(10);
  const auto batch = rows_of_mapped({folder / "map.toml", folder / "t.csv"}, bad);
  ASSERT_EQ(batch.size(), 3);
  EXPECT_EQ(bad.count(), 4);
  for (const char* reason : {"dec lies in", "half a position", "'x' is no number", "no id"})
    EXPECT_NE(bad.csv().find(reason), std::string::npos) << bad.csv();
  const auto splits = split_numbers(batch);
  EXPECT_EQ(splits[0], splits[1]);  // 0.34" apart
  EXPECT_EQ(std::get<modalities::ScalarBlock>(batch.blocks.at("z")).present[2], 0);
  BadRows few(1);
  EXPECT_THROW(rows_of_mapped({folder / "map.toml", folder / "t.csv"}, few), base::DataError);
}

TEST(MappedTable, WhatDoesNotFitIsAUserError) {
  const base::TemporaryFolder folder;
  BadRows bad(0);
  const auto refused = [&](const std::string& toml) {
    base::write_text(folder / "map.toml", "name = 'm'\nid = 'source'\n" + toml);
    EXPECT_THROW(rows_of_mapped({folder / "map.toml", golden_table("table.ecsv")}, bad), std::exception) << toml;
  };
  refused("[scalars.a]\ncolumn = 'magnitude'\n");
  refused("[scalars.a]\ncolumn = 'period'\nunit = 'd'\n");  // the file says hours
  refused("[scalars.a]\ncolumn = 'period'\nto = 'm'\n");
  // Magnitudes are no fluxes: a known quantity has a unit, and a file that does not say its own must be told.
  for (const std::string text : {"[scalars.flux_r]\ncolumn = 'mag'\n", "[scalars.redshift]\ncolumn = 'mag'\n"}) {
    base::write_text(folder / "map.toml", "name = 'm'\nid = 'source'\n" + text);
    const std::vector<fs::path> files{folder / "map.toml", golden_table("table.csv")};
    if (text.find("flux_r") == std::string::npos) {
      EXPECT_NO_THROW(rows_of_mapped(files, bad));
    } else {
      EXPECT_THAT([&] { rows_of_mapped(files, bad); },
                  testing::ThrowsMessage<base::UserError>(testing::HasSubstr("unit = \"nanomaggy\"")));
    }
  }
  refused("[scalars.a]\ncolumn = 'count'\nto = 'd'\n");  // nobody says the unit
  EXPECT_THROW(rows_of_mapped({golden_table("table.csv")}, bad), base::UserError);
}

TEST(MappedTable, ZcosmosAsItsOwnImporterHasIt) {
  const auto file = shared_folder() / "realdata/zcosmos/zcosmost_bright20k.csv";
  if (!fs::exists(file)) GTEST_SKIP() << "no " << file << ": set ASTERISM_SHARED";
  BadRows bad(0);
  const auto mine =
      rows_of_mapped({fs::path(asterism::tests::kSourceFolder) / "examples/05_zcosmos_mapping.toml", file}, bad);
  const auto import = open_zcosmos({file}, {}, bad);
  std::vector<modalities::Batch> parts;
  while (auto batch = import->next()) parts.push_back(std::move(*batch));
  const auto want = modalities::concatenate(parts);
  ASSERT_EQ(mine.size(), 17358);
  EXPECT_EQ(bad.count(), 0);
  for (const char* name : {"flux_cosmos_u", "flux_cosmos_fuv", "flux_cosmos_k"}) {
    const auto& a = std::get<modalities::ScalarBlock>(mine.blocks.at(name));
    const auto& b = std::get<modalities::ScalarBlock>(want.blocks.at(name));
    int64_t differ = 0;
    for (size_t i = 0; i < a.value.size(); ++i)
      if (b.present[i] != 0) differ += std::abs(a.value[i] - b.value[i]) > 1e-9 * (1 + std::abs(b.value[i]));
    EXPECT_EQ(differ, 0) << name;
  }
  int64_t shared = 0;
  for (const uint8_t present : modalities::present(mine.blocks.at(kSplitColumn))) shared += present;
  EXPECT_EQ(shared, 17358);
}

// Images and spectra beside the columns, through the whole import: rows whose files are bad are listed, and the objects
// that remain lie beside their own observations.
TEST(MappedTable, FilesOfItsObjects) {
  const base::TemporaryFolder folder;
  std::string table = "name,ra,dec,z,img\n";
  for (int i = 0; i < 70; ++i) {
    table += fmt::format("o{},{},1,{},{}\n", i, 10 + i, 0.01 * i, i == 3 ? "" : fmt::format("o{}.fits", i));
    if (i != 5) base::write_text(folder / fmt::format("o{}.csv", i), fmt::format("wave,flux\n5000,{}\n5001,2\n", i));
    io::FitsWriter writer;
    writer.image("", {2, 2}, std::vector<float>{float(i), 1, 2, 3}, "uJy").write(folder / fmt::format("o{}.fits", i));
  }
  base::write_text(folder / "t.csv", table);
  base::write_text(folder / "map.toml",
                   "name = 'm'\nid = 'name'\nra = 'ra'\ndec = 'dec'\n[scalars.redshift]\ncolumn = 'z'\n"
                   "[images.image_mine]\nfile = '{img}'\nscale = 0.3\nto = 'uJy'\ndescription = 'stamps'\n"
                   "[images.image_mine.bands.mine-g]\nfilter = 'lsst2023-g'\n"
                   "[spectra.spectrum_mine]\nfile = '{name}.csv'\nwavelength = 'wave'\nflux = 'flux'\n");
  BadRows bad(1);
  const auto batch = rows_of_mapped({folder / "map.toml", folder / "t.csv"}, bad);
  ASSERT_EQ(batch.size(), 69);
  ASSERT_EQ(bad.count(), 1);
  EXPECT_EQ(bad.rows()[0].row, "7");  // the line in the table
  EXPECT_THAT(bad.rows()[0].reason, testing::HasSubstr("o5.csv is missing"));
  const auto& images = std::get<modalities::ImageBlock>(batch.blocks.at("image_mine"));
  const auto& spectra = std::get<modalities::SpectrumBlock>(batch.blocks.at("spectrum_mine"));
  EXPECT_EQ(images.present[3], 0);
  EXPECT_GT(images.bands[0].wavelength_angstrom, 4000);
  for (size_t i = 0; i < 69; ++i) {
    const float number = std::stof(batch.objects[i].id.substr(1));
    EXPECT_EQ(spectra.flux[2 * i], number);
    if (images.present[i] != 0) EXPECT_EQ(images.flux[4 * i], number);
    EXPECT_NEAR(std::get<modalities::ScalarBlock>(batch.blocks.at("redshift")).value[i], 0.01 * double(number), 1e-9);
  }
  base::write_text(
      folder / "map.toml",
      "name = 'm'\nid = 'name'\n[spectra.spectrum_mine]\nfile = '{nam}.csv'\nwavelength = 'w'\nflux = 'f'\n");
  EXPECT_THAT(test::complaint([&] {
                rows_of_mapped({folder / "map.toml", folder / "t.csv"}, bad);
              }),
              testing::HasSubstr("has no column 'nam'; the nearest is 'name'"));
  base::write_text(
      folder / "map.toml",
      "name = 'm'\nid = 'name'\n[spectra.spectrum_mine]\nfile = '{name}.dat'\nwavelength = 'w'\nflux = 'f'\n");
  EXPECT_THAT(test::complaint([&] {
                rows_of_mapped({folder / "map.toml", folder / "t.csv"}, bad);
              }),
              testing::AllOf(testing::HasSubstr("[spectra.spectrum_mine]: no row has it"),
                             testing::HasSubstr("o0.dat is missing")));
}

TEST(MappedTable, TheExampleOfOnesOwnSurvey) {
  const fs::path file = shared_folder() / "realdata/deep2_hst/pairs.csv";
  if (!fs::exists(file)) GTEST_SKIP() << "no " << file << ": set ASTERISM_SHARED";
  BadRows bad(0);
  const auto batch =
      rows_of_mapped({fs::path(asterism::tests::kSourceFolder) / "examples/09_own_survey_mapping.toml", file}, bad);
  ASSERT_EQ(batch.size(), 20);
  EXPECT_EQ(std::get<modalities::ImageBlock>(batch.blocks.at("image_acs")).width, 64);
  // The arm of the other importer, which begins with it.
  const auto& blue = std::get<modalities::SpectrumBlock>(batch.blocks.at("spectrum_blue"));
  EXPECT_EQ(blue.length, 4096);
  EXPECT_GT(blue.wavelength_angstrom[0], 4000);
  EXPECT_EQ(std::count(blue.present.begin(), blue.present.end(), 1), 20);
}

}  // namespace
}  // namespace asterism::data
