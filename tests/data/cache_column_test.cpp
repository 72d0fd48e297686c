#include "data/cache_column.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/layout.h"
#include "modalities/vector.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

// Every kind, written in two pieces and gathered in any order, with absent rows among them.
TEST(CacheColumn, GathersWhatWasWritten) {
  const base::TemporaryFolder folder;
  auto batch = sample_batch(20);
  auto vectors = modalities::make_vectors(20, 3);
  for (size_t i = 0; i < 20; i += 2) {
    vectors.present[i] = 1;
    for (size_t k = 0; k < 3; ++k) vectors.value[i * 3 + k] = float(i + k);
  }
  batch.blocks.emplace("embedding", vectors);
  const auto schema = schema_for(batch, {.name = "x"});
  const Layout layout = layout_of(*schema, "x");
  std::vector<int64_t> first, second, order = {19, 0, 7, 7, 3, 12, 1};
  for (int64_t i = 0; i < 20; ++i) (i < 6 ? first : second).push_back(i);
  for (const auto& [name, block] : batch.blocks) {
    SCOPED_TRACE(name);
    const ModalityColumn& c = *layout.find(name);
    const auto writer = write_cache_column(folder.path(), name, c.kind);
    writer->add(modalities::select(block, first));
    writer->add(modalities::select(block, second));
    writer->close();
    std::vector<int64_t> place_of_row;
    int64_t next = 0;
    for (const uint8_t p : modalities::present(block)) place_of_row.push_back(p != 0 ? next++ : -1);
    EXPECT_EQ(writer->rows(), next);
    const auto column = open_cache_column(folder.path(), c, *schema->GetFieldByName(c.column)->type());
    EXPECT_EQ(column->num_rows(), next);
    std::vector<int64_t> places;
    for (const int64_t row : order) places.push_back(place_of_row[size_t(row)]);
    const auto found = column->gather(places);
    modalities::check(name, found);
    EXPECT_TRUE(name == "embedding" ? std::get<modalities::VectorBlock>(found).value ==
                                          std::get<modalities::VectorBlock>(modalities::select(block, order)).value
                                    : same_block(found, modalities::select(block, order)));
    EXPECT_EQ(modalities::rows(column->gather({})), 0);
  }
}

TEST(CacheColumn, RefusesAFileOfAnotherShape) {
  const base::TemporaryFolder folder;
  const auto batch = sample_batch(5);
  const auto schema = schema_for(batch, {.name = "x"});
  ModalityColumn c = *layout_of(*schema, "x").find("image_legacy");
  const auto writer = write_cache_column(folder.path(), c.modality, c.kind);
  writer->add(batch.blocks.at("image_legacy"));
  writer->close();
  c.height += 1;
  EXPECT_THROW(open_cache_column(folder.path(), c, *arrow::null()), base::DataError);
}

}  // namespace
}  // namespace asterism::data
