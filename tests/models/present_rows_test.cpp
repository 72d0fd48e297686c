#include "models/present_rows.h"

#include <gtest/gtest.h>

#include "tiny_sky.h"

namespace asterism::models {
namespace {

const modalities::Block& spectra(const modalities::Batch& batch) { return batch.blocks.at("spectrum_desi"); }

TEST(PresentRows, AreABlockOfTheirOwn) {
  auto batch = tiny::sky(5);
  tiny::remove(batch, "spectrum_desi", 0);
  tiny::remove(batch, "spectrum_desi", 3);
  const PresentRows seen(spectra(batch));
  ASSERT_TRUE(seen.any());
  EXPECT_FALSE(seen.all());
  const auto& kept = std::get<modalities::SpectrumBlock>(seen.block());
  const auto& whole = std::get<modalities::SpectrumBlock>(spectra(batch));
  EXPECT_EQ(kept.n, 3);
  for (int64_t i = 0; i < whole.length; ++i)
    EXPECT_EQ(kept.flux[size_t(2 * kept.length + i)], whole.flux[size_t(4 * whole.length + i)]);
  EXPECT_TRUE(at::equal(seen.rows_of(at::tensor({4, 1, 2, 4}, at::kLong)), at::tensor({2, 0, 1, 2}, at::kLong)));
  EXPECT_EQ(seen.spread(std::vector<uint8_t>{1, 2, 3, 4, 5, 6}), (std::vector<uint8_t>{0, 0, 1, 2, 3, 4, 0, 0, 5, 6}));
  EXPECT_TRUE(at::equal(seen.spread(at::tensor({7, 8, 9}, at::kLong)), at::tensor({0, 7, 8, 0, 9}, at::kLong)));
  Places own{{}, {{1, 2}, {3, 4}, {5, 6}}}, shared{{}, {{1, 2}, {3, 4}}};
  const auto spread = seen.spread(own, 1);
  ASSERT_EQ(spread.columns.size(), 5u);
  EXPECT_EQ(spread.columns[4].low, 5);
  EXPECT_EQ(seen.spread(shared, 2).columns.size(), 2u) << "of all objects alike";
}

TEST(PresentRows, NoneAndAll) {
  auto batch = tiny::sky(2);
  const PresentRows all(spectra(batch));
  EXPECT_TRUE(all.any() && all.all());
  EXPECT_EQ(&all.block(), &spectra(batch)) << "nothing is copied";
  for (int64_t row = 0; row < 2; ++row) tiny::remove(batch, "spectrum_desi", row);
  EXPECT_FALSE(PresentRows(spectra(batch)).any());
}

}  // namespace
}  // namespace asterism::models
