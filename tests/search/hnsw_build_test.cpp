#include <gtest/gtest.h>

#include <set>

#include "base/threads.h"
#include "planted_rows.h"
#include "search/hnsw_graph.h"
#include "search/index_file.h"

namespace asterism::search {
namespace {

RowStore graph_store(const Matrix& rows) {
  RowStore store(Metric::l2, rows.d);
  store.append(rows.rows());
  return store;
}

TEST(HnswBuild, EveryRowCanBeReached) {
  const Matrix rows = normal_matrix(2000, 8, 1);
  const RowStore store = graph_store(rows);
  HnswGraph graph(8, 60);
  graph.insert_from(store);
  graph.check(store);
  Visited visited;
  EXPECT_EQ(graph.search(store, rows.rows().row(0), 2000, nullptr, visited).size(), 2000u);
  size_t found_itself = 0;
  for (size_t i = 0; i < rows.n; ++i)
    found_itself += graph.search(store, rows.rows().row(i), 30, nullptr, visited)[0].row == i ? 1 : 0;
  EXPECT_GE(found_itself, rows.n * 99 / 100);
}

TEST(HnswBuild, InPiecesAndOnAnyNumberOfThreads) {
  const Matrix rows = normal_matrix(1500, 6, 2);
  const RowStore store = graph_store(rows);
  HnswGraph one(6, 40), three(6, 40);
  base::set_threads(1);
  one.insert_from(store);
  base::set_threads(3);
  three.insert_from(store);
  base::set_threads(0);
  Visited visited;
  for (size_t q = 0; q < 200; ++q) {
    const auto a = one.search(store, rows.rows().row(q), 20, nullptr, visited),
               b = three.search(store, rows.rows().row(q), 20, nullptr, visited);
    for (size_t i = 0; i < 20; ++i) ASSERT_EQ(a[i].row, b[i].row);
  }
}

TEST(HnswBuild, AbsentRowsStayOutsideAndDoNotCutTheGraph) {
  Matrix rows = normal_matrix(3000, 5, 3);
  for (size_t i = 0; i < 2000; ++i) std::fill(rows.row(i), rows.row(i) + 5, 0.0F);
  const RowStore store = graph_store(rows);
  HnswGraph graph(6, 40);
  graph.insert_from(store);
  graph.check(store);
  Visited visited;
  EXPECT_EQ(graph.search(store, rows.row(2500), 3000, nullptr, visited).size(), 1000u);
}

}  // namespace
}  // namespace asterism::search
