#include "base/atomic_file.h"
#include "base/random.h"
#include "base/temporary_folder.h"
#include "tests/io/files.h"

namespace asterism::io {
namespace {

std::vector<std::byte> noise(size_t size, uint64_t levels) {
  base::Random random(5, 0, size, "file_bytes");
  std::vector<std::byte> bytes(size);
  for (auto& b : bytes) b = static_cast<std::byte>(random.below(levels));
  return bytes;
}

TEST(FileBytes, ReadsWholeFilesWithinTheLimit) {
  base::TemporaryFolder folder;
  base::write_text(folder / "a", "123456");
  EXPECT_EQ(read_bytes(folder / "a"), bytes_of("123456"));
  EXPECT_EQ(read_text(folder / "a", 6), "123456");
  EXPECT_NE(message_of([&] { read_bytes(folder / "a", 5); }).find("at most 5 B"), std::string::npos);
  EXPECT_THROW(read_bytes(folder / "none"), base::UserError);
}

TEST(FileBytes, GzipRoundTripOfManySizes) {
  for (const size_t size :
       {size_t{0}, size_t{1}, size_t{1000}, (size_t{1} << 20) - 1, size_t{1} << 20, (size_t{1} << 21) + 7}) {
    const auto bytes = noise(size, 256), smooth = noise(size, 2);
    EXPECT_EQ(gunzip(gzip(bytes), "test"), bytes) << size;
    EXPECT_EQ(gunzip(gzip(smooth), "test"), smooth) << size;
  }
}

TEST(FileBytes, SeveralMembersAndZeroPadding) {
  auto both = gzip(bytes_of("first "));
  const auto second = gzip(bytes_of("second"));
  both.insert(both.end(), second.begin(), second.end());
  EXPECT_EQ(gunzip(both, "test"), bytes_of("first second"));
  both.insert(both.end(), 512, std::byte{0});
  EXPECT_EQ(gunzip(both, "test"), bytes_of("first second"));
  both.push_back(std::byte{'x'});
  EXPECT_NE(message_of([&] { gunzip(both, "test"); }).find("not gzip follow"), std::string::npos);
}

TEST(FileBytes, ABombStopsAtTheLimit) {
  const auto bomb = gzip(std::vector<std::byte>(16 << 20));
  ASSERT_LT(bomb.size(), size_t{100} << 10);
  EXPECT_NE(message_of([&] { gunzip(bomb, "bomb", 1 << 20); }).find("longer than"), std::string::npos);
  EXPECT_EQ(gunzip(gzip(std::vector<std::byte>(1 << 20)), "edge", 1 << 20).size(), size_t{1} << 20);
}

TEST(FileBytes, EveryTruncationAndEveryFlippedByteIsNoticed) {
  const auto plain = noise(300, 40), whole = gzip(plain);
  for (size_t cut = 2; cut < whole.size(); ++cut) {
    EXPECT_THROW(gunzip(std::span(whole).first(cut), "cut"), base::DataError) << cut;
  }
  int refused = 0;
  for (size_t at = 10; at < whole.size(); ++at) {  // the header's bytes before carry times and names that nobody checks
    auto damaged = whole;
    damaged[at] ^= std::byte{0x10};
    try {
      EXPECT_EQ(gunzip(damaged, "flipped"), plain) << at;  // a bit that only fills up the last byte
    } catch (const base::DataError&) {
      ++refused;
    }
  }
  EXPECT_GE(refused, static_cast<int>(whole.size()) - 11);
  EXPECT_THROW(gunzip(bytes_of("no gzip"), "text"), base::DataError);
}

TEST(FileBytes, RawDeflateIsInflatedWithinItsLimit) {
  const auto text = bytes_of(std::string(5000, 'a'));
  const auto packed = gzip(text);
  // A gzip file is a header of 10 bytes, the deflate data, and 8 bytes of checksum and length.
  const auto raw = std::span(packed).subspan(10, packed.size() - 18);
  EXPECT_EQ(inflate_raw(raw, "x"), text);
  EXPECT_NE(message_of([&] { inflate_raw(raw, "x", 4999); }).find("longer than"), std::string::npos);
  EXPECT_NE(message_of([&] { inflate_raw(raw.subspan(0, raw.size() - 3), "x"); }).find("end early"), std::string::npos);
  EXPECT_NE(message_of([&] { inflate_raw(std::span(packed).subspan(10), "x"); }).find("follow"), std::string::npos);
}

}  // namespace
}  // namespace asterism::io
