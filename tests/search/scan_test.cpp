#include "search/scan.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/threads.h"
#include "planted_rows.h"

namespace asterism::search {
namespace {

// The oracle: float64, one pair at a time, everything sorted.
std::vector<std::pair<double, uint64_t>> ranked(const Matrix& rows, const float* query, Metric metric) {
  std::vector<std::pair<double, uint64_t>> all;
  for (size_t i = 0; i < rows.n; ++i) {
    const float* x = rows.rows().row(i);
    double dot = 0, xx = 0, qq = 0, distance = 0;
    for (size_t j = 0; j < rows.d; ++j) {
      dot += double(x[j]) * query[j], xx += double(x[j]) * x[j], qq += double(query[j]) * query[j];
      distance += (double(x[j]) - query[j]) * (double(x[j]) - query[j]);
    }
    if (xx == 0) continue;
    all.emplace_back(metric == Metric::l2 ? distance : metric == Metric::cosine ? -dot / std::sqrt(xx * qq) : -dot, i);
  }
  std::sort(all.begin(), all.end());
  for (auto& [key, row] : all) key = metric == Metric::l2 ? key : -key;
  return all;
}

RowStore scan_store(Metric metric, const Matrix& rows) {
  RowStore store(metric, rows.d);
  store.append(rows.rows());
  return store;
}

class ScanBy : public testing::TestWithParam<Metric> {};
INSTANTIATE_TEST_SUITE_P(, ScanBy, testing::Values(Metric::cosine, Metric::inner_product, Metric::l2),
                         [](const auto& info) { return std::string(name_of(info.param)); });

TEST_P(ScanBy, AgreesWithFloat64) {
  for (const size_t d : {1, 5, 64, 129}) {
    const Matrix rows = normal_matrix(1003, d, 1), queries = normal_matrix(33, d, 2);
    const Neighbours found = scan(scan_store(GetParam(), rows), queries.rows(), 20, nullptr);
    for (size_t q = 0; q < queries.n; ++q) {
      const auto exact = ranked(rows, queries.rows().row(q), GetParam());
      for (size_t i = 0; i < 20; ++i) {
        ASSERT_NEAR(found.scores_of(q)[i], exact[i].first, 1e-5 * double(d) + 1e-5);
        // Rows may change places only where float32 cannot tell them apart.
        if (found.rows_of(q)[i] != exact[i].second) {
          const auto there =
              std::find_if(exact.begin(), exact.end(), [&](const auto& e) { return e.second == found.rows_of(q)[i]; });
          ASSERT_NEAR(there->first, exact[i].first, 2e-6 * double(d));
        }
      }
    }
  }
}

TEST_P(ScanBy, TheSameBitsForAnyBatchAndAnyNumberOfThreads) {
  const Matrix rows = normal_matrix(20000, 24, 3), queries = normal_matrix(70, 24, 4);
  const RowStore store = scan_store(GetParam(), rows);
  base::set_threads(1);
  const Neighbours one_thread = scan(store, queries.rows(), 7, nullptr);
  base::set_threads(3);
  const Neighbours three = scan(store, queries.rows(), 7, nullptr);
  EXPECT_EQ(one_thread.rows, three.rows);
  EXPECT_EQ(one_thread.scores, three.scores);
  for (const size_t q : {0, 5, 69}) {
    const Neighbours alone = scan(store, queries.rows(q, q + 1), 7, nullptr);
    EXPECT_TRUE(std::equal(alone.rows.begin(), alone.rows.end(), one_thread.rows_of(q).begin()));
    EXPECT_TRUE(std::equal(alone.scores.begin(), alone.scores.end(), one_thread.scores_of(q).begin()));
  }
  base::set_threads(0);
}

TEST_P(ScanBy, ManyQueriesAgainstFewRowsShareOutTheQueries) {
  const Matrix rows = normal_matrix(50, 64, 5), queries = normal_matrix(9000, 64, 6);  // several batches a thread
  const RowStore store = scan_store(GetParam(), rows);
  base::set_threads(2);
  const Neighbours many = scan(store, queries.rows(), 3, nullptr);
  base::set_threads(0);
  for (const size_t q : {0, 1023, 1024, 8999}) {
    const Neighbours alone = scan(store, queries.rows(q, q + 1), 3, nullptr);
    EXPECT_TRUE(std::equal(alone.rows.begin(), alone.rows.end(), many.rows_of(q).begin())) << q;
  }
}

TEST_P(ScanBy, TiesGoToTheLowerRow) {
  Matrix rows(500, 4);
  for (size_t i = 0; i < rows.n; ++i) rows.row(i)[0] = 1;  // all alike
  Matrix query(1, 4);
  query.row(0)[0] = 2;
  const Neighbours found = scan(scan_store(GetParam(), rows), query.rows(), 40, nullptr);
  for (uint64_t i = 0; i < 40; ++i) EXPECT_EQ(found.rows[i], i);
}

TEST_P(ScanBy, AbsentAndForbiddenRowsAreNeverReturned) {
  Matrix rows = normal_matrix(300, 6, 7);
  Filter filter(300, true);
  for (size_t i = 0; i < 300; i += 2) std::fill(rows.row(i), rows.row(i) + 6, 0.0F);
  rows.row(4)[0] = -0.0F;  // a negative zero is a zero
  for (size_t i = 0; i < 300; i += 3) filter.forbid(i);
  const Matrix queries = normal_matrix(5, 6, 8);
  const Neighbours found = scan(scan_store(GetParam(), rows), queries.rows(), 300, &filter);
  for (size_t q = 0; q < 5; ++q)
    for (size_t i = 0; i < 300; ++i) {
      const uint64_t row = found.rows_of(q)[i];
      EXPECT_EQ(row == kNoRow, i >= 100) << i;  // 100 rows are neither even nor multiples of 3
      EXPECT_EQ(std::isnan(found.scores_of(q)[i]), i >= 100);
      if (row != kNoRow) {
        EXPECT_TRUE(row % 2 == 1 && row % 3 != 0);
      }
    }
}

TEST(Scan, NearDuplicatesFarFromTheOriginAreToldApart) {
  // |x|^2 + |y|^2 - 2 x.y would lose these distances in float32.
  Matrix rows(3, 2);
  for (size_t i = 0; i < 3; ++i) rows.row(i)[0] = 10000, rows.row(i)[1] = float(i) * 0.01F;
  const Neighbours found = scan(scan_store(Metric::l2, rows), rows.rows(0, 1), 3, nullptr);
  EXPECT_EQ(found.rows, (std::vector<uint64_t>{0, 1, 2}));
  EXPECT_EQ(found.scores[0], 0);
  EXPECT_NEAR(found.scores[1], 1e-4, 1e-9);
}

TEST(Scan, RefusesQuestionsWithoutAnAnswer) {
  const Matrix rows = normal_matrix(10, 3, 9);
  Matrix queries = normal_matrix(2, 3, 10);
  const RowStore store = scan_store(Metric::cosine, rows);
  const Filter other(9);
  EXPECT_THROW(scan(store, queries.rows(), 0, nullptr), base::UserError);
  EXPECT_THROW(scan(store, queries.rows(), 1, &other), base::UserError);
  EXPECT_THROW(scan(store, Rows{queries.values.data(), 3, 2}, 1, nullptr), base::UserError);
  EXPECT_THROW(scan(store, queries.rows(), size_t{1} << 60, nullptr), base::UserError);
  queries.row(1)[2] = NAN;
  EXPECT_THROW(scan(store, queries.rows(), 1, nullptr), base::UserError);
  std::fill(queries.row(1), queries.row(1) + 3, 0.0F);
  EXPECT_THROW(scan(store, queries.rows(), 1, nullptr), base::UserError);
  EXPECT_NO_THROW(scan(scan_store(Metric::l2, rows), queries.rows(), 1, nullptr));
  EXPECT_EQ(scan(store, queries.rows(0, 0), 5, nullptr).rows.size(), 0u);
}

TEST(Scan, TheLargestNumbersAllowedDoNotOverflow) {
  Matrix rows(2, 1000);
  std::fill(rows.row(0), rows.row(0) + 1000, kMaxMagnitude);
  std::fill(rows.row(1), rows.row(1) + 1000, -kMaxMagnitude);
  for (const Metric metric : {Metric::inner_product, Metric::l2, Metric::cosine}) {
    const Neighbours found = scan(scan_store(metric, rows), rows.rows(), 2, nullptr);
    for (const float score : found.scores) EXPECT_TRUE(std::isfinite(score));
    EXPECT_EQ(found.rows, (std::vector<uint64_t>{0, 1, 1, 0}));
  }
}

}  // namespace
}  // namespace asterism::search
