#include "io/fits.h"

#include "base/atomic_file.h"
#include "base/temporary_folder.h"
#include "io/fits_writer.h"
#include "tests/io/files.h"

namespace asterism::io {
namespace {

TEST(Fits, ListsHdusByIndexAndName) {
  const FitsFile file = FitsFile::open(golden_path("kinds.fits"));
  EXPECT_EQ(file.hdu_names(), (std::vector<std::string>{"", "SCALED", "TABLE", "ASCII", "RICE", "NOTHING"}));
  EXPECT_EQ(file.hdu(0).kind(), FitsKind::kImage);
  EXPECT_EQ(file.hdu("table").index(), 2);
  EXPECT_EQ(file.hdu("Table").kind(), FitsKind::kTable);
  EXPECT_EQ(file.hdu("NOTHING").kind(), FitsKind::kEmpty);
  EXPECT_TRUE(file.has_hdu("rice"));
  EXPECT_FALSE(file.has_hdu("wheat"));
  EXPECT_NE(message_of([&] { file.hdu("TABEL"); }).find("the nearest is 'TABLE'"), std::string::npos);
  EXPECT_NE(message_of([&] { file.hdu(6); }).find("has 6 HDUs, so no HDU 6"), std::string::npos);
  EXPECT_THROW(file.hdu(-1), base::DataError);
}

TEST(Fits, HeaderKeywordsByType) {
  const FitsFile file = FitsFile::open(golden_path("kinds.fits"));
  const FitsHdu primary = file.hdu(0);
  EXPECT_EQ(primary.number("EXPTIME"), 1500.0);
  EXPECT_EQ(primary.integer("NEXP"), 3);
  EXPECT_EQ(primary.number("NEXP"), 3.0);
  EXPECT_EQ(primary.logical("GOOD"), true);
  EXPECT_EQ(primary.text("OBJECT"), "it's a star");
  std::string repeated;
  for (int i = 0; i < 12; ++i) repeated += "a long text ";
  EXPECT_EQ(primary.text("LONGTEXT"), repeated + "end");  // over CONTINUE cards
  EXPECT_EQ(primary.text("ABSENT"), std::nullopt);
  EXPECT_EQ(primary.number("ABSENT"), std::nullopt);
  EXPECT_NE(message_of([&] { primary.integer("EXPTIME"); }).find("keyword EXPTIME is 1500.0, not an integer"),
            std::string::npos);
  EXPECT_THROW(primary.number("OBJECT"), base::DataError);
  EXPECT_THROW(primary.text("NEXP"), base::DataError);
  EXPECT_THROW(primary.logical("NEXP"), base::DataError);
  bool found = false;
  for (const auto& [keyword, value] : primary.cards()) found = found || (keyword == "NEXP" && value == "3");
  EXPECT_TRUE(found);
}

TEST(Fits, RealHeaderAsAstropyReadsIt) {
  ASTERISM_NEED_REAL_DATA();
  const auto& expected = golden()["header"];
  const FitsFile file = FitsFile::open(real_path(expected["file"]));
  const FitsHdu primary = file.hdu(0);
  EXPECT_EQ(primary.kind(), FitsKind::kEmpty);
  EXPECT_EQ(primary.text("BUNIT"), expected["BUNIT"].get<std::string>());
  EXPECT_EQ(primary.number("PLUG_RA"), expected["PLUG_RA"].get<double>());
  EXPECT_EQ(primary.integer("PLATEID"), expected["PLATEID"].get<int64_t>());
}

TEST(Fits, GzipIsReadFromItsBytesNotItsName) {
  base::TemporaryFolder folder;
  const auto plain = read_bytes(golden_path("kinds.fits"));
  const auto packed = gzip(plain);
  base::write_text(folder / "odd name [1] (x).fits",
                   std::string(reinterpret_cast<const char*>(packed.data()), packed.size()));
  EXPECT_EQ(FitsFile::open(folder / "odd name [1] (x).fits").num_hdus(), 6);
  EXPECT_EQ(FitsFile::from_bytes(packed, "memory").num_hdus(), 6);
  EXPECT_EQ(FitsFile::from_bytes(plain, "memory").num_hdus(), 6);
  FitsLimits limits;
  limits.gunzip_bytes = 10000;
  EXPECT_NE(message_of([&] { FitsFile::open(folder / "odd name [1] (x).fits", limits); }).find("longer than"),
            std::string::npos);
  limits = {};
  limits.hdus = 5;
  EXPECT_NE(message_of([&] { FitsFile::from_bytes(plain, "memory", limits); }).find("more than 5 HDUs"),
            std::string::npos);
}

// cfitsio would run, fetch or filter what such names say; here a name is only ever a name.
TEST(Fits, NamesAreNeverCommands) {
  base::TemporaryFolder folder;
  for (const char* name : {"sh://touch x|", "a.fits[col x=1]", "-", "stdin", "mem://", "http://127.0.0.1/x.fits"}) {
    EXPECT_THROW(FitsFile::open(folder / name), base::UserError) << name;
    EXPECT_THROW(FitsFile::open(name), base::UserError) << name;
  }
}

TEST(Fits, MissingColumnsNameTheNearest) {
  const FitsFile file = FitsFile::open(golden_path("kinds.fits"));
  const FitsHdu table = file.hdu("TABLE");
  EXPECT_EQ(table.find_column("flux"), &table.columns()[0]);
  EXPECT_EQ(table.find_column("flx"), nullptr);
  EXPECT_NE(
      message_of([&] { table.need_column("FLX"); }).find("HDU 2 (TABLE) has no column 'FLX'; the nearest is 'FLUX'"),
      std::string::npos);
  EXPECT_NE(message_of([&] { file.hdu(0).column<float>("FLUX"); }).find("is no table"), std::string::npos);
}

}  // namespace
}  // namespace asterism::io
