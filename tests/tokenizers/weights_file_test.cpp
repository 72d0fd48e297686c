#include "tokenizers/weights_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/temporary_folder.h"

namespace asterism::tokenizers {
namespace {

TEST(WeightsFile, EveryTypeGoesRoundBitByBit) {
  const base::TemporaryFolder folder;
  std::map<std::string, at::Tensor> tensors;
  int64_t i = 0;
  for (const auto type :
       {at::kFloat, at::kDouble, at::kBFloat16, at::kHalf, at::kLong, at::kInt, at::kShort, at::kByte, at::kBool})
    tensors[std::string(1, char('a' + i++))] = at::arange(12).sub(5).to(type).view({3, 4});
  tensors["scalar"] = at::full({}, 3.5);
  tensors["empty"] = at::empty({0, 4});
  tensors["strided"] = at::arange(6).to(at::kFloat).view({2, 3}).t();
  write_weights(folder / "w.safetensors", tensors, {{"kind", "test"}});
  const auto back = read_weights(folder / "w.safetensors");
  ASSERT_EQ(back.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    EXPECT_EQ(back.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(at::equal(back.at(name), tensor)) << name;
  }
}

TEST(WeightsFile, TensorsOutliveTheFileAndNeverChangeIt) {
  const base::TemporaryFolder folder;
  const auto file = folder / "w.safetensors";
  write_weights(file, {{"w", at::zeros({64})}});
  auto tensors = read_weights(file);
  auto w = tensors.at("w");
  tensors.clear();
  w.add_(1);
  EXPECT_EQ(read_weights(file).at("w").sum().item<double>(), 0);
  EXPECT_EQ(w.sum().item<double>(), 64);
}

TEST(WeightsFile, DamageIsADataError) {
  const base::TemporaryFolder folder;
  const auto file = folder / "w.safetensors";
  write_weights(file, {{"w", at::zeros({64})}});
  std::filesystem::resize_file(file, std::filesystem::file_size(file) - 8);
  EXPECT_THROW(read_weights(file), base::DataError);
}

}  // namespace
}  // namespace asterism::tokenizers
