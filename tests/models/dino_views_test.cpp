#include "models/dino_views.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "models/augment.h"
#include "models/dino.h"
#include "tiny_backbones.h"

namespace asterism::models {
namespace {

DinoViews views_of(const Dino& model, const modalities::Batch& batch, const DrawKey& key) {
  return draw_views(model.settings(), model.encoder("student"), model.encoder("teacher"), at::kCPU, batch, key);
}

TEST(DinoViews, GlobalOnesAreTheTeachersToo) {
  const Dino model(tiny::dino_model());
  auto batch = tiny::sky(4);
  tiny::remove(batch, "image_legacy", 1);
  const auto views = views_of(model, batch, {1, 2, true});
  EXPECT_EQ(views.count, 3);
  EXPECT_EQ(views.images, std::vector<int64_t>{3});
  EXPECT_EQ(views.objects[0][1], batch.objects[2].hash()) << "the absent one is left out";
  ASSERT_EQ(int64_t(views.student.size()), views.sets);
  EXPECT_EQ(views.sets, kGlobalViews + model.settings().local_crops);
  ASSERT_EQ(int64_t(views.teacher.size()), kGlobalViews);
  for (size_t k = 0; k < views.teacher.size(); ++k)
    for (const char* name : {"flux", "ivar", "good"})
      EXPECT_TRUE(at::equal(views.teacher[k].view.tensors.at(name), views.student[k].view.tensors.at(name))) << name;
  EXPECT_EQ(views.student[0].view.grid.positions(), 16);
  EXPECT_EQ(views.student[2].view.grid.positions(), 4);
}

TEST(DinoViews, HidesUsablePatchesOfGlobalViewsAlone) {
  auto settings = tiny::dino_model();
  settings.hidden_probability = 1;
  const Dino model(settings);
  const auto batch = tiny::sky(6);
  auto views = views_of(model, batch, {1, 2, true});
  hide_patches(views, settings, {1, 2, true});
  int64_t hidden = 0;
  for (size_t k = 0; k < 2; ++k)
    for (size_t p = 0; p < views.student[k].hidden_NP.size(); ++p) {
      hidden += views.student[k].hidden_NP[p];
      EXPECT_LE(views.student[k].hidden_NP[p], views.student[k].view.usable_NP[p]);
    }
  EXPECT_GT(hidden, 0);
  EXPECT_TRUE(views.student[2].hidden_NP.empty());
  EXPECT_TRUE(views.teacher[0].hidden_NP.empty());
  auto again = views_of(model, batch, {1, 2, true});
  hide_patches(again, settings, {1, 2, true});
  EXPECT_EQ(again.student[0].hidden_NP, views.student[0].hidden_NP);
}

TEST(DinoViews, OtherKindsAreRefused) {
  const Dino model(tiny::dino_model());
  auto batch = tiny::sky(2);
  batch.blocks.at("image_legacy") = batch.blocks.at("spectrum_desi");
  EXPECT_THROW(views_of(model, batch, {1, 2, true}), base::UserError);
}

}  // namespace
}  // namespace asterism::models
