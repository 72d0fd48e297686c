#include "search/hnsw_graph.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "planted_rows.h"

namespace asterism::search {
namespace {

TEST(Visited, ClearingIsANewStamp) {
  Visited visited;
  visited.clear(10);
  EXPECT_TRUE(visited.insert(3));
  EXPECT_FALSE(visited.insert(3));
  visited.clear(20);
  EXPECT_TRUE(visited.insert(3));
  EXPECT_TRUE(visited.insert(19));
}

class GraphBytes : public testing::Test {
 protected:
  GraphBytes() : store_(Metric::l2, 4), rows_(normal_matrix(300, 4, 1)) {
    store_.append(rows_.rows());
    HnswGraph graph(4, 20);
    graph.insert_from(store_);
    IndexFileWriter writer(folder_ / "g", {"hnsw", Metric::l2, 300, 4, graph.bytes()});
    store_.write(writer);
    graph.write(writer);
    writer.commit();
    const IndexFile file(folder_ / "g");
    words_.resize(file.extra().size() / 4);
    std::memcpy(words_.data(), file.extra().data(), file.extra().size());
  }
  std::span<const std::byte> bytes() const { return std::as_bytes(std::span(words_)); }
  bool opens() const {
    try {
      HnswGraph graph(bytes(), 300, "g");
      return true;
    } catch (const base::DataError&) {
      return false;
    }
  }
  RowStore store_;
  Matrix rows_;
  base::TemporaryFolder folder_;
  std::vector<uint32_t> words_;  // head: links, effort, entry, top level, blocks (2), spare (2); then the starts
};

TEST_F(GraphBytes, RoundTripFindsTheSame) {
  HnswGraph built(4, 20);
  built.insert_from(store_);
  const HnswGraph read(bytes(), 300, "g");
  read.check(store_);
  Visited visited;
  for (size_t q = 0; q < 300; ++q) {
    const auto a = built.search(store_, rows_.row(q), 10, nullptr, visited),
               b = read.search(store_, rows_.row(q), 10, nullptr, visited);
    ASSERT_EQ(a.size(), 10u);
    for (size_t i = 0; i < 10; ++i) ASSERT_EQ(a[i].row, b[i].row);
  }
}

TEST_F(GraphBytes, ForgedHeadsAreRefused) {
  EXPECT_TRUE(opens());
  const auto whole = words_;
  for (const auto& [at, value] : std::vector<std::pair<size_t, uint32_t>>{{0, 0},
                                                                          {0, 1},
                                                                          {0, 257},
                                                                          {0, 5},
                                                                          {0, ~0U},
                                                                          {1, 0},
                                                                          {2, 300},
                                                                          {2, ~1U},
                                                                          {3, whole[3] + 1},
                                                                          {3, ~0U},
                                                                          {4, whole[4] + 1},
                                                                          {5, 1},
                                                                          {5, ~0U},
                                                                          {8, 1},
                                                                          {100, ~0U},
                                                                          {308, 0}}) {
    words_ = whole;
    words_[at] = value;
    EXPECT_FALSE(opens()) << at << " " << value;
  }
  words_ = whole;
  words_.pop_back();
  EXPECT_FALSE(opens());
  words_.clear();
  EXPECT_FALSE(opens());
}

TEST_F(GraphBytes, ForgedLinksAreFoundOnTheWayAndByCheck) {
  const size_t ground = 8 + 302;
  const auto whole = words_;
  for (const uint32_t bad : {300U, 1000000U, ~1U, 7U}) {
    words_ = whole;
    for (size_t row = 0; row < 300; ++row) words_[ground + row * 8] = bad;  // 7: a link of row 7 to itself
    const HnswGraph graph(bytes(), 300, "g");
    EXPECT_THROW(graph.check(store_), base::DataError);
    Visited visited;
    if (bad != 7) {
      EXPECT_THROW(graph.search(store_, rows_.row(0), 10, nullptr, visited), base::DataError);
    }
  }
}

}  // namespace
}  // namespace asterism::search
