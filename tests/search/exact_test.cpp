#include "search/exact.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "planted_rows.h"

namespace asterism::search {
namespace {

TEST(Exact, AppendingToAnOpenedFileGivesTheIndexOfAllRows) {
  const base::TemporaryFolder folder;
  const Matrix rows = normal_matrix(1000, 16, 1);
  ExactIndex half(Metric::cosine, 16), whole(Metric::cosine, 16);
  half.append(rows.rows(0, 500));
  whole.append(rows.rows());
  half.save(folder / "i");
  ExactIndex opened(folder / "i");
  opened.append(rows.rows(500, 1000));
  opened.save(folder / "i");  // over the file it is mapped from
  opened.check();
  const ExactIndex again(folder / "i");
  again.check();
  for (const ExactIndex* index : {static_cast<const ExactIndex*>(&opened), &again}) {
    const Neighbours a = index->search(rows.rows(), 5), b = whole.search(rows.rows(), 5);
    EXPECT_EQ(a.rows, b.rows);
    EXPECT_EQ(a.scores, b.scores);
  }
  for (size_t i = 0; i < rows.n; ++i) ASSERT_EQ(again.search(rows.rows(i, i + 1), 1).rows[0], i);  // each finds itself
}

TEST(Exact, AFileOfAnotherKindIsRefused) {
  const base::TemporaryFolder folder;
  const float row[2] = {1, 0};
  for (const auto& [kind, extra] : {std::pair<std::string, uint64_t>{"hnsw", 0}, {"exact", 3}}) {
    IndexFileWriter writer(folder / "i", {kind, Metric::l2, 1, 2, extra});
    writer.write_rows(row, 1);
    writer.write_absent(std::vector<uint64_t>(1));
    writer.write_extra("abc", extra);
    writer.commit();
    EXPECT_THROW(ExactIndex(folder / "i"), base::DataError);
  }
}

}  // namespace
}  // namespace asterism::search
