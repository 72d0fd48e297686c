#include "eval/questions/image_reconstruction.h"

#include <gtest/gtest.h>

#include "modalities/image.h"
#include "tests/eval/planted.h"

namespace asterism::eval {
namespace {

// A round blob in two bands, with noise of 0.1 where asked for.
modalities::ImageBlock blobs(int64_t n, bool noisy, double factor) {
  auto out = modalities::make_images(n, {{"g", 4800, 1000}, {"r", 6200, 1000}}, 16, 16, "nanomaggy", 0.26, true);
  for (int64_t i = 0; i < n; ++i) {
    base::Random random(17, 0, uint64_t(i), "blob");
    const double width = 1 + random.uniform(), bright = 5 + 5 * random.uniform();
    out.present[size_t(i)] = 1;
    for (int64_t c = 0; c < 2; ++c)
      for (int64_t p = 0; p < 256; ++p) {
        const auto at = size_t((i * 2 + c) * 256 + p);
        const double r2 = std::pow(double(p / 16) - 7.5, 2) + std::pow(double(p % 16) - 7.5, 2);
        out.flux[at] =
            float(factor * bright * std::exp(-0.5 * r2 / width / width) + (noisy ? 0.1 * random.normal() : 0));
        out.ivar[at] = 100;
        out.mask[at] = 0;
      }
  }
  return out;
}

Answer image_answer(const modalities::ImageBlock& rebuilt) {
  auto planted = planted_subject(80);
  auto& made = planted.subject.reconstructions["image_legacy"];
  for (int64_t i = 0; i < 80; ++i) made.rows.push_back(i);
  made.observed = blobs(80, true, 1);
  made.rebuilt = rebuilt;
  made.bits = 60;
  return ImageReconstructionQuestion({.bootstrap = {.resamples = 50}})
      .ask(planted.subject, planted.labels, planted.split);
}

TEST(ImageReconstruction, TheTruthHasChiSquareOne) {
  const auto answer = image_answer(blobs(80, false, 1));
  EXPECT_NEAR(score_of(answer, "model", "median chi^2 per pixel").interval.value, 1, 0.08);
  EXPECT_LT(score_of(answer, "model", "median relative error of aperture flux").interval.value, 0.02);
  EXPECT_TRUE(score_of(answer, "principal components", "median chi^2 per pixel").baseline);
}

// Nothing to learn from: larger pixels whose size and range are the best for what is judged, and no components.
TEST(ImageReconstruction, LargerPixelsStandBesideWhatNothingWasLearnedFor) {
  auto planted = planted_subject(80);
  auto& made = planted.subject.reconstructions["image_legacy"];
  for (int64_t i = 0; i < 80; ++i) made.rows.push_back(i);
  made.observed = blobs(80, true, 1);
  made.rebuilt = blobs(80, false, 1);
  made.bits = 400;
  planted.split.train.clear();
  const auto answer =
      ImageReconstructionQuestion({.bootstrap = {.resamples = 50}}).ask(planted.subject, planted.labels, planted.split);
  const auto& larger = score_of(answer, "larger pixels, by what is judged", "median chi^2 per pixel");
  EXPECT_TRUE(larger.baseline);
  EXPECT_GT(larger.interval.value, 1.5);  // blobs of one to two pixels, joined 2 x 2
  for (const auto& score : answer.scores) EXPECT_EQ(score.method.find("components"), std::string::npos);
}

// Six of the test side, observed, rebuilt and the residual of each band; what was not judged is not shown.
TEST(ImageReconstruction, TheGalleryIsOfJudgedObjects) {
  const auto answer = image_answer(blobs(80, false, 1));
  ASSERT_EQ(answer.galleries.size(), 1u);
  const auto& rows = answer.galleries[0].rows;
  ASSERT_EQ(rows.size(), 4u);
  ASSERT_EQ(rows[0].tiles.size(), 6u);
  for (const auto& tile : rows[0].tiles) EXPECT_EQ(std::stoi(tile.caption) % 4, 0) << tile.caption;
  for (const auto& tile : rows[3].tiles) EXPECT_NEAR(std::stod(tile.caption.substr(8)), 1, 0.4) << tile.caption;
}

TEST(ImageReconstruction, AFaintImageIsAMissingTenth) {
  EXPECT_NEAR(
      score_of(image_answer(blobs(80, false, 0.9)), "model", "median relative error of aperture flux").interval.value,
      0.1, 0.02);
}

}  // namespace
}  // namespace asterism::eval
