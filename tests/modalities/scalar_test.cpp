#include "modalities/scalar.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace asterism::modalities {
namespace {

ScalarBlock good_scalar(bool has_error = true) {
  ScalarBlock b = make_scalars(3, "nanomaggy", has_error);
  b.present[1] = 1;
  b.value[1] = -2;
  b.error[1] = has_error ? 0.5 : 0;
  return b;
}

TEST(Scalar, EveryPromiseIsChecked) {
  EXPECT_NO_THROW(check("flux_g", good_scalar()));
  EXPECT_NO_THROW(check("flux_g", good_scalar(false)));
  ScalarBlock b = good_scalar();
  b.value[1] = NAN;
  EXPECT_THROW(check("flux_g", b), base::DataError);
  b = good_scalar();
  b.error[1] = -1;
  EXPECT_THROW(check("flux_g", b), base::DataError);
  b = good_scalar(false);
  b.error[1] = 1;
  EXPECT_THROW(check("flux_g", b), base::DataError);
  b = good_scalar();
  b.value[0] = 1;
  EXPECT_THROW(check("flux_g", b), base::DataError);
  b = good_scalar();
  b.value.resize(2);
  EXPECT_THROW(check("flux_g", b), base::DataError);
}

TEST(Scalar, UnitsMustAgree) {
  const ScalarBlock a = good_scalar();
  ScalarBlock b = good_scalar();
  EXPECT_EQ(concatenate(std::vector<const ScalarBlock*>{&a, &b}).value[4], -2);
  b.unit = "mag";
  EXPECT_THROW(concatenate(std::vector<const ScalarBlock*>{&a, &b}), base::DataError);
}

}  // namespace
}  // namespace asterism::modalities
