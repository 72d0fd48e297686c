#pragma once
// A finished model knows the unit that it learned from.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "models/all.h"
#include "models/backbone.h"
#include "train/objective.h"

namespace asterism::train {

inline std::string& unit_in(modalities::Batch& batch, const std::string& modality) {
  auto& block = batch.blocks.at(modality);
  if (auto* image = std::get_if<modalities::ImageBlock>(&block)) return image->unit;
  return std::get<modalities::SpectrumBlock>(block).unit;
}

// Prepared with the sample, saved and loaded, it gives vectors of the sample and refuses the same in another unit: in
// training, as it embeds, and as the encoder of another model.
inline void expect_other_units_are_refused(Objective& objective, modalities::Batch sample,
                                           const std::string& modality) {
  const auto refusal = [&](const auto& work) -> std::string {
    try {
      work();
      return "";
    } catch (const base::UserError& error) {
      return error.what();
    }
  };
  const base::TemporaryFolder folder;
  objective.prepare(sample);
  objective.save(folder / "model");
  const auto model = models::load_model(folder / "model");
  const auto backbone = models::open_backbone(folder / "model", modality);
  const auto own = unit_in(sample, modality);
  EXPECT_TRUE(model->embed(sample, {}).present_N.all().item<bool>());
  unit_in(sample, modality) = "counts";
  const auto says = testing::AllOf(testing::HasSubstr("'counts'"), testing::HasSubstr("'" + own + "'"));
  EXPECT_THAT(refusal([&] { model->embed(sample, {}); }), says);
  EXPECT_THAT(refusal([&] { backbone->tokens(sample.blocks.at(modality), false, {}); }), says);
  EXPECT_THAT(refusal([&] { objective.step(sample, {}); }), says);
  if (const auto patches = model->patch_encoder(modality))
    EXPECT_THAT(refusal([&] {
                  const auto& images = std::get<modalities::ImageBlock>(sample.blocks.at(modality));
                  (*patches)(images, {0, 0, images.height, images.width}, {});
                }),
                says);
}

}  // namespace asterism::train
