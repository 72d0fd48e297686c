#include "models/all.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"

namespace asterism::models {
namespace {

TEST(ModelFolder, ARunStandsForTheModelInItAndAModelForItself) {
  const base::TemporaryFolder folder;
  std::filesystem::create_directories(folder / "run" / "model");
  EXPECT_EQ(model_folder(folder / "run"), folder / "run") << "nothing is in it: whoever opens it says so";
  base::write_text(folder / "run" / "model" / "config.json", "{}");
  EXPECT_EQ(model_folder(folder / "run"), folder / "run" / "model");
  EXPECT_EQ(model_folder(folder / "run" / "model"), folder / "run" / "model");
  base::write_text(folder / "run" / "model.safetensors", "");  // weights alone are a model too
  EXPECT_EQ(model_folder(folder / "run"), folder / "run");
  EXPECT_EQ(model_folder(folder / "nowhere"), folder / "nowhere");
}

TEST(ModelFolder, ARunThatHasNotEndedSaysHowToGoOn) {
  const base::TemporaryFolder folder;
  std::filesystem::create_directories(folder / "run" / "checkpoints");
  base::write_text(folder / "run" / "recipe.toml", "");
  EXPECT_THAT([&] { model_folder(folder / "run"); },
              testing::ThrowsMessage<base::UserError>(testing::HasSubstr("asterism train --resume --out")));
}

}  // namespace
}  // namespace asterism::models
