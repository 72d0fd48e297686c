#include "io/fits_scan.h"

#include "io/fits_writer.h"
#include "tests/io/files.h"

namespace asterism::io {
namespace {

// kinds.fits with the value of one keyword changed, from the card after `after` on.
std::vector<std::byte> with_value(const std::string& after, const std::string& keyword, const std::string& value) {
  const auto whole = read_bytes(golden_path("kinds.fits"));
  std::string text(reinterpret_cast<const char*>(whole.data()), whole.size());
  std::string name = keyword;
  name.resize(8, ' ');
  const size_t at = text.find(name + "= ", text.find(after));
  EXPECT_NE(at, std::string::npos) << keyword;
  std::string card = name + "= " + fmt::format("{:>20}", value);
  card.resize(80, ' ');
  text.replace(at, 80, card);
  return bytes_of(text);
}

std::string complaint(const std::vector<std::byte>& bytes) {
  return message_of([&] { scan_fits_headers(bytes, "f", {}); });
}

TEST(FitsScan, LetsWholeFilesPass) {
  EXPECT_NO_THROW(scan_fits_headers(read_bytes(golden_path("kinds.fits")), "f", {}));
  EXPECT_NO_THROW(scan_fits_headers(FitsWriter().image("", {}, std::vector<float>{}).bytes(), "f", {}));
}

// Each of these made cfitsio 4.2 divide by zero, or lets it index outside its tables.
TEST(FitsScan, RefusesPackedImagesThatContradictThemselves) {
  const std::pair<std::pair<const char*, const char*>, const char*> bad[] = {
      {{"ZTILE1", "0"}, "ZTILE1 is 0"},
      {{"ZTILE1", "-5"}, "ZTILE1 is -5"},
      {{"ZTILE2", "41"}, "ZTILE2 is 41"},
      {{"ZNAXIS", "7"}, "ZNAXIS is 7"},
      {{"ZNAXIS", "0"}, "ZNAXIS is 0"},
      {{"ZNAXIS1", "0"}, "ZNAXIS1 is 0"},
      {{"ZNAXIS1", "1e3"}, "not an integer"},
      {{"ZBITPIX", "17"}, "ZBITPIX is 17"},
      {{"ZNAXIS2", "39"}, "40 rows for 39 tiles"},
      {{"ZCMPTYPE", "'HCOMPRESS_1'"}, "funpack"},
      {{"ZVAL1", "7"}, "ZVAL1 is 7"},
  };
  for (const auto& [change, says] : bad) {
    const std::string message = complaint(with_value("ZIMAGE", change.first, change.second));
    EXPECT_NE(message.find(says), std::string::npos) << change.first << " = " << change.second << ": " << message;
    EXPECT_NE(message.find("'f' HDU 4"), std::string::npos) << message;
  }
}

TEST(FitsScan, RefusesBrokenMandatoryKeywords) {
  EXPECT_NE(complaint(with_value("SIMPLE", "BITPIX", "12")).find("BITPIX is 12"), std::string::npos);
  EXPECT_NE(complaint(with_value("SIMPLE", "NAXIS", "1000")).find("NAXIS is 1000"), std::string::npos);
  EXPECT_NE(complaint(with_value("SIMPLE", "NAXIS1", "-4")).find("NAXIS1 is -4"), std::string::npos);
  EXPECT_NE(complaint(with_value("SIMPLE", "NAXIS1", "4611686018427387904")).find("more bytes than can be counted"),
            std::string::npos);
  EXPECT_NO_THROW(scan_fits_headers(with_value("SIMPLE", "NAXIS3", "2 / a comment"), "f", {}));
}

TEST(FitsScan, RefusesRepeatedKeywordsAndHeadersWithoutEnd) {
  auto bytes = FitsWriter().image("", {2}, std::vector<float>(2)).bytes();
  std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::string twice = text;
  twice.replace(twice.find("END     "), 80, text.substr(text.find("BITPIX"), 80));
  EXPECT_NE(complaint(bytes_of(twice)).find("BITPIX is there twice"), std::string::npos);
  text.replace(text.find("END     "), 3, "   ");
  EXPECT_NE(complaint(bytes_of(text)).find("does not end"), std::string::npos);
}

TEST(FitsScan, TellsWhichHduIsCutShort) {
  const auto bytes =
      FitsWriter().image("", {2}, std::vector<float>(2)).image("", {1000}, std::vector<float>(1000)).bytes();
  EXPECT_FALSE(scan_fits_headers(bytes, "f", {}));
  EXPECT_FALSE(scan_fits_headers(std::span(bytes).first(8640 + 4000), "f", {}));  // padding alone is missing
  const auto cut = scan_fits_headers(std::span(bytes).first(8640 + 3999), "f", {});
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->hdu, 1);
  EXPECT_NE(cut->why.find("from byte 8640 on, but the file ends at 12639"), std::string::npos) << cut->why;
}

}  // namespace
}  // namespace asterism::io
