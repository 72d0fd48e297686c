#include "infer/named_object.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "base/error.h"
#include "tests/infer/tiny_sky.h"

namespace asterism::infer {
namespace {

// Refuses redshifts beyond a limit by their row, as a tokenizer does.
NewColumns refuse_beyond(double limit, const modalities::Batch& batch) {
  const auto& redshift = std::get<modalities::ScalarBlock>(batch.blocks.at("redshift"));
  for (size_t i = 0; i < redshift.value.size(); ++i)
    if (redshift.value[i] > limit) base::data_error("codec: the redshift of row {} is too large.", i);
  return {};
}

std::string named_refusal(const BatchFunction& function, const modalities::Batch& batch) {
  try {
    with_object_named(function, batch);
    return "";
  } catch (const base::DataError& error) {
    return error.what();
  }
}

TEST(NamedObject, TheObjectOfABadRowIsNamed) {
  auto batch = sky_objects();
  auto& redshift = std::get<modalities::ScalarBlock>(batch.blocks.at("redshift"));
  const auto beyond = [](double limit) {
    return [limit](const modalities::Batch& part) { return refuse_beyond(limit, part); };
  };
  EXPECT_EQ(named_refusal(beyond(10), batch), "");
  redshift.value[117] = redshift.value[200] = 11;
  EXPECT_EQ(named_refusal(beyond(10), batch), "codec: the redshift of row 117 is too large. (object test/object-117)");
  redshift.value[0] = 11;
  EXPECT_EQ(named_refusal(beyond(10), batch), "codec: the redshift of row 0 is too large. (object test/object-0)");
}

// Numbers that a product or a decomposition of ATen cannot bear, with its own words for it.
TEST(NamedObject, SoIsOneThatTheArithmeticStopsAt) {
  auto batch = sky_objects();
  const auto root_of = [](const modalities::Batch& part) -> NewColumns {
    for (const double value : std::get<modalities::ScalarBlock>(part.blocks.at("redshift")).value)
      at::linalg_cholesky(at::full({1, 1}, 10 - value, at::kDouble));
    return {};
  };
  EXPECT_NO_THROW(with_object_named(root_of, batch));
  std::get<modalities::ScalarBlock>(batch.blocks.at("redshift")).value[117] = 11;
  EXPECT_THAT([&] { with_object_named(root_of, batch); },
              testing::ThrowsMessage<std::runtime_error>(
                  testing::AllOf(testing::HasSubstr("cholesky"), testing::HasSubstr("(object test/object-117)"))));
}

TEST(NamedObject, WhatIsWrongWithAllIsNoObjects) {
  const auto unit = [](const modalities::Batch&) -> NewColumns { base::data_error("another unit"); };
  EXPECT_EQ(named_refusal(unit, sky_objects()), "another unit");
}

}  // namespace
}  // namespace asterism::infer
