// What every kind of index promises, one body for all entries of search/all.cpp.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/random.h"
#include "base/temporary_folder.h"
#include "base/threads.h"
#include "search/index.h"
#include "search/recall.h"

namespace asterism::search {
namespace {

constexpr size_t kD = 16;

struct Vectors {
  size_t n;
  std::vector<float> values;
  Rows rows() const { return {values.data(), n, kD}; }
  Rows rows(size_t begin, size_t end) const { return {values.data() + begin * kD, end - begin, kD}; }
  float* row(size_t i) { return values.data() + i * kD; }
};

// Clumps of different sizes, as embeddings of real objects are.
Vectors clustered(size_t n, uint64_t seed) {
  constexpr size_t kClusters = 40;
  base::Random random(1, 0, 0, "cluster centres");
  std::vector<float> centres(kClusters * kD);
  for (auto& value : centres) value = float(random.normal());
  Vectors vectors{n, std::vector<float>(n * kD)};
  base::Random draw(seed, 0, 0, "cluster members");
  for (size_t i = 0; i < n; ++i) {
    const size_t cluster = size_t(draw.below(kClusters));
    for (size_t j = 0; j < kD; ++j)
      vectors.row(i)[j] = centres[cluster * kD + j] + 0.05F * float(1 + cluster % 8) * float(draw.normal());
  }
  return vectors;
}

void expect_same(const Neighbours& a, const Neighbours& b) {
  EXPECT_EQ(a.rows, b.rows);
  for (size_t i = 0; i < a.scores.size(); ++i)
    EXPECT_TRUE(a.scores[i] == b.scores[i] || (std::isnan(a.scores[i]) && std::isnan(b.scores[i]))) << i;
}

class IndexContract : public testing::TestWithParam<std::tuple<size_t, Metric>> {
 protected:
  const IndexKind& kind() const { return all()[std::get<0>(GetParam())]; }
  Metric metric() const { return std::get<1>(GetParam()); }
  base::TemporaryFolder folder_;
};
INSTANTIATE_TEST_SUITE_P(, IndexContract,
                         testing::Combine(testing::Range<size_t>(0, all().size()),
                                          testing::Values(Metric::cosine, Metric::inner_product, Metric::l2)),
                         [](const auto& info) {
                           return std::string(all()[std::get<0>(info.param)].name) + "_" +
                                  std::string(name_of(std::get<1>(info.param)));
                         });

TEST_P(IndexContract, RecallAgainstExact) {
  const Vectors rows = clustered(6000, 1), queries = clustered(200, 2);
  const auto index = build(kind().name, metric(), rows.rows());
  const Neighbours exact = build("exact", metric(), rows.rows())->search(queries.rows(), 10);
  const Neighbours found = index->search(queries.rows(), 10);
  const double recall = recall_at(10, found, exact);
  EXPECT_GE(recall, kind().name == "exact" ? 1.0 : 0.95);
  for (size_t q = 0; q < queries.n; ++q)
    for (size_t i = 1; i < 10; ++i) {  // nearest first
      const float before = found.scores_of(q)[i - 1], here = found.scores_of(q)[i];
      ASSERT_TRUE(metric() == Metric::l2 ? before <= here : before >= here);
    }
  RecordProperty("recall", std::to_string(recall));
}

TEST_P(IndexContract, SaveOpenAppend) {
  const Vectors rows = clustered(5000, 3), queries = clustered(50, 4);
  const auto index = build(kind().name, metric(), rows.rows(0, 4000));
  index->save(folder_ / "i");
  const auto opened = open(folder_ / "i");
  opened->check();
  EXPECT_EQ(opened->kind(), kind().name);
  EXPECT_EQ(opened->metric(), metric());
  EXPECT_EQ(opened->dimension(), kD);
  EXPECT_EQ(opened->size(), 4000u);
  expect_same(opened->search(queries.rows(), 7), index->search(queries.rows(), 7));
  opened->append(rows.rows(4000, 5000));
  index->append(rows.rows(4000, 5000));
  expect_same(opened->search(queries.rows(), 7), index->search(queries.rows(), 7));
  opened->save(folder_ / "i");
  const auto again = open(folder_ / "i");
  again->check();
  expect_same(again->search(queries.rows(), 7), index->search(queries.rows(), 7));
}

TEST_P(IndexContract, TheSameForAnyNumberOfThreads) {
  const Vectors rows = clustered(4000, 5), queries = clustered(60, 6);
  base::set_threads(1);
  const auto one = build(kind().name, metric(), rows.rows());
  const Neighbours found = one->search(queries.rows(), 5);
  base::set_threads(3);
  const auto three = build(kind().name, metric(), rows.rows());
  expect_same(three->search(queries.rows(), 5), found);
  expect_same(three->search(queries.rows(10, 11), 5), one->search(queries.rows(10, 11), 5));
  base::set_threads(0);
}

TEST_P(IndexContract, FiltersAndAbsentRows) {
  Vectors rows = clustered(4500, 7);
  for (size_t i = 0; i < rows.n; i += 5) std::fill(rows.row(i), rows.row(i) + kD, 0.0F);
  const Vectors queries = clustered(30, 8);
  const auto index = build(kind().name, metric(), rows.rows()), exact = build("exact", metric(), rows.rows());
  index->check();
  for (const uint64_t every : {1, 2, 701}) {  // all, half, a handful
    Filter filter(rows.n);
    for (uint64_t row = 0; row < rows.n; row += every) filter.allow(row);
    const Neighbours found = index->search(queries.rows(), 10, &filter);
    for (const uint64_t row : found.rows) EXPECT_TRUE(row == kNoRow || (row % every == 0 && row % 5 != 0)) << row;
    EXPECT_GE(recall_at(10, found, exact->search(queries.rows(), 10, &filter)), kind().name == "exact" ? 1.0 : 0.9)
        << every;
  }
  const Filter nothing(rows.n);
  for (const uint64_t row : index->search(queries.rows(), 3, &nothing).rows) EXPECT_EQ(row, kNoRow);
}

TEST_P(IndexContract, SmallAndEmpty) {
  const Vectors rows = clustered(7, 9);
  const auto index = make(kind().name, metric(), kD);
  for (const uint64_t row : index->search(rows.rows(), 3).rows) EXPECT_EQ(row, kNoRow);
  index->append(rows.rows(0, 0));
  index->save(folder_ / "empty");
  EXPECT_EQ(open(folder_ / "empty")->size(), 0u);
  open(folder_ / "empty")->check();
  index->append(rows.rows());
  const Neighbours found = index->search(rows.rows(0, 1), 100);  // k > n
  for (size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(found.rows[i] == kNoRow, i >= 7);
    EXPECT_EQ(std::isnan(found.scores[i]), i >= 7);
  }
  std::vector<float> copy(kD);
  index->copy_row(3, copy.data());
  double dot = 0, xx = 0, yy = 0;
  for (size_t j = 0; j < kD; ++j)
    dot += copy[j] * rows.rows().row(3)[j], xx += copy[j] * copy[j],
        yy += rows.rows().row(3)[j] * rows.rows().row(3)[j];
  EXPECT_NEAR(dot / std::sqrt(xx * yy), 1, 1e-6);
}

TEST_P(IndexContract, OnlyAbsentRowsAndManyAlike) {
  Vectors rows = clustered(4000, 10);
  std::fill(rows.values.begin(), rows.values.begin() + 3000 * kD, 0.0F);  // a long run of absent rows first
  const auto index = build(kind().name, metric(), rows.rows());
  const auto exact = build("exact", metric(), rows.rows());
  Filter all_rows(rows.n, true);
  EXPECT_GE(recall_at(5, index->search(rows.rows(3000, 3050), 5, &all_rows), exact->search(rows.rows(3000, 3050), 5)),
            0.95);
  std::fill(rows.values.begin(), rows.values.end(), 1.0F);
  const auto alike = build(kind().name, metric(), rows.rows());
  for (const uint64_t row : alike->search(rows.rows(0, 1), 5).rows) EXPECT_NE(row, kNoRow);
}

TEST_P(IndexContract, RefusesBadVectorsAndKeepsWhatItHad) {
  Vectors rows = clustered(50, 11);
  const auto index = build(kind().name, metric(), rows.rows());
  rows.row(9)[3] = NAN;
  EXPECT_THROW(index->append(rows.rows()), base::DataError);
  EXPECT_THROW(index->append({rows.values.data(), 10, kD - 1}), base::UserError);
  EXPECT_THROW(index->search(rows.rows(9, 10), 1), base::UserError);
  EXPECT_THROW(index->search(rows.rows(0, 1), 0), base::UserError);
  EXPECT_EQ(index->size(), 50u);
  index->check();
  EXPECT_EQ(index->search(rows.rows(0, 1), 50).rows.size(), 50u);
}

TEST_P(IndexContract, DamagedFilesAreRefusedOrFoundByCheckAndNeverCrash) {
  const Vectors rows = clustered(2500, 12), queries = clustered(5, 13);
  const auto index = build(kind().name, metric(), rows.rows());
  index->save(folder_ / "i");
  const std::string whole = base::read_text(folder_ / "i");
  base::Random random(1, 0, 0, "damage");
  for (int round = 0; round < 60; ++round) {
    std::string bytes = whole;
    if (round % 3 == 0) {
      bytes.resize(size_t(random.below(bytes.size())));
    } else {  // after the header, so that opening may succeed
      for (int i = 0; i < 20; ++i)
        bytes[4096 + size_t(random.below(bytes.size() - 4096))] ^= char(1 + random.below(255));
    }
    base::write_text(folder_ / "damaged", bytes);
    try {
      const auto opened = open(folder_ / "damaged");
      try {
        opened->search(queries.rows(), 200);  // whatever it says
      } catch (const base::DataError&) {
      }
      EXPECT_THROW(opened->check(), base::DataError) << "round " << round;
    } catch (const base::DataError&) {
    }
  }
}

}  // namespace
}  // namespace asterism::search
