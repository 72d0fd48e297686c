#include "modalities/catalog.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace asterism::modalities {
namespace {

CatalogBlock sample_catalog() {
  auto block = make_catalogs(2, 2, {{"X", "pixel"}, {"SHAPE_R", "arcsec"}});
  block.present = {1, 0};
  block.count = {1, 0};
  block.value = {40, 0, 1.5F, 0, 0, 0, 0, 0};
  block.mask = {0, 1, 0, 1, 1, 1, 1, 1};
  return block;
}

TEST(Catalog, KeepsItsPromises) {
  EXPECT_NO_THROW(check("c", sample_catalog()));
  const auto broken = [](auto change) {
    auto block = sample_catalog();
    change(block);
    EXPECT_THROW(check("c", block), base::DataError);
  };
  broken([](auto& b) { b.value[0] = std::nanf(""); });
  broken([](auto& b) { b.value[1] = 1; });  // masked, and not 0
  broken([](auto& b) { b.mask[1] = 0; });   // padding that claims to be known
  broken([](auto& b) { b.count[1] = 1; });  // absent
  broken([](auto& b) { b.count[0] = 3; });
  broken([](auto& b) { b.columns[1].name = "X"; });
  broken([](auto& b) { b.columns.pop_back(); });
}

TEST(Catalog, JoiningPadsEachColumn) {
  const auto a = sample_catalog();
  auto b = make_catalogs(1, 3, a.columns);
  b.present = {1};
  b.count = {3};
  b.value = {1, 2, 3, 4, 5, 6};
  b.mask = {0, 0, 0, 0, 0, 0};
  const auto joined = concatenate(std::vector<const CatalogBlock*>{&a, &b});
  EXPECT_NO_THROW(check("joined", joined));
  EXPECT_EQ(joined.length, 3);
  EXPECT_EQ(joined.value[0], 40);
  EXPECT_EQ(joined.value[3], 1.5F);
  EXPECT_EQ(joined.value[17], 6);
  EXPECT_EQ(select(joined, {2}).value, b.value);
  auto other = b;
  other.columns[0].unit = "arcsec";
  EXPECT_THROW(concatenate(std::vector<const CatalogBlock*>{&a, &other}), base::DataError);
}

}  // namespace
}  // namespace asterism::modalities
