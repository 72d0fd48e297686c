#include "tour/sections_training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/temporary_folder.h"
#include "tests/similar/tiny_dataset.h"

namespace asterism::tour {
namespace {

using ::testing::HasSubstr;

TEST(SectionsTraining, DrawsTheLossOfEveryRun) {
  const base::TemporaryFolder folder;
  Plan plan;
  plan.trainings.resize(1);
  plan.trainings[0].name = "run";
  std::filesystem::create_directory(folder / "run");
  base::write_text(folder / "run" / "metrics.jsonl", "{\"step\":1,\"loss\":4.125}\n{\"step\":2,\"loss\":3.5}\n");
  report::Page page("test");
  add_training_section(page, plan, folder.path());
  EXPECT_THAT(page.html(), HasSubstr("4.125"));
}

TEST(SectionsTraining, ResidualsAreInUnitsOfTheNoise) {
  const auto batch = similar::ring();
  eval::Collected collected;
  collected.subject.objects = batch.objects;
  collected.split.test = {0};
  eval::Reconstruction pair;
  pair.observed = batch.blocks.at("image_legacy");
  auto made = std::get<modalities::ImageBlock>(pair.observed);
  for (float& flux : made.flux) flux += 0.2F;  // two sigma everywhere: ivar is 100
  pair.rebuilt = made;
  pair.bits = 640;
  // Block row 0 is of an object to learn from, row 1 is of the last object, which is judged.
  const int64_t last = int64_t(batch.objects.size()) - 1;
  pair.rows = {0, last};
  collected.split.test = {last};
  collected.subject.reconstructions["image_legacy"] = pair;
  report::Page page("test");
  add_reconstruction_section(page, collected);
  EXPECT_THAT(page.html(), HasSubstr("chi2/px 4.00"));
  EXPECT_THAT(page.html(), HasSubstr("640 bits"));
  EXPECT_THAT(page.html(), HasSubstr(">" + batch.objects.back().id + "<"));
  EXPECT_THAT(page.html(), Not(HasSubstr(">" + batch.objects.front().id + "<")));
}

TEST(SectionsTraining, PosteriorsStandBesideTheTruth) {
  eval::Collected collected;
  collected.subject.objects = similar::ring().objects;
  collected.split.test = {2};
  eval::Posteriors posteriors;
  posteriors.given = "flux_r";
  posteriors.edges = {0, 0.5, 1};
  posteriors.probability_MK = at::full({12, 2}, 0.5, at::kDouble);
  posteriors.present.assign(12, 1);
  collected.subject.posteriors["redshift"] = {posteriors};
  collected.labels["redshift"].value.assign(12, 0.25);
  collected.labels["redshift"].present.assign(12, 1);
  report::Page page("test");
  add_posterior_section(page, collected);
  for (const char* text : {"Redshift distributions", "given flux_r", "truth", "ring-2"})
    EXPECT_THAT(page.html(), HasSubstr(text)) << text;
}

}  // namespace
}  // namespace asterism::tour
