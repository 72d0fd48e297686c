#include "io/image_file.h"

#include <numeric>

#include "base/atomic_file.h"
#include "base/temporary_folder.h"
#include "tests/io/files.h"

namespace asterism::io {
namespace {

void expect_close(const Picture8& picture, const nlohmann::json& expected, const std::string& name, int tolerance) {
  EXPECT_EQ(picture.height, expected["shape"][0].get<int64_t>()) << name;
  EXPECT_EQ(picture.width, expected["shape"][1].get<int64_t>()) << name;
  EXPECT_EQ(picture.channels, expected["shape"].size() == 3 ? 3 : 1) << name;
  const auto sum = std::accumulate(picture.values.begin(), picture.values.end(), int64_t{0});
  EXPECT_NEAR(static_cast<double>(sum), expected["sum"].get<double>(),
              tolerance * static_cast<double>(picture.values.size()) * 0.1)
      << name;
  for (size_t c = 0; c < expected["middle"].size(); ++c) {
    EXPECT_NEAR(picture.at(picture.height / 2, picture.width / 2, static_cast<int64_t>(c)),
                expected["middle"][c].get<int>(), tolerance)
        << name;
  }
}

TEST(ImageFile, AsPillowReadsThem) {
  for (const auto& [name, expected] : golden()["pictures"].items()) {
    expect_close(read_picture(golden_path(name)), expected, name, name.ends_with("png") ? 0 : 2);
  }
}

TEST(ImageFile, ARealGalaxy) {
  ASTERISM_NEED_REAL_DATA();
  expect_close(read_picture(real_path("legacy_galaxy_zoo/images/277442_4328.jpg")), golden()["galaxy"], "galaxy", 1);
}

TEST(ImageFile, WritesAndReadsFiles) {
  base::TemporaryFolder folder;
  const Picture8 picture{2, 2, 3, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};
  write_png(folder / "a.png", picture);
  EXPECT_EQ(read_picture(folder / "a.png").values, picture.values);
  EXPECT_EQ(read_png16(folder / "a.png").at(0, 0, 1), 2 * 257);
  write_jpeg(folder / "a.jpg", picture);
  EXPECT_EQ(read_picture(folder / "a.jpg").channels, 3);
  write_png(folder / "b.png", Picture16{1, 1, 1, {1000}});
  EXPECT_EQ(read_png16(folder / "b.png").values, (std::vector<uint16_t>{1000}));
  EXPECT_THROW(write_png(folder / "none/a.png", picture), base::UserError);
  EXPECT_THROW(encode_png(Picture8{2, 2, 2, std::vector<uint8_t>(8)}), base::CheckError);
  EXPECT_THROW(encode_jpeg(picture, 0), base::CheckError);
}

TEST(ImageFile, KindByFirstBytes) {
  EXPECT_NE(message_of([] {
              decode_picture(bytes_of("GIF89a"), "'x.gif'");
            }).find("'x.gif' (6 bytes) is neither PNG nor JPEG"),
            std::string::npos);
  EXPECT_THROW(decode_picture({}, "empty"), base::DataError);
  EXPECT_THROW(decode_png16(read_bytes(golden_path("plain.jpg")), "t"), base::DataError);
}

}  // namespace
}  // namespace asterism::io
