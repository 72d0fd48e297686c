#include "io/zip_file.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/io/files.h"
#include "tests/io/tables_golden.h"

namespace asterism::io {
namespace {

TEST(ZipFile, StoredAndDeflatedMembersAreRead) {
  const auto zip = ZipFile::open(tables_path("kinds.npz"));
  EXPECT_EQ(zip.members().size(), size_t(tables_golden()["npz"]["members"]));
  EXPECT_EQ(zip.read("float.npy").size() % 8, 0U);
  EXPECT_NE(message_of([&] { zip.read("flaot.npy"); }).find("float.npy"), std::string::npos);
}

TEST(ZipFile, DamageIsNamedWhereverItIs) {
  const auto whole = read_bytes(tables_path("kinds.npz"));
  for (size_t keep = 0; keep < whole.size(); keep += 37) {
    message_of([&] { ZipFile::from_bytes({whole.begin(), whole.begin() + int64_t(keep)}, "cut"); });
  }
  base::Random random(1, 0, 0, "flips");
  int noticed = 0;
  for (int trial = 0; trial < 300; ++trial) {
    auto bytes = whole;
    bytes[random.below(bytes.size())] ^= std::byte(1 << random.below(8));
    try {
      const auto zip = ZipFile::from_bytes(bytes, "flipped");
      for (const auto& m : zip.members()) zip.read(m.name);
    } catch (const base::DataError&) {
      ++noticed;
    }
  }
  EXPECT_GT(noticed, 150);  // the rest fell on times and versions, which nothing depends on
}

TEST(ZipFile, AClaimedLengthIsNoMemory) {
  auto bytes = read_bytes(tables_path("kinds.npz"));
  EXPECT_THROW(ZipFile::from_bytes(bytes, "small limit", 16), base::DataError);
  // The size of the first member in the directory becomes 2^31.
  for (size_t i = 0; i + 46 < bytes.size(); ++i) {
    if (std::memcmp(bytes.data() + i, "PK\x01\x02", 4) != 0) continue;
    bytes[i + 27] = std::byte{0x80};
    break;
  }
  EXPECT_NE(message_of([&] { ZipFile::from_bytes(bytes, "bomb"); }).find("claims"), std::string::npos);
}

}  // namespace
}  // namespace asterism::io
