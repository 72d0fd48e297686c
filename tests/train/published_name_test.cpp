#include "train/published_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace asterism::train {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(PublishedName, ModalitiesOfOurDatasetsHaveOne) {
  EXPECT_EQ(published_name("aion_log_scalar", "flux_g", ""), "FLUX_G");
  EXPECT_EQ(published_name("aion_scalar", "ebv", ""), "EBV");
  EXPECT_EQ(published_name("aion_grid_scalar", "redshift", ""), "Z");
  EXPECT_EQ(published_name("aion_multi_scalar", "bp_coefficients", ""), "bp_coefficients");
  EXPECT_EQ(published_name("aion_scalar", "g_cmodel_mag", ""), "g_cmodel_mag");
}

TEST(PublishedName, WhatTheRecipeSaysCounts) {
  EXPECT_EQ(published_name("aion_log_scalar", "flux_gaia_g", "phot_g_mean_flux"), "phot_g_mean_flux");
  EXPECT_EQ(published_name("aion_log_scalar", "flux_g", "FLUX_R"), "FLUX_R");
}

TEST(PublishedName, WhatThePackageCouldNotLoadIsRefusedByName) {
  EXPECT_THAT([] { published_name("aion_log_scalar", "flux_g", "FLUX_H"); },
              ThrowsMessage<base::UserError>(AllOf(HasSubstr("'FLUX_H'"), HasSubstr("nearest is 'FLUX_"))));
  EXPECT_THAT([] { published_name("aion_scalar", "log_mass", ""); },
              ThrowsMessage<base::UserError>(AllOf(HasSubstr("'log_mass'"), HasSubstr("tokenizer.published_as"))));
  EXPECT_THAT([] { published_name("aion_scalar", "flux_g", ""); },
              ThrowsMessage<base::UserError>(AllOf(HasSubstr("FLUX_G"), HasSubstr("aion_log_scalar"))));
  EXPECT_THAT([] { published_name("aion_grid_scalar", "redshift", "image"); },
              ThrowsMessage<base::UserError>(HasSubstr("aion_image")));
}

}  // namespace
}  // namespace asterism::train
