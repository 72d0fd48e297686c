#include <algorithm>
#include <cmath>
#include <limits>

#include "io/fits.h"
#include "io/fits_writer.h"
#include "tests/io/files.h"

namespace asterism::io {
namespace {

TEST(FitsImage, ShapeIsSlowestFirstAndNanIsNotValid) {
  const FitsFile file = FitsFile::open(golden_path("kinds.fits"));
  const auto image = file.hdu(0).image<float>();
  EXPECT_EQ(image.shape, (std::vector<int64_t>{2, 3, 4}));
  for (size_t i = 0; i < 23; ++i) {
    EXPECT_EQ(image.values[i], static_cast<float>(i));
    EXPECT_EQ(image.valid[i], 1);
  }
  EXPECT_TRUE(std::isnan(image.values[23]));
  EXPECT_EQ(image.valid[23], 0);
  EXPECT_NE(message_of([&] { file.hdu(0).image<int32_t>(); }).find("floating or scaled"), std::string::npos);
}

TEST(FitsImage, ScaleAndBlank) {
  const auto image = FitsFile::open(golden_path("kinds.fits")).hdu("SCALED").image<double>();
  EXPECT_EQ(image.shape, (std::vector<int64_t>{2, 3}));
  const double expected[] = {10.5, 11, 0, 12, 12.5, 13};
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(image.valid[i], i != 2);
    if (i != 2) {
      EXPECT_EQ(image.values[i], expected[i]);
    }
  }
  EXPECT_TRUE(std::isnan(image.values[2]));
}

TEST(FitsImage, ABoxIsThatPartOfTheWhole) {
  const FitsFile file = FitsFile::open(golden_path("kinds.fits"));
  const auto hdu = file.hdu(0);
  const auto box = hdu.image<float>({0, 1, 1}, {2, 3, 3});
  EXPECT_EQ(box.shape, (std::vector<int64_t>{2, 2, 2}));
  EXPECT_EQ(box.values, (std::vector<float>{5, 6, 9, 10, 17, 18, 21, 22}));
  const auto last = hdu.image<float>({1, 2, 2}, {2, 3, 4});
  EXPECT_EQ(last.values[0], 22);
  EXPECT_EQ(last.valid, (std::vector<uint8_t>{1, 0}));
  const auto packed = file.hdu("RICE");
  const auto whole = packed.image<int32_t>();
  const int64_t height = whole.shape[0], width = whole.shape[1];
  const auto part = packed.image<int32_t>({1, 1}, {height, width});
  for (int64_t y = 1; y < height; ++y) {
    for (int64_t x = 1; x < width; ++x)
      EXPECT_EQ(part.values[size_t((y - 1) * (width - 1) + x - 1)], whole.values[size_t(y * width + x)]);
  }
  using Corner = std::vector<int64_t>;
  for (const auto& [begin, end] : {std::pair<Corner, Corner>{{0, 0, 0}, {2, 3, 5}},
                                   {{0, 2, 0}, {2, 2, 4}},
                                   {{-1, 0, 0}, {2, 3, 4}},
                                   {{0, 0}, {2, 3}}})
    EXPECT_NE(message_of([&, b = begin, e = end] { hdu.image<float>(b, e); }).find("does not lie within its 3 axes"),
              std::string::npos);
}

TEST(FitsImage, TileCompressed) {
  const FitsHdu hdu = FitsFile::open(golden_path("kinds.fits")).hdu("RICE");
  EXPECT_EQ(hdu.kind(), FitsKind::kImage);
  const auto image = hdu.image<int32_t>();
  EXPECT_EQ(image.shape, (std::vector<int64_t>{40, 50}));
  for (int y = 0; y < 40; ++y) {
    for (int x = 0; x < 50; ++x) ASSERT_EQ(image.values[static_cast<size_t>(y * 50 + x)], y + x);
  }
}

// cfitsio alone would read behind the tile's bytes: see io/rice.h.
TEST(FitsImage, DamagedRiceTilesAreRefusedByName) {
  std::vector<std::byte> bytes = read_bytes(golden_path("kinds.fits"));
  const std::string header = "XTENSION", extname = "EXTNAME = 'RICE";
  const auto find = [&](const std::string& text, size_t from) {
    const auto wanted = bytes_of(text);
    return static_cast<size_t>(
        std::search(bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.end(), wanted.begin(), wanted.end()) -
        bytes.begin());
  };
  const size_t name_at = find(extname, 0), next = find(header, name_at);
  ASSERT_LT(next, bytes.size());
  size_t last = next;  // the heap ends in the padding before the next header: its last byte that is not zero
  while (bytes[last - 1] == std::byte{0}) --last;
  for (size_t i = 1; i <= 40; ++i) bytes[last - i] = std::byte{0xff};
  const FitsFile file = FitsFile::from_bytes(bytes, "damaged.fits");
  const std::string message = message_of([&] { file.hdu("RICE").image<int32_t>(); });
  EXPECT_NE(message.find("'damaged.fits' HDU"), std::string::npos) << message;
  EXPECT_NE(message.find("Rice-compressed pixels; the file is damaged"), std::string::npos) << message;
}

TEST(FitsImage, TablesAndEmptyHeadersAreNoImages) {
  const FitsFile file = FitsFile::open(golden_path("kinds.fits"));
  EXPECT_NE(message_of([&] { file.hdu("TABLE").image<float>(); }).find("is a table, not an image"), std::string::npos);
  EXPECT_NE(message_of([&] { file.hdu("NOTHING").image<float>(); }).find("a header without data"), std::string::npos);
}

TEST(FitsImage, RealImagesAsAstropyReadsThem) {
  ASTERISM_NEED_REAL_DATA();
  for (const auto& entry : golden()["fits_images"]) {
    const FitsFile file = FitsFile::open(real_path(entry["file"]));
    const FitsHdu hdu =
        entry["hdu"].is_string() ? file.hdu(entry["hdu"].get<std::string>()) : file.hdu(entry["hdu"].get<int>());
    const auto image = hdu.image<double>();
    EXPECT_EQ(image.shape, entry["shape"].get<std::vector<int64_t>>()) << entry;
    double sum = 0;
    for (size_t i = 0; i < image.values.size(); ++i) sum += image.valid[i] ? image.values[i] : 0;
    EXPECT_NEAR(sum, entry["sum"].get<double>(), 1e-9 * std::abs(entry["sum"].get<double>())) << entry;
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(image.values[i], entry["first"][i].get<double>()) << entry;
      EXPECT_EQ(image.values[image.values.size() - 3 + i], entry["last"][i].get<double>()) << entry;
    }
  }
}

TEST(FitsImage, ValuesThatDoNotFitAreRefused) {
  const std::vector<int32_t> large{1, std::numeric_limits<int32_t>::max()};
  const FitsFile file =
      FitsFile::from_bytes(FitsWriter().card("BZERO", int64_t{2147483648}).image("", {2}, large).bytes(), "f");
  EXPECT_EQ(file.hdu(0).image<int64_t>().values, (std::vector<int64_t>{2147483649, 4294967295}));
  EXPECT_NE(message_of([&] { file.hdu(0).image<int32_t>(); }).find("overflow"), std::string::npos);
}

}  // namespace
}  // namespace asterism::io
