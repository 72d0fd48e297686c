#include "tokenizers/image_codec_settings.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tokenizers/image_codec.h"

namespace asterism::tokenizers {
namespace {

TEST(ImageCodecSettings, ReadBackAsTheyWere) {
  ImageCodecSettings settings, again;
  settings.band_embedding = "field";
  settings.quantiser = "vq";
  settings.levels = {4, 4};
  settings.left_out_bands = {"hsc-i"};
  auto fields = config::fields_of(again);
  config::read_json(fields, config::to_json(config::fields_of(settings)), "test");
  EXPECT_EQ(config::to_json(config::fields_of(again)), config::to_json(config::fields_of(settings)));
  EXPECT_THROW(config::read_json(fields, R"({"band_embedding": "fild"})", "test"), base::UserError);
}

TEST(ImageCodecSettings, TableIsAnOlderWordForName) {
  ImageCodecSettings settings;
  settings.band_embedding = "table";
  EXPECT_EQ(ImageCodec(settings).settings().band_embedding, "name");
}

}  // namespace
}  // namespace asterism::tokenizers
