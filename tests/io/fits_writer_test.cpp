#include "io/fits_writer.h"

#include <cmath>

#include "base/temporary_folder.h"
#include "io/fits.h"
#include "tests/io/files.h"

namespace asterism::io {
namespace {

TEST(FitsWriter, WhatIsWrittenIsReadBack) {
  base::TemporaryFolder folder;
  FitsWriter writer;
  writer.card("SURVEY", std::string("it's mock"), "a comment")
      .card("NOBJ", int64_t{-3})
      .card("SCALE", 0.262)
      .card("TINY", 1e-300)
      .card("OK", true);
  writer.image("FLUX", {2, 3}, std::vector<float>{1, 2, 3, 4, 5, std::nanf("")}, "nanomaggy");
  writer.image("D", {2}, std::vector<double>{1e300, -2}).image("I", {3}, std::vector<int32_t>{1, -2, 3});
  writer.card("WHAT", std::string("rows"));
  writer.table("ROWS", {{"ra", "deg", std::vector<double>{1.5, 359}},
                        {"id", "", std::vector<int64_t>{1, -9223372036854775807}},
                        {"name", "", std::vector<std::string>{"a", "longer"}},
                        {"flux", "nanomaggy", std::vector<float>{1, 2, 3, 4}, 2},
                        {"n", "", std::vector<int32_t>{7, 8}}});
  writer.write(folder / "a.fits");
  EXPECT_EQ(std::filesystem::file_size(folder / "a.fits") % 2880, 0u);
  const FitsFile file = FitsFile::open(folder / "a.fits");
  EXPECT_EQ(file.hdu_names(), (std::vector<std::string>{"FLUX", "D", "I", "ROWS"}));
  const FitsHdu flux = file.hdu("FLUX");
  EXPECT_EQ(flux.text("SURVEY"), "it's mock");
  EXPECT_EQ(flux.integer("NOBJ"), -3);
  EXPECT_EQ(flux.number("SCALE"), 0.262);
  EXPECT_EQ(flux.number("TINY"), 1e-300);
  EXPECT_EQ(flux.logical("OK"), true);
  EXPECT_EQ(flux.text("BUNIT"), "nanomaggy");
  EXPECT_EQ(flux.image<float>().valid, (std::vector<uint8_t>{1, 1, 1, 1, 1, 0}));
  EXPECT_EQ(file.hdu("D").image<double>().values, (std::vector<double>{1e300, -2}));
  EXPECT_EQ(file.hdu("I").image<int32_t>().values, (std::vector<int32_t>{1, -2, 3}));
  const FitsHdu rows = file.hdu("ROWS");
  EXPECT_EQ(rows.text("WHAT"), "rows");
  EXPECT_EQ(rows.column<double>("RA").values, (std::vector<double>{1.5, 359}));
  EXPECT_EQ(rows.need_column("ra").unit, "deg");
  EXPECT_EQ(rows.column<int64_t>("id").values[1], -9223372036854775807);
  EXPECT_EQ(rows.text_column("name"), (std::vector<std::string>{"a", "longer"}));
  EXPECT_EQ(rows.column<float>("flux").shape, (std::vector<int64_t>{2, 2}));
}

TEST(FitsWriter, ATableFirstGetsAnEmptyPrimary) {
  const FitsFile file = FitsFile::from_bytes(
      FitsWriter().card("A", int64_t{1}).table("T", {{"x", "", std::vector<float>{1}}}).bytes(), "f");
  ASSERT_EQ(file.num_hdus(), 2);
  EXPECT_EQ(file.hdu(0).kind(), FitsKind::kEmpty);
  EXPECT_EQ(file.hdu(1).integer("A"), 1);
  EXPECT_EQ(
      FitsFile::from_bytes(FitsWriter().table("T", {{"x", "", std::vector<float>{}}}).bytes(), "f").hdu(1).num_rows(),
      0);
}

TEST(FitsWriter, RefusesWhatAHeaderCannotHold) {
  FitsWriter writer;
  EXPECT_THROW(writer.card("TOOLONGNAME", int64_t{1}), base::UserError);
  EXPECT_THROW(writer.card("lower", int64_t{1}), base::UserError);
  EXPECT_THROW(writer.card("A", std::string("na\u00efve")), base::UserError);
  EXPECT_THROW(writer.card("A", std::string(80, 'x')), base::UserError);
  EXPECT_THROW(writer.card("A", std::nan("")), base::UserError);
  EXPECT_THROW(writer.image("A", {2, 2}, std::vector<float>(3)), base::CheckError);
  EXPECT_THROW(writer.table("T", {{"x", "", std::vector<float>{1}}, {"y", "", std::vector<float>{1, 2}}}),
               base::CheckError);
}

}  // namespace
}  // namespace asterism::io
