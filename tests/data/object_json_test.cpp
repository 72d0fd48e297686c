#include "data/object_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "modalities/image.h"
#include "modalities/scalar.h"
#include "modalities/spectrum.h"

namespace asterism::data {
namespace {

TEST(ObjectJson, HoldsWhatWasObservedAndNullWhereMasked) {
  modalities::Batch batch;
  batch.objects = {{"sky", "one", true, 10.5, -3}};
  auto redshift = modalities::make_scalars(1, "", true);
  redshift.present[0] = 1;
  redshift.value[0] = 0.5;
  redshift.error[0] = 0.01;
  auto spectrum = modalities::make_spectra(1, 4, "1e-17 erg/s/cm^2/Angstrom");
  spectrum.present[0] = 1;
  for (size_t i = 0; i < 4; ++i) {
    spectrum.wavelength_angstrom[i] = 4000 + float(i);
    spectrum.flux[i] = float(i);
    spectrum.mask[i] = i == 1 || i == 3;
  }
  batch.blocks = {{"redshift", redshift},
                  {"spectrum_desi", spectrum},
                  {"image_legacy", modalities::make_images(1, {{"des-g", 0, 0}}, 2, 2, "nanomaggy", 0.262, true)}};
  const auto json = nlohmann::json::parse(object_json(batch));
  EXPECT_EQ(json["object_id"], "one");
  EXPECT_EQ(json["dec"], -3.0);
  const auto& made = json["modalities"];
  EXPECT_EQ(made["redshift"]["value"], 0.5);
  EXPECT_EQ(made["redshift"]["error"], 0.01);
  EXPECT_EQ(made["spectrum_desi"]["flux"], nlohmann::json::parse("[0,null,2]"));  // the masked end is padding
  EXPECT_EQ(made["spectrum_desi"]["wavelength"].size(), 3u);
  EXPECT_FALSE(made.contains("image_legacy"));  // was not observed
}

}  // namespace
}  // namespace asterism::data
