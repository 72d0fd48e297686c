#include "similar/query_vectors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "similar/object_index.h"
#include "tests/similar/tiny_dataset.h"

namespace asterism::similar {
namespace {

using ::testing::HasSubstr;

class QueryVectorsTest : public ::testing::Test {
 protected:
  QueryVectorsTest() { write_ring(folder_ / "ring"); }
  std::string refusal(const std::vector<std::string>& ids, const std::string& column = "") {
    try {
      read_query_vectors(folder_ / "ring", column, ids);
      return "";
    } catch (const base::UserError& error) {
      return error.what();
    }
  }
  base::TemporaryFolder folder_;
};

TEST_F(QueryVectorsTest, OfTheObjectsNamedInTheirOrder) {
  const auto found = read_query_vectors(folder_ / "ring", "", {"mock/ring-3", "ring-0", "ring-3"});
  EXPECT_EQ(found.dimension, 2u);
  EXPECT_THAT(found.names, ::testing::ElementsAre("mock/ring-3", "ring-0", "ring-3"));
  EXPECT_THAT(found.values, ::testing::Pointwise(::testing::FloatNear(1e-6F), {0.F, 1.F, 1.F, 0.F, 0.F, 1.F}));
}

TEST_F(QueryVectorsTest, OfEveryObjectWithoutIds) {
  const auto found = read_query_vectors(folder_ / "ring", "vector", {});
  EXPECT_EQ(found.names.size(), 12u);
  EXPECT_EQ(found.values.size(), 24u);
}

TEST_F(QueryVectorsTest, TheyFindTheirObjectsInAnIndex) {
  build_object_index({.vectors = folder_ / "ring"}, folder_ / "index");
  const auto index = ObjectIndex::open(folder_ / "index");
  const auto asked = read_query_vectors(folder_ / "ring", "", {});
  const auto found = index.search(asked.rows(), 1);
  for (size_t i = 0; i < asked.names.size(); ++i) EXPECT_EQ(index.objects()[found.rows[i]].id, asked.names[i]);
  const std::vector<float> wide = {1, 0, 0};
  EXPECT_THROW(index.search({wide.data(), 1, 3}, 1), base::UserError);
}

TEST_F(QueryVectorsTest, WhatIsNotThereIsNamed) {
  EXPECT_THAT(refusal({"ring-1", "ring-77"}), HasSubstr("'ring-77'"));
  EXPECT_THAT(refusal({"ring-1"}, "vectr"), HasSubstr("'vector'"));
  EXPECT_EQ(refusal({"ring-1"}), "");
}

TEST_F(QueryVectorsTest, AnObjectWithoutAVectorIsRefusedByNameAndElseLeftOut) {
  auto batch = ring();
  auto& vectors = std::get<modalities::VectorBlock>(batch.blocks.at("vector"));
  vectors.present[4] = 0;
  vectors.value[8] = vectors.value[9] = 0;
  data::DatasetInfo info;
  info.name = "gap";
  info.title = "a ring with a gap";
  data::HatsWriter writer(folder_ / "gap", info);
  writer.add(batch);
  writer.finish();
  EXPECT_EQ(read_query_vectors(folder_ / "gap", "", {}).names.size(), 11u);
  EXPECT_THROW(read_query_vectors(folder_ / "gap", "", {"ring-4"}), base::UserError);
}

}  // namespace
}  // namespace asterism::similar
