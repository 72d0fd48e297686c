#include "modalities/vector.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace asterism::modalities {
namespace {

VectorBlock sample_vectors(int64_t vocabulary) {
  VectorBlock block = make_vectors(3, 2, vocabulary);
  block.present = {1, 0, 1};
  block.value = {1, 2, 0, 0, 3, 4};
  return block;
}

TEST(Vector, KeepsItsPromises) {
  EXPECT_NO_THROW(check("v", sample_vectors(0)));
  EXPECT_NO_THROW(check("v", sample_vectors(5)));
  EXPECT_THROW(check("v", sample_vectors(4)), base::DataError);  // 4 is not below the vocabulary
  auto fraction = sample_vectors(5);
  fraction.value[0] = 0.5F;
  EXPECT_THROW(check("v", fraction), base::DataError);
  auto nan = sample_vectors(0);
  nan.value[4] = std::nanf("");
  EXPECT_THROW(check("v", nan), base::DataError);
  auto absent = sample_vectors(0);
  absent.value[2] = 1;
  EXPECT_THROW(check("v", absent), base::DataError);
  auto short_one = sample_vectors(0);
  short_one.value.pop_back();
  EXPECT_THROW(check("v", short_one), base::DataError);
}

TEST(Vector, SelectAndConcatenate) {
  const auto block = sample_vectors(0);
  const auto picked = select(block, {2, 0, 2});
  EXPECT_EQ(picked.value, (base::AlignedVector<float>{3, 4, 1, 2, 3, 4}));
  const auto joined = concatenate(std::vector<const VectorBlock*>{&block, &picked});
  EXPECT_EQ(joined.n, 6);
  EXPECT_EQ(joined.present, (base::AlignedVector<uint8_t>{1, 0, 1, 1, 1, 1}));
  const auto other = make_vectors(1, 3);
  EXPECT_THROW(concatenate(std::vector<const VectorBlock*>{&block, &other}), base::DataError);
}

}  // namespace
}  // namespace asterism::modalities
