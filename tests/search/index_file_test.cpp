#include "search/index_file.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "planted_rows.h"

namespace asterism::search {
namespace {

class IndexFiles : public testing::Test {
 protected:
  void write(uint64_t n, uint64_t d, std::string_view extra = "") {
    const Matrix rows = normal_matrix(n, d, 1);
    IndexFileWriter writer(path(), {"exact", Metric::l2, n, d, extra.size()});
    writer.write_rows(rows.values.data(), n / 2);
    writer.write_rows(rows.values.data() + n / 2 * d, n - n / 2);
    writer.write_absent(std::vector<uint64_t>((n + 63) / 64));
    writer.write_extra(extra.data(), extra.size());
    writer.commit();
  }
  std::filesystem::path path() const { return folder_ / "index"; }

  // Writes `bytes` as the file after giving its header a checksum that fits, as a forger would.
  void forge(std::string bytes) {
    base::store_le<uint32_t>(bytes.data() + 60, 0);
    base::store_le(bytes.data() + 60, base::crc32c(bytes.data(), 4096));
    base::write_text(path(), bytes);
  }
  bool opens() {
    try {
      IndexFile file(path());
      return true;
    } catch (const base::DataError&) {
      return false;
    }
  }
  base::TemporaryFolder folder_;
};

TEST_F(IndexFiles, RoundTrip) {
  for (const uint64_t n : {0, 1, 63, 64, 65, 1000}) {
    write(n, 7, "extra part");
    const IndexFile file(path());
    file.check();
    EXPECT_EQ(file.header().rows, n);
    EXPECT_EQ(file.header().dimension, 7u);
    EXPECT_EQ(file.header().metric, Metric::l2);
    EXPECT_EQ(file.header().kind, "exact");
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(file.extra().data()), file.extra().size()), "extra part");
    const Matrix rows = normal_matrix(n, 7, 1);
    for (uint64_t i = 0; i < n; ++i) ASSERT_EQ(std::memcmp(file.row(i), rows.rows().row(i), 28), 0);
  }
}

TEST_F(IndexFiles, EveryTruncationAndExtensionIsRefused) {
  write(100, 5, "x");
  const std::string whole = base::read_text(path());
  for (size_t size = 0; size < whole.size(); size += size < 64 ? 1 : 61) {
    base::write_text(path(), whole.substr(0, size));
    EXPECT_FALSE(opens()) << size;
  }
  base::write_text(path(), whole + "x");
  EXPECT_FALSE(opens());
  base::write_text(path(), whole);
  EXPECT_TRUE(opens());
}

TEST_F(IndexFiles, EveryFlippedBitIsFound) {
  write(40, 3, "graph");
  std::string bytes = base::read_text(path());
  for (size_t at = 0; at < bytes.size(); at += at < 4096 && at > 64 ? 97 : 1) {
    bytes[at] = char(bytes[at] ^ 1 << at % 8);
    base::write_text(path(), bytes);
    EXPECT_THROW(IndexFile(path()).check(), base::DataError) << "byte " << at;
    bytes[at] = char(bytes[at] ^ 1 << at % 8);
  }
}

TEST_F(IndexFiles, DamageInALaterBlockIsFoundAndNamed) {
  write(3000, 200);  // 2.4 MB: three blocks
  std::string bytes = base::read_text(path());
  bytes[2200000] = char(bytes[2200000] ^ 4);
  base::write_text(path(), bytes);
  const IndexFile file(path());  // opening does not read it all
  try {
    file.check();
    FAIL();
  } catch (const base::DataError& error) {
    EXPECT_NE(std::string(error.what()).find("bytes 2101248 to "), std::string::npos) << error.what();
  }
}

TEST_F(IndexFiles, ForgedHeadersAreRefused) {
  write(100, 5);
  const std::string whole = base::read_text(path());
  const auto with = [&](size_t at, auto value) {
    std::string bytes = whole;
    base::store_le(bytes.data() + at, value);
    return bytes;
  };
  forge(whole);
  EXPECT_TRUE(opens());
  for (const std::string& bytes :
       {with(0, uint8_t{0}), with(8, uint32_t{2}), with(12, uint32_t{3}), with(32, ~uint64_t{0}),
        with(32, uint64_t{1} << 60), with(32, uint64_t{99}), with(40, uint64_t{0}), with(40, uint64_t{1} << 61),
        with(40, uint64_t{6}), with(48, ~uint64_t{0}), with(48, ~uint64_t{0} - 4096), with(56, uint32_t{1})}) {
    forge(bytes);
    EXPECT_FALSE(opens());
  }
  // Counts whose products wrap around to a size that fits: 2^62 rows of 4 are 2^66 bytes, which is 0 modulo 2^64.
  std::string wrapped = with(32, uint64_t{1} << 62);
  base::store_le(wrapped.data() + 40, uint64_t{4});
  forge(wrapped);
  EXPECT_FALSE(opens());
}

TEST_F(IndexFiles, OtherFilesAreRefused) {
  base::write_text(path(), "");
  EXPECT_FALSE(opens());
  base::write_text(path(), std::string(10000, 'x'));
  EXPECT_FALSE(opens());
  EXPECT_THROW(IndexFile(folder_ / "none"), base::UserError);
  EXPECT_THROW(IndexFile(folder_.path()), base::UserError);
}

TEST_F(IndexFiles, AWriterThatDoesNotKeepItsPromiseLeavesNothing) {
  const float row[2] = {1, 2};
  {
    IndexFileWriter writer(path(), {"exact", Metric::l2, 1000, 2, 0});
    writer.write_rows(row, 1);
    EXPECT_THROW(writer.write_absent(std::vector<uint64_t>(16)), base::CheckError);
  }
  EXPECT_FALSE(std::filesystem::exists(path()));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
  EXPECT_THROW(IndexFileWriter(path(), {"exact", Metric::l2, uint64_t{1} << 60, 65536, 0}), base::UserError);
}

}  // namespace
}  // namespace asterism::search
