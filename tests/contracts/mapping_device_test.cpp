// A dataset through a model on a device: the columns of the CPU.

#include <gtest/gtest.h>

#include "../infer/tiny_sky.h"
#include "base/temporary_folder.h"
#include "data/hats_read.h"
#include "infer/embed.h"
#include "pretend_device.h"

namespace asterism::infer {
namespace {

std::map<std::string, std::vector<float>> vectors_of(const std::filesystem::path& dataset) {
  std::map<std::string, std::vector<float>> out;
  data::HatsReader::open(dataset).for_each({"vector"}, 1000, [&](modalities::Batch&& batch, int64_t) {
    const auto& block = std::get<modalities::VectorBlock>(batch.blocks.at("vector"));
    for (int64_t i = 0; i < batch.size(); ++i)
      if (block.present[size_t(i)] != 0)
        out[batch.objects[size_t(i)].id] = {block.value.begin() + i * block.width,
                                            block.value.begin() + (i + 1) * block.width};
    return true;
  });
  return out;
}

TEST(MappingOnADevice, HasTheColumnsOfTheCpu) {
  const base::TemporaryFolder folder;
  write_sky(folder / "sky");
  EmbedOptions options;
  options.dataset = folder / "sky";
  options.out = folder / "here";
  options.batch_size = 10;
  const auto model = small_model();
  EXPECT_TRUE(embed(*model, "hash", options).complete);
  model->to(test::a_device());
  options.out = folder / "there";
  const auto result = embed(*model, "hash", options);
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(result.rows, kObjects);
  const auto here = vectors_of(folder / "here"), there = vectors_of(folder / "there");
  ASSERT_EQ(there.size(), here.size());
  for (const auto& [id, vector] : here)
    for (size_t d = 0; d < vector.size(); ++d) EXPECT_NEAR(there.at(id)[d], vector[d], 1e-3) << id;
  EXPECT_FALSE(data::HatsReader::open(folder / "here").properties().find("asterism_device"));
  EXPECT_TRUE(data::HatsReader::open(folder / "there").properties().find("asterism_device"));
}

}  // namespace
}  // namespace asterism::infer
