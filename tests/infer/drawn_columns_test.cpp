#include "infer/drawn_columns.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "data/batch_table.h"
#include "data/layout.h"
#include "modalities/catalog.h"
#include "modalities/scalar.h"
#include "tests/models/tiny_sky.h"

namespace asterism::infer {
namespace {

std::vector<std::string> names_of(const NewColumns& columns) {
  std::vector<std::string> out;
  for (const auto& [field, array] : columns) out.push_back(field->name());
  return out;
}

// The columns as the loader reads them.
modalities::Batch columns_back(const NewColumns& columns, const std::vector<modalities::ObjectKey>& objects) {
  modalities::Batch keys;
  keys.objects = objects;
  keys.blocks["anchor"] = modalities::make_scalars(int64_t(objects.size()), "", false);
  auto table = data::to_table(keys, data::schema_for(keys, {}));
  auto fields = table->schema()->fields();
  auto arrays = table->columns();
  for (const auto& [field, array] : columns) {
    fields.push_back(field);
    arrays.push_back(std::make_shared<arrow::ChunkedArray>(array));
  }
  const auto schema = arrow::schema(fields);
  const auto whole = arrow::Table::Make(schema, arrays);
  return data::from_table(*whole, data::layout_of(*schema, "columns"), {}, "columns");
}

models::BlockPrediction drawn_from(const std::vector<modalities::Block>& samples) {
  models::BlockPrediction out;
  out.samples = samples;
  out.mean = samples.front();
  for (size_t i = 0; i < samples.size(); ++i) out.ids_NT.push_back(at::full({4, 3}, int64_t(i), at::kLong));
  return out;
}

// A sample is read back as what it was drawn as, beside the mean, and is absent where nothing was given.
TEST(DrawnColumns, SamplesAreReadBack) {
  const auto sky = models::tiny::sky(4), other = models::tiny::sky(4, 100);
  auto present = at::ones({4}, at::kBool);
  present[2] = false;
  for (const std::string target : {"image_legacy", "spectrum_desi"}) {
    const auto drawn = drawn_from({sky.blocks.at(target), other.blocks.at(target)});
    NewColumns plain, decoded;
    add_drawn(target, drawn, present, 16, sky.objects, false, plain);
    add_drawn(target, drawn, present, 16, sky.objects, true, decoded);
    EXPECT_EQ(names_of(plain),
              (std::vector<std::string>{target + "_tokens_0", target + "_tokens_1", target + "_predicted"}));
    EXPECT_EQ(names_of(decoded),
              (std::vector<std::string>{target + "_tokens_0", target + "_tokens_1", target + "_predicted",
                                        target + "_sample_0", target + "_sample_1"}));
    const auto back = columns_back(decoded, sky.objects);
    modalities::check(back);
    const std::vector<std::pair<std::string, const modalities::Batch*>> written{
        {target + "_predicted", &sky}, {target + "_sample_0", &sky}, {target + "_sample_1", &other}};
    for (const auto& [name, from] : written) {
      const auto& block = back.blocks.at(name);
      EXPECT_EQ(std::vector<uint8_t>(modalities::present(block).begin(), modalities::present(block).end()),
                (std::vector<uint8_t>{1, 1, 0, 1}))
          << name;
      const auto mine = modalities::select(block, {0, 1, 3}),
                 wanted = modalities::select(from->blocks.at(target), {0, 1, 3});
      if (target == "image_legacy") {
        EXPECT_EQ(std::get<modalities::ImageBlock>(mine).flux, std::get<modalities::ImageBlock>(wanted).flux) << name;
      } else {
        EXPECT_EQ(std::get<modalities::SpectrumBlock>(mine).flux, std::get<modalities::SpectrumBlock>(wanted).flux)
            << name;
      }
    }
  }
}

TEST(DrawnColumns, ListsHaveNoMean) {
  auto lists = modalities::make_catalogs(4, 2, {{"X", ""}, {"SHAPE_R", "arcsec"}});
  for (size_t i = 0; i < 4; ++i) {
    lists.present[i] = 1;
    lists.count[i] = 1;
    lists.value[4 * i] = float(i);  // X of the first source
    lists.value[4 * i + 2] = 0.5f;  // SHAPE_R
    lists.mask[4 * i] = lists.mask[4 * i + 2] = 0;
  }
  const auto objects = models::tiny::scalars(4).objects;
  NewColumns columns;
  add_drawn("catalog_legacy", drawn_from({lists}), at::ones({4}, at::kBool), 3468, objects, true, columns);
  EXPECT_EQ(names_of(columns), (std::vector<std::string>{"catalog_legacy_tokens_0", "catalog_legacy_sample_0"}));
  const auto back = columns_back(columns, objects);
  const auto& block = std::get<modalities::CatalogBlock>(back.blocks.at("catalog_legacy_sample_0"));
  EXPECT_EQ(block.count[3], 1);
  EXPECT_EQ(block.columns, lists.columns);
  EXPECT_EQ(block.value[size_t(3 * block.length * 2)], 3);
}

}  // namespace
}  // namespace asterism::infer
