#include "io/jpeg.h"

#include "base/random.h"
#include "tests/io/files.h"

namespace asterism::io {
namespace {

Picture8 smooth_picture(int64_t height, int64_t width, int64_t channels) {
  Picture8 picture{height, width, channels, {}};
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      for (int64_t c = 0; c < channels; ++c) picture.values.push_back(static_cast<uint8_t>(2 * y + x + 40 * c));
    }
  }
  return picture;
}

TEST(Jpeg, RoundTripStaysClose) {
  for (const int64_t channels : {1, 3}) {
    const Picture8 picture = smooth_picture(40, 50, channels);
    const Picture8 back = decode_jpeg(compress_jpeg(picture, 95), "t");
    ASSERT_EQ(back.values.size(), picture.values.size());
    for (size_t i = 0; i < back.values.size(); ++i) EXPECT_NEAR(back.values[i], picture.values[i], 6);
  }
}

TEST(Jpeg, QualityCostsBytes) {
  const Picture8 picture = smooth_picture(64, 64, 3);
  EXPECT_LT(compress_jpeg(picture, 20).size(), compress_jpeg(picture, 95).size());
}

TEST(Jpeg, PrintColoursAreRefused) {
  EXPECT_NE(message_of([] { decode_jpeg(read_bytes(golden_path("print.jpg")), "t"); }).find("CMYK"), std::string::npos);
}

// libjpeg would fill the rest of a cut picture with grey, and says so only as a warning.
TEST(Jpeg, CutFilesAreRefused) {
  for (const char* name : {"plain.jpg", "progressive.jpg"}) {
    const auto whole = read_bytes(golden_path(name));
    for (size_t cut = 0; cut + 2 < whole.size(); ++cut)
      EXPECT_THROW(decode_jpeg(std::span(whole).first(cut), "t"), base::DataError) << name << cut;
  }
}

TEST(Jpeg, FlippedBitsNeverCrash) {
  base::Random random(2, 0, 0, "jpeg");
  for (const char* name : {"plain.jpg", "progressive.jpg", "print.jpg", "grey.jpg"}) {
    const auto whole = read_bytes(golden_path(name));
    for (int trial = 0; trial < 400; ++trial) {
      auto damaged = whole;
      for (int flips = 0; flips < 2; ++flips)
        damaged[random.below(whole.size())] ^= static_cast<std::byte>(1 << random.below(8));
      try {
        decode_jpeg(damaged, "t");
      } catch (const base::DataError&) {
      }
    }
  }
}

TEST(Jpeg, HugeClaimsAreRefused) {
  auto bytes = read_bytes(golden_path("plain.jpg"));
  size_t at = 2;  // the frame header ff c0: length, precision, height, width
  while (bytes[at] != std::byte{0xff} || bytes[at + 1] != std::byte{0xc0}) ++at;
  const auto claim = [&](int high, int wide) {
    bytes[at + 5] = static_cast<std::byte>(high);
    bytes[at + 7] = static_cast<std::byte>(wide);
    return message_of([&] { decode_jpeg(bytes, "t"); });
  };
  EXPECT_NE(claim(0xff, 0xff).find("at most"), std::string::npos);
  EXPECT_NE(claim(0x30, 0x30).find("claims"), std::string::npos);
}

}  // namespace
}  // namespace asterism::io
