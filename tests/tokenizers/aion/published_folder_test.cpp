#include "tokenizers/aion/published_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "tokenizers/weights_file.h"

namespace asterism::tokenizers::aion {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

void write(const std::filesystem::path& folder, const std::string& config,
           const std::map<std::string, at::Tensor>& weights) {
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "config.json") << config;
  write_weights(folder / "model.safetensors", weights);
}

TEST(PublishedFolder, KindsByTheirContent) {
  const base::TemporaryFolder folder;
  const std::pair<const char*, const char*> cases[] = {
      {R"({"quantizer_levels": [3]})", "aion_image"},
      {R"({"encoder_depths": [1]})", "aion_spectrum"},
      {R"({"encoder_output_dim": 4, "levels": [3], "ema_model_weights": true})", kSegmentationMapKind},
      {R"({"mask_value": 9999})", kCatalogKind},
      {R"({"compression_fns": [], "reservoir_size": 9})", "aion_multi_scalar"},
      {R"({"min_log_value": -3, "reservoir_size": 9})", "aion_log_scalar"},
      {R"({"reservoir_size": 9})", "aion_scalar"},
  };
  for (const auto& [config, kind] : cases) {
    write(folder / "x", config, {});
    EXPECT_TRUE(is_published(folder / "x"));
    EXPECT_EQ(read_published(folder / "x").kind, kind) << config;
  }
  write(folder / "x", R"({"codebook_size": 4})", {{"quantizer.buckets", at::zeros({4})}});
  EXPECT_EQ(read_published(folder / "x").kind, "aion_grid_scalar");
  EXPECT_TRUE(read_published(folder / "x").weights.contains("_quantizer.buckets"));
  write(folder / "x", R"({"what": 4})", {});
  EXPECT_THAT([&] { read_published(folder / "x"); },
              ThrowsMessage<base::DataError>(HasSubstr("none of the published")));
  write(folder / "x", R"({"kind": "image_conv"})", {});
  EXPECT_FALSE(is_published(folder / "x"));
  EXPECT_THROW(is_published(folder / "y"), base::UserError);
}

TEST(PublishedFolder, OneTensorUnderTwoNamesIsRefused) {
  const base::TemporaryFolder folder;
  write(folder / "x", R"({"reservoir_size": 9})",
        {{"quantizer._reservoir", at::zeros({4})}, {"_quantizer._reservoir", at::zeros({4})}});
  EXPECT_THROW(read_published(folder / "x"), base::DataError);
}

struct Some {
  int64_t width = 3;
  double clip = 5;
  std::string unit;
  bool reference_behaviour = false;
  void describe(config::Fields& f) {
    f.add("width", width, "of it").between(1, 10);
    f.add("clip", clip, "0: none");
    f.add("unit", unit, "of it");
    f.add("reference_behaviour", reference_behaviour, "of it");
  }
};

TEST(PublishedFolder, NullIsZeroAndUnknownKeysAreLeftOut) {
  Some some;
  auto fields = config::fields_of(some);
  read_config(fields, R"({"width": 4, "clip": null, "later": [1]})", "x");
  EXPECT_EQ(some.width, 4);
  EXPECT_EQ(some.clip, 0);
  EXPECT_THROW(read_config(fields, R"({"width": 40})", "x"), base::UserError);
  read_config(fields, R"({"clip": null})", "x", {"clip"});
  EXPECT_EQ(some.clip, 0);
  EXPECT_THAT([&] { read_config(fields, R"({"clip": 0.0})", "x", {"clip"}); },
              ThrowsMessage<base::DataError>(HasSubstr("x: 'clip' is 0, which leaves nothing")));
  EXPECT_THROW(read_config(fields, R"([1])", "x"), base::DataError);
}

TEST(PublishedFolder, WhatThePackageHasNoWordForIsNotWritten) {
  const base::TemporaryFolder folder;
  Some some;
  some.clip = 0;
  nn::Parameters parameters;
  parameters.add_buffer("a", at::ones({2}));
  write_published(folder / "x", config::fields_of(some), {"clip"}, parameters);
  std::ifstream file(folder / "x" / "config.json");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  EXPECT_THAT(text, HasSubstr("\"clip\": null"));
  EXPECT_THAT(text, testing::Not(HasSubstr("reference_behaviour")));
  EXPECT_THAT(text, testing::Not(HasSubstr("unit")));
  EXPECT_TRUE(at::equal(read_weights(folder / "x" / "model.safetensors").at("a"), at::ones({2})));
}

TEST(PublishedFolder, WhatFileAndConfigSayMustAgree) {
  EXPECT_NO_THROW(check_same(at::tensor({3, 4}, at::kInt), {3, 4}, "levels", "x"));
  EXPECT_THAT(
      [] {
        check_same(at::tensor({3, 5}, at::kInt), {3, 4}, "levels", "x");
      },
      ThrowsMessage<base::DataError>(HasSubstr("[3, 5]")));
}

}  // namespace
}  // namespace asterism::tokenizers::aion
