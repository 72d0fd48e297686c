#include "infer/rewrite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/value_ranges.h"
#include "infer/embed.h"
#include "models/all.h"
#include "tests/infer/tiny_sky.h"
#include "tokenizers/all.h"
#include "tokenizers/tokenizer_folder.h"

namespace asterism::infer {
namespace {

// What embed says of the objects in the folder.
std::string said(const std::filesystem::path& folder, const std::filesystem::path& model,
                 const std::filesystem::path& out) {
  EmbedOptions embedding;
  embedding.model = model;
  embedding.dataset = folder / "sky";
  embedding.out = out;
  testing::internal::CaptureStderr();
  embed(embedding);
  return testing::internal::GetCapturedStderr();
}

TEST(Rewrite, AModelStillKnowsWhatItLearnedFrom) {
  const base::TemporaryFolder folder;
  write_sky(folder / "sky");
  small_model()->save(folder / "run" / "model");
  auto of_sample = data::ranges_of(sky_objects());
  auto& range = of_sample.at("flux_g").at("value");
  range.low *= 100;
  range.high *= 100;
  data::write_ranges(folder / "run" / "model", of_sample);
  rewrite(folder / "run", folder / "new");
  const auto weights = models::load_model(folder / "new")->parameters().all();
  for (const auto& [name, tensor] : models::load_model(folder / "run" / "model")->parameters().all())
    EXPECT_TRUE(at::equal(tensor, weights.at(name))) << name;
  EXPECT_THAT(said(folder.path(), folder / "run" / "model", folder / "old_vectors"), testing::HasSubstr("flux_g: "));
  EXPECT_THAT(said(folder.path(), folder / "new", folder / "new_vectors"), testing::HasSubstr("flux_g: "));
  EXPECT_THROW(rewrite(folder / "run", folder / "new"), base::UserError) << "it is there already";
}

TEST(Rewrite, ATokenizerKeepsWhatIsSaidBesideItsWeights) {
  const base::TemporaryFolder folder;
  const auto sky = sky_objects();
  auto bins = tokenizers::make_tokenizer("scalar_bins", R"({"bins": 16})", 1);
  bins->fit(sky.blocks.at("flux_g"));
  bins->save(folder / "codec");
  rewrite(folder / "codec", folder / "plain");
  EXPECT_FALSE(std::filesystem::exists(folder / "plain" / data::kRangesFile)) << "nothing is known";
  tokenizers::record_modalities(folder / "codec", {"flux_g"});
  data::write_ranges(folder / "codec", data::ranges_of(sky));
  rewrite(folder / "codec", folder / "new");
  EXPECT_EQ(tokenizers::recorded_modalities(folder / "new"), std::vector<std::string>{"flux_g"});
  EXPECT_EQ(data::read_ranges(folder / "new").at("flux_g").at("value").objects,
            data::ranges_of(sky).at("flux_g").at("value").objects);
  const auto& fluxes = sky.blocks.at("flux_g");
  EXPECT_TRUE(at::equal(tokenizers::load_tokenizer(folder / "new")->encode(fluxes).ids, bins->encode(fluxes).ids));
}

}  // namespace
}  // namespace asterism::infer
