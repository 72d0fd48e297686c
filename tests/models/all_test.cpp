#include "models/all.h"

#include <gtest/gtest.h>

#include "base/atomic_file.h"
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

}  // namespace
}  // namespace asterism::models
