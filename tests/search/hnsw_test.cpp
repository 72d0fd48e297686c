#include "search/hnsw.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "planted_rows.h"
#include "search/exact.h"
#include "search/recall.h"

namespace asterism::search {
namespace {

TEST(Hnsw, MoreEffortIsMoreExact) {
  const Matrix rows = normal_matrix(5000, 24, 1),
               queries = normal_matrix(100, 24, 2);  // without clumps: the hardest case
  HnswIndex index(Metric::l2, 24, 6, 30);
  ExactIndex exact(Metric::l2, 24);
  index.append(rows.rows());
  exact.append(rows.rows());
  const Neighbours wanted = exact.search(queries.rows(), 10);
  index.set_effort(10);
  const double little = recall_at(10, index.search(queries.rows(), 10), wanted);
  index.set_effort(200);
  const double much = recall_at(10, index.search(queries.rows(), 10), wanted);
  EXPECT_LT(little, 0.8);  // the planted fault: a graph searched too little is seen to be worse
  EXPECT_GT(much, 0.9);
  index.set_effort(5000);  // comparing all is cheaper, and exact
  EXPECT_EQ(index.search(queries.rows(), 10).rows, wanted.rows);
  EXPECT_THROW(index.set_effort(0), base::UserError);
}

TEST(Hnsw, FilesOfAnotherKindAreRefused) {
  const base::TemporaryFolder folder;
  ExactIndex exact(Metric::l2, 3);
  exact.append(normal_matrix(10, 3, 1).rows());
  exact.save(folder / "i");
  EXPECT_THROW(HnswIndex(folder / "i"), base::DataError);
}

}  // namespace
}  // namespace asterism::search
