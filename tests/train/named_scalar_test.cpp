#include "train/named_scalar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "modalities/scalar.h"
#include "modalities/vector.h"

namespace asterism::train {
namespace {

TEST(NamedScalar, IsFoundOrTheNearestIsNamed) {
  modalities::Batch batch;
  batch.blocks["redshift"] = modalities::make_scalars(2, "", false);
  batch.blocks["redshifts"] = modalities::make_vectors(2, 3);
  EXPECT_EQ(named_scalar(batch, "redshift", "data.require").n, 2);
  for (const char* wrong : {"redshit", "redshifts"})
    EXPECT_THAT([&] { named_scalar(batch, wrong, "data.require"); },
                testing::ThrowsMessage<base::UserError>(
                    testing::AllOf(testing::HasSubstr("data.require"), testing::HasSubstr("'redshift'"))));
}

}  // namespace
}  // namespace asterism::train
