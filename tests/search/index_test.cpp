#include "search/index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "planted_rows.h"
#include "search/index_file.h"

namespace asterism::search {
namespace {

TEST(Index, NamesAndTheirNearest) {
  for (const Metric metric : {Metric::cosine, Metric::inner_product, Metric::l2})
    EXPECT_EQ(metric_named(name_of(metric)), metric);
  try {
    metric_named("cosin");
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("is 'cosine'"));
  }
  EXPECT_THROW(make("exacct", Metric::l2, 3), base::UserError);
  EXPECT_EQ(make("exact", Metric::l2, 3)->kind(), "exact");
}

TEST(Index, OpenTakesTheKindFromTheFile) {
  const base::TemporaryFolder folder;
  const Matrix rows = normal_matrix(20, 3, 1);
  for (const IndexKind& kind : all()) {
    build(kind.name, Metric::cosine, rows.rows())->save(folder / "i");
    EXPECT_EQ(open(folder / "i")->kind(), kind.name);
  }
  IndexFileWriter writer(folder / "i", {"strange", Metric::l2, 0, 2, 0});
  writer.write_absent({});
  writer.commit();
  EXPECT_THROW(open(folder / "i"), base::DataError);
  EXPECT_THROW(open(folder / "none"), base::UserError);
}

TEST(Index, FilterBits) {
  Filter filter(130);
  EXPECT_FALSE(filter.allows(129));
  filter.allow(129);
  filter.allow(64);
  filter.forbid(64);
  EXPECT_TRUE(filter.allows(129));
  EXPECT_FALSE(filter.allows(64));
  EXPECT_TRUE(Filter(65, true).allows(64));
  EXPECT_EQ(filter.count(), 1u);
  for (const uint64_t rows : {0, 1, 63, 64, 65, 128}) EXPECT_EQ(Filter(rows, true).count(), rows);
}

}  // namespace
}  // namespace asterism::search
