#include "data/vector_columns.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "data/batch_table.h"
#include "modalities/vector.h"

namespace asterism::data {
namespace {

modalities::Batch batch_with(int64_t vocabulary) {
  modalities::Batch batch;
  for (const char* id : {"a", "b", "c"}) {
    modalities::ObjectKey key;
    key.survey = "mock";
    key.id = id;
    batch.objects.push_back(key);
  }
  auto vectors = modalities::make_vectors(3, 2, vocabulary);
  vectors.present = {1, 0, 1};
  vectors.value = {1, 70000, 0, 0, 3, 4};
  if (vocabulary == 0) vectors.value[0] = 0.25F;
  batch.blocks.emplace("vector", vectors);
  return batch;
}

TEST(VectorColumns, RoundTripOfNumbersAndTokens) {
  for (const int64_t vocabulary : {int64_t{0}, int64_t{100000}}) {
    const auto batch = batch_with(vocabulary);
    const auto schema = schema_for(batch, {});
    const auto table = to_table(batch, schema);
    const auto back = from_table(*table, layout_of(*schema, "test"), {"vector"}, "test");
    const auto& in = std::get<modalities::VectorBlock>(batch.blocks.at("vector"));
    const auto& out = std::get<modalities::VectorBlock>(back.blocks.at("vector"));
    EXPECT_EQ(out.width, 2);
    EXPECT_EQ(out.vocabulary, vocabulary);
    EXPECT_EQ(out.present, in.present);
    EXPECT_EQ(out.value, in.value);
  }
}

TEST(VectorColumns, BadValuesAndWidthsAreRefused) {
  auto batch = batch_with(100000);
  auto& block = std::get<modalities::VectorBlock>(batch.blocks.at("vector"));
  const auto schema = schema_for(batch, {});
  const auto table = to_table(batch, schema);
  Layout layout = layout_of(*schema, "test");
  layout.modalities[0].vocabulary = 50000;  // the file holds 70000
  EXPECT_THROW(from_table(*table, layout, {"vector"}, "test"), base::DataError);
  block = modalities::make_vectors(3, 5, 100000);
  EXPECT_THROW(to_table(batch, schema), base::DataError);
}

}  // namespace
}  // namespace asterism::data
