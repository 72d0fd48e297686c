#include <gtest/gtest.h>

#include <algorithm>
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

// Half of the rows are one vector, a tenth another: the rest is found as well as without them, and so is each of them.
TEST(HnswBuild, RowsOfOneVectorDoNotCutTheGraph) {
  const size_t n = 4000, d = 16;
  Matrix rows = normal_matrix(n, d, 4);
  for (size_t i = 0; i < n; ++i)
    if (i % 2 == 0 || i % 10 == 1) std::copy(rows.row(i % 2), rows.row(i % 2) + d, rows.row(i));
  const RowStore store = graph_store(rows);
  HnswGraph graph(8, 60), in_pieces(8, 60);
  graph.insert_from(store);
  graph.check(store);
  RowStore part(Metric::l2, d);
  for (size_t begin = 0; begin < n; begin += 1000) {
    part.append(rows.rows(begin, begin + 1000));
    in_pieces.insert_from(part);
  }
  in_pieces.check(part);
  for (const auto* built : {&graph, &in_pieces}) {
    Visited visited;
    size_t found = 0, wanted = 0;
    for (size_t q = 3; q < n; q += 40) {  // of the rows that are nobody's twin
      const auto near = built->search(store, rows.row(q), 60, nullptr, visited);
      std::vector<Candidate> truth;
      for (size_t i = 0; i < n; ++i) {
        float distance = 0;
        for (size_t k = 0; k < d; ++k)
          distance += (rows.row(i)[k] - rows.row(q)[k]) * (rows.row(i)[k] - rows.row(q)[k]);
        truth.push_back({-distance, i});
      }
      std::sort(truth.begin(), truth.end(), nearer);
      for (size_t k = 0; k < 10; ++k) {
        // Nine in ten rows as near as the tenth are the common vector's: any of them will do.
        wanted += 1;
        found += std::any_of(near.begin(), near.end(), [&](const auto& c) { return c.row == truth[k].row; }) ||
                 store.same(truth[k].row, 0) || store.same(truth[k].row, 1);
      }
    }
    EXPECT_GE(double(found), 0.97 * double(wanted));
    const auto twins = built->search(store, rows.row(0), 1900, nullptr, visited);
    EXPECT_EQ(std::count_if(twins.begin(), twins.end(), [&](const auto& c) { return store.same(c.row, 0); }), 1900);
    EXPECT_EQ(built->search(store, rows.row(0), n, nullptr, visited).size(), n);
  }
}

}  // namespace
}  // namespace asterism::search
