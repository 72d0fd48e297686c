#include "infer/verify/fixture_case.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "tokenizers/weights_file.h"

namespace asterism::infer {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

void write_case(const std::filesystem::path& folder, const std::string& name, const std::string& info) {
  std::filesystem::create_directories(folder / "io");
  tokenizers::write_weights(
      folder / "io" / (name + ".safetensors"),
      {{"in.flux", at::ones({2, 3})}, {"out.tokens", at::zeros({2}, at::kInt)}},
      info.empty() ? std::map<std::string, std::string>{} : std::map<std::string, std::string>{{"info", info}});
}

TEST(FixtureCase, TensorsAndInfo) {
  base::TemporaryFolder folder;
  write_case(folder.path(), "a", R"({"codec": "image", "bands": ["DES-G"], "n": 3, "nothing": null})");
  const auto one = FixtureCase::open(folder.path(), "a");
  EXPECT_EQ(one.text("codec"), "image");
  EXPECT_EQ(one.text("absent", "fallback"), "fallback");
  EXPECT_EQ(one.text("nothing", "fallback"), "fallback");
  EXPECT_THAT(one.texts("bands"), ElementsAre("DES-G"));
  EXPECT_EQ(one.whole_number("n", 0), 3);
  EXPECT_EQ(one.whole_number("m", 4), 4);
  EXPECT_THAT(one.names_under("in."), ElementsAre("flux"));
  EXPECT_EQ(one.at("out.tokens").scalar_type(), at::kInt);
  EXPECT_THAT([&] { one.at("out.token"); }, ThrowsMessage<base::DataError>(HasSubstr("'out.tokens'")));
  EXPECT_THAT([&] { one.text("n"); }, ThrowsMessage<base::DataError>(HasSubstr("'n'")));
  EXPECT_THAT([&] { one.texts("codec"); }, ThrowsMessage<base::DataError>(HasSubstr("'codec'")));
  EXPECT_THAT([&] { one.whole_number("codec", 0); }, ThrowsMessage<base::DataError>(HasSubstr("'codec'")));
}

TEST(FixtureCase, WithoutInfoAndWithABadOne) {
  base::TemporaryFolder folder;
  write_case(folder.path(), "none", "");
  EXPECT_TRUE(FixtureCase::open(folder.path(), "none").info.empty());
  for (const std::string bad : {"[1]", "{", "nonsense"}) {
    write_case(folder.path(), "bad", bad);
    EXPECT_THROW(FixtureCase::open(folder.path(), "bad"), base::DataError) << bad;
  }
}

TEST(FixtureCase, CasesAreTheFilesOfIoAndLinksCount) {
  base::TemporaryFolder folder;
  EXPECT_FALSE(is_fixture_folder(folder.path()));
  write_case(folder.path(), "b", "");
  write_case(folder.path(), "a", "");
  EXPECT_TRUE(is_fixture_folder(folder.path()));
  std::filesystem::create_symlink("a.safetensors", folder / "io" / "c.safetensors");
  std::ofstream(folder / "io" / "notes.txt") << "no case";
  std::filesystem::create_directory(folder / "io" / "folder.safetensors");
  EXPECT_THAT(fixture_cases(folder.path()), ElementsAre("a", "b", "c"));
  EXPECT_TRUE(FixtureCase::open(folder.path(), "c").contains("in.flux"));
}

}  // namespace
}  // namespace asterism::infer
