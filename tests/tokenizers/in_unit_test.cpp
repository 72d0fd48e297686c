#include "tokenizers/in_unit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "example_blocks.h"

namespace asterism::tokenizers {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(InUnit, MicrojanskysAreNanomaggies) {
  const modalities::Block block = test::scalars(3);
  const auto& given = std::get<modalities::ScalarBlock>(block);
  const InUnit same(block, "scalar", "nanomaggy", "r");
  EXPECT_EQ(&*same, &block);  // no copy
  const InUnit converted(block, "scalar", "uJy", "r");
  const auto& b = std::get<modalities::ScalarBlock>(*converted);
  EXPECT_EQ(b.unit, "uJy");
  EXPECT_NEAR(b.value[1] / given.value[1], 3.631, 1e-3);
  EXPECT_NEAR(b.error[1] / given.error[1], 3.631, 1e-3);
}

TEST(InUnit, InverseVariancesGoWithTheSquare) {
  const modalities::Block block = test::spectra(1, 50);
  const auto& given = std::get<modalities::SpectrumBlock>(block);
  const InUnit converted(block, "spectrum", "1e-16 erg/s/cm^2/Angstrom", "r");
  const auto& b = std::get<modalities::SpectrumBlock>(*converted);
  EXPECT_NEAR(b.flux[7], given.flux[7] * 0.1f, 1e-5 * std::abs(given.flux[7]));
  EXPECT_NEAR(b.ivar[7], given.ivar[7] * 100, 1e-3 * given.ivar[7]);
}

TEST(InUnit, OtherQuantitiesAreRefusedByName) {
  const modalities::Block block = test::scalars(2), vectors = test::vectors(2, 3);
  EXPECT_THAT([&] { InUnit(block, "scalar", "km/s", "the reader"); },
              ThrowsMessage<base::UserError>(testing::AllOf(HasSubstr("the reader"), HasSubstr("'km/s'"))));
  EXPECT_THAT([&] { InUnit(block, "scalar", "furlong", "r"); }, ThrowsMessage<base::UserError>(HasSubstr("'furlong'")));
  auto bare = test::scalars(2);
  bare.unit = "";
  const modalities::Block numbers = bare;
  EXPECT_THAT([&] { InUnit(numbers, "scalar", "nanomaggy", "r"); },
              ThrowsMessage<base::UserError>(
                  testing::AllOf(HasSubstr("in 'nanomaggy', these are as pure numbers"), HasSubstr("metadata"))));
  EXPECT_EQ(&*InUnit(vectors, "vector", "km/s", "r"), &vectors);  // they have no unit
  EXPECT_EQ(&*InUnit(block, "scalar", "", "r"), &block);
  EXPECT_EQ(&*InUnit(block, "image", "km/s", "r"), &block);  // who wanted an image will say so
}

}  // namespace
}  // namespace asterism::tokenizers
