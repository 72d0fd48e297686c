#include "tokenizers/aion/published_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "tokenizers/aion/image.h"

namespace asterism::tokenizers::aion {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

ImageSettings small_published() {
  ImageSettings s;
  s.quantizer_levels = {3, 3};
  s.embedding_dim = 2;
  s.hidden_dims = 4;
  s.multisurvey_projection_dims = 2;
  s.num_consecutive = 0;
  return s;
}

TEST(PublishedCodec, OneObjectServesEveryModalityOfItsFolder) {
  const base::TemporaryFolder folder;
  AionImage(small_published()).save(folder / "image");
  std::filesystem::create_directory_symlink("image", folder / "image@linked");
  CodecSet codecs(folder.path());
  const auto legacy = codecs.of_modality("tok_image");
  EXPECT_EQ(legacy, codecs.of_modality("tok_image_hsc"));
  EXPECT_EQ(legacy, codecs.codec("image@linked"));
  EXPECT_FALSE(dynamic_cast<const AionImage&>(*legacy).settings().reference_behaviour);
  const auto reference = load_published(folder / "image", true);
  EXPECT_TRUE(dynamic_cast<const AionImage&>(*reference).settings().reference_behaviour);
}

TEST(PublishedCodec, NamesThatAreNone) {
  const base::TemporaryFolder folder;
  CodecSet codecs(folder.path());
  EXPECT_THAT([&] { codecs.of_modality("tok_imag"); }, ThrowsMessage<base::UserError>(HasSubstr("'tok_image'")));
  for (const char* name : {"", "..", ".", "a/b", "absent"}) EXPECT_THROW(codecs.codec(name), base::UserError) << name;
}

TEST(PublishedCodec, FortyModalities) {
  std::set<std::string> keys;
  std::set<std::string> known;
  for (const auto& kind : kinds()) known.insert(kind.name);
  for (const auto& entry : token_keys()) {
    keys.insert(entry.token_key);
    EXPECT_TRUE(known.contains(entry.kind)) << entry.token_key;
  }
  EXPECT_EQ(keys.size(), 40U);
}

}  // namespace
}  // namespace asterism::tokenizers::aion
