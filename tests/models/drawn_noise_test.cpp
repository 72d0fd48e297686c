#include "models/drawn_noise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/random.h"
#include "base/temporary_folder.h"
#include "io/json.h"
#include "models/any_to_any.h"
#include "tiny_sky.h"

namespace asterism::models {
namespace {

void write_noise(const std::filesystem::path& folder, double image, double spectrum) {
  nlohmann::json json;
  for (const char* band : {"des-g", "des-r", "des-z"})
    json["image_legacy"][std::string("noise in ") + band] = {{"median", image}};
  json["image_legacy"]["pixel scale"] = {{"median", 0.262}};
  json["spectrum_desi"] = {{"noise", {{"median", spectrum}}}, {"flux", {{"median", 7}}}};
  io::write_json(folder / "ranges.json", json);
}

TEST(DrawnNoise, IsThatOfTheObjectsLearnedFrom) {
  const base::TemporaryFolder folder;
  EXPECT_TRUE(usual_noise(folder.path()).empty());
  write_noise(folder.path(), 0.1, 0.5);
  const auto noise = usual_noise(folder.path());
  EXPECT_EQ(noise.at("image_legacy"), (NoiseByBand{{"des-g", 0.1}, {"des-r", 0.1}, {"des-z", 0.1}}));
  EXPECT_EQ(noise.at("spectrum_desi"), (NoiseByBand{{"", 0.5}}));
  io::write_json(folder / "ranges.json", {{"image_legacy", 3}});
  EXPECT_THROW(usual_noise(folder.path()), base::DataError);
}

TEST(DrawnNoise, IsSetWherePixelsAreGood) {
  auto images = tiny::image(2);
  images.ivar.assign(images.ivar.size(), 1);
  images.mask[0] = 1;
  images.ivar[0] = 0;
  const auto with = std::get<modalities::ImageBlock>(with_noise(images, {{"des-g", 0.1}, {"des-z", 0.5}}));
  const size_t plane = size_t(tiny::kSide * tiny::kSide);
  EXPECT_EQ(with.ivar[0], 0);
  EXPECT_NEAR(with.ivar[1], 100, 1e-3);
  EXPECT_EQ(with.ivar[plane], 1) << "a band whose noise is not known";
  EXPECT_NEAR(with.ivar[2 * plane], 4, 1e-5);
  EXPECT_NEAR(with.ivar[3 * plane], 100, 1e-3) << "the next object";
  const auto spectra = std::get<modalities::SpectrumBlock>(with_noise(tiny::spectrum(1, 4), {{"", 0.5}}));
  EXPECT_THAT(spectra.ivar, testing::Each(4));
}

// A drawn image is read as the images of the data are: with their noise.
TEST(DrawnNoise, ChainsReadWhatWasDrawnWithIt) {
  const auto batch = tiny::sky(6);
  const base::TemporaryFolder folder;
  AnyToAny made(tiny::sky_model(), tiny::codecs(batch));
  made.fit(batch);
  made.save(folder / "model");
  write_noise(folder / "model", 0.1, 0.5);
  const auto model = AnyToAny::load(folder / "model");
  PredictRequest request;
  request.given = {"flux_g"};
  request.targets = {"image_legacy", "redshift"};
  const auto drawn = model->sample_joint(batch, request).front();
  const auto& image = drawn.blocks.at("image_legacy");
  EXPECT_THAT(std::get<modalities::ImageBlock>(image).ivar, testing::Each(testing::AnyOf(0, 1))) << "as drawn";
  auto seen = batch;
  seen.blocks["image_legacy"] = with_noise(image, {{"des-g", 0.1}, {"des-r", 0.1}, {"des-z", 0.1}});
  std::vector<uint64_t> hashes;
  for (const auto& object : batch.objects) hashes.push_back(object.hash());
  request.given = {"flux_g", "image_legacy"};
  request.targets = {"redshift"};
  const auto wanted_N1 =
      model->predict(seen, request).scalars.at("redshift").sample_NS(1, base::stable_hash("redshift"), hashes);
  const auto& redshift = std::get<modalities::ScalarBlock>(drawn.blocks.at("redshift"));
  for (int64_t i = 0; i < 6; ++i) EXPECT_NEAR(redshift.value[size_t(i)], wanted_N1[i][0].item<double>(), 1e-5) << i;
}

}  // namespace
}  // namespace asterism::models
