#include "similar/answer_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "tests/similar/tiny_dataset.h"

namespace asterism::similar {
namespace {

TEST(AnswerPage, ShowsTheQueryItsNeighboursAndTheirColumns) {
  const base::TemporaryFolder folder;
  const auto ring = write_ring(folder / "ring");
  build_object_index({.vectors = ring, .pictures = ring}, folder / "index");
  const auto index = ObjectIndex::open(folder / "index");
  const std::vector<uint64_t> rows = {index.row_of("ring-3")};
  const auto found = index.search(rows, 2, "redshift < 0.9");
  const auto gallery = neighbours_gallery(index, queries_of(index, rows), found, {"redshift"});
  ASSERT_EQ(gallery.rows.size(), 1u);
  ASSERT_EQ(gallery.rows[0].tiles.size(), 3u);
  EXPECT_TRUE(gallery.rows[0].tiles[0].marked);
  EXPECT_THAT(gallery.rows[0].tiles[0].caption, ::testing::HasSubstr("0.3"));
  const std::string html = answer_page(index, queries_of(index, rows), found, {"redshift"}, "redshift < 0.9").html();
  for (const char* text : {"ring-3", "ring-2", "ring-4", "redshift &lt; 0.9", "data:image/png;base64,"})
    EXPECT_THAT(html, ::testing::HasSubstr(text)) << text;
}

TEST(AnswerPage, AQueryFromElsewhereIsShownWhereTheIndexHoldsIt) {
  const base::TemporaryFolder folder;
  const auto ring = write_ring(folder / "ring");
  build_object_index({.vectors = ring, .pictures = ring}, folder / "index");
  const auto index = ObjectIndex::open(folder / "index");
  const auto queries = named_queries(index, {"ring-4", "nobody", "ring-1"});
  ASSERT_EQ(queries.size(), 3u);
  EXPECT_EQ(queries[0].row, index.row_of("ring-4"));
  EXPECT_EQ(queries[1].row, search::kNoRow);
  EXPECT_EQ(queries[2].row, index.row_of("ring-1"));
  EXPECT_EQ(queries[2].name, "ring-1");
}

// It was the square of the distance, under the name of a score: small for what is near.
TEST(AnswerPage, ByL2TheDistanceIsTold) {
  const base::TemporaryFolder folder;
  const auto ring = write_ring(folder / "ring");
  build_object_index({.vectors = ring, .metric = search::Metric::l2}, folder / "index");
  build_object_index({.vectors = ring}, folder / "cosine");
  const auto index = ObjectIndex::open(folder / "index"), cosine = ObjectIndex::open(folder / "cosine");
  const std::vector<uint64_t> rows = {index.row_of("ring-3")};
  const auto found = index.search(rows, 1, "redshift < 0.3");
  EXPECT_EQ(score_name(index), "distance");
  EXPECT_NEAR(told_score(index, found.scores_of(0)[0]), 0.5176, 1e-4);  // a chord of 30 degrees
  const auto html = answer_page(index, queries_of(index, rows), found, {}, "").html();
  for (const char* text : {"distance</th>", ".5176<", "0.518", "Euclidean distance (l2)"})
    EXPECT_THAT(html, ::testing::HasSubstr(text)) << text;
  EXPECT_EQ(score_name(cosine), "score");
  EXPECT_EQ(told_score(cosine, -0.5F), -0.5);
}

TEST(AnswerPage, NamesAQueryThatTheIndexDoesNotHave) {
  const base::TemporaryFolder folder;
  const auto ring = write_ring(folder / "ring");
  build_object_index({.vectors = ring, .pictures = ring}, folder / "index");
  const auto index = ObjectIndex::open(folder / "index");
  const std::vector<float> east = {1, 0};
  const auto gallery = neighbours_gallery(index, {{"from elsewhere"}}, index.search({east.data(), 1, 2}, 2), {});
  EXPECT_EQ(gallery.rows[0].label, "from elsewhere");
  ASSERT_EQ(gallery.rows[0].tiles.size(), 2u);
  EXPECT_FALSE(gallery.rows[0].tiles[0].marked);
  EXPECT_EQ(gallery.rows[0].tiles[0].caption, "ring-0");
}

}  // namespace
}  // namespace asterism::similar
