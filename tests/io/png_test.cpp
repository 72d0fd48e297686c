#include "io/png.h"

#include "base/random.h"
#include "tests/io/files.h"

namespace asterism::io {
namespace {

Picture8 noise_picture(int64_t height, int64_t width, int64_t channels) {
  Picture8 picture{height, width, channels, {}};
  base::Random random(1, 0, 0, "png");
  for (int64_t i = 0; i < height * width * channels; ++i)
    picture.values.push_back(static_cast<uint8_t>(random.below(256)));
  return picture;
}

TEST(Png, RoundTripOfGreyAndColour) {
  for (const int64_t channels : {1, 3}) {
    for (const int64_t size : {1, 7, 64}) {
      const Picture8 picture = noise_picture(size, size + 2, channels);
      const Picture8 back = decode_png8(encode_png(picture), "t");
      EXPECT_EQ(back.height, size);
      EXPECT_EQ(back.channels, channels);
      EXPECT_EQ(back.values, picture.values);
    }
  }
}

// A search for repeats takes five times as long on pictures of the sky, and finds none: zlib's header tells that none
// was made.
TEST(Png, OnlyRunsAreLookedFor) {
  const Picture8 picture = noise_picture(64, 64, 3);
  const auto png = encode_png(picture);
  const std::string text(reinterpret_cast<const char*>(png.data()), png.size());
  const size_t data = text.find("IDAT");
  ASSERT_NE(data, std::string::npos);
  EXPECT_EQ(uint8_t(text[data + 5]) >> 6, 0);  // the level of FLG
  EXPECT_EQ(decode_png8(png, "p").values, picture.values);
}

TEST(Png, SixteenBits) {
  Picture16 picture{2, 3, 1, {0, 1, 256, 65535, 4660, 40000}};
  const auto bytes = encode_png(picture);
  EXPECT_EQ(decode_png_wide(bytes, "t").values, picture.values);
  EXPECT_NE(message_of([&] { decode_png8(bytes, "t"); }).find("16 bits"), std::string::npos);
  EXPECT_EQ(decode_png_wide(encode_png(Picture8{1, 2, 1, {255, 1}}), "t").values, (std::vector<uint16_t>{65535, 257}));
  const auto deep = decode_png_wide(read_bytes(golden_path("deep.png")), "t");  // Pillow: 257 (y + 3 x) + 3
  EXPECT_EQ(deep.at(6, 8, 0), 257 * 30 + 3);
}

TEST(Png, TransparencyLiesOnBlack) {
  const auto clear = decode_png8(read_bytes(golden_path("clear.png")), "t");  // opaque throughout: nothing changes
  EXPECT_EQ(clear.values, decode_png8(read_bytes(golden_path("colour.png")), "t").values);
}

TEST(Png, CutAndFlippedFilesAreRefusedOrRead) {
  const auto whole = encode_png(noise_picture(9, 9, 3));
  for (size_t cut = 0; cut < whole.size(); ++cut)
    EXPECT_THROW(decode_png8(std::span(whole).first(cut), "t"), base::DataError) << cut;
  int refused = 0;
  for (size_t at = 0; at < whole.size(); ++at) {
    auto damaged = whole;
    damaged[at] ^= std::byte{0x20};
    try {
      decode_png8(damaged, "t");
    } catch (const base::DataError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused,
            static_cast<int>(whole.size()) - 20);  // every byte is under a checksum, save a few of unknown chunks
}

TEST(Png, HugeClaimsAreRefused) {
  auto bytes = encode_png(noise_picture(4, 4, 1));
  // Width and height of the header, and its checksum, computed by libpng's own crc of "IHDR" + 13 bytes.
  const auto claim = [&](uint32_t width, uint32_t height) {
    auto changed = bytes;
    for (int i = 0; i < 4; ++i) {
      changed[static_cast<size_t>(16 + i)] = static_cast<std::byte>(width >> (24 - 8 * i));
      changed[static_cast<size_t>(20 + i)] = static_cast<std::byte>(height >> (24 - 8 * i));
    }
    uint32_t crc = ~0u;
    for (size_t i = 12; i < 29; ++i) {
      crc ^= static_cast<uint32_t>(changed[i]);
      for (int k = 0; k < 8; ++k) crc = crc & 1 ? 0xedb88320u ^ crc >> 1 : crc >> 1;
    }
    crc = ~crc;
    for (int i = 0; i < 4; ++i) changed[static_cast<size_t>(29 + i)] = static_cast<std::byte>(crc >> (24 - 8 * i));
    return message_of([&] { decode_png8(changed, "t"); });
  };
  EXPECT_NE(claim(2000000, 2).find("damaged PNG"), std::string::npos);
  EXPECT_NE(claim(1000000, 1000000).find("at most"), std::string::npos);
  EXPECT_NE(claim(16000, 16000).find("claims 16000 x 16000 pixels in"), std::string::npos);
}

}  // namespace
}  // namespace asterism::io
