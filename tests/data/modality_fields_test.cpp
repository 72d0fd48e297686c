#include "data/modality_fields.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <map>

#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

std::string word(const arrow::Field& f, const std::string& key) {
  const int at = f.metadata() ? f.metadata()->FindKey(key) : -1;
  return at < 0 ? "" : f.metadata()->value(at);
}

TEST(ModalityFields, EveryKindSaysWhatItIs) {
  const auto batch = sample_batch(3);
  const std::map<std::string, std::string> kinds = {{"image_legacy", "image"},     {"rgb_image", "picture"},
                                                    {"spectrum_desi", "spectrum"}, {"flux_g", "scalar"},
                                                    {"maps_segmentation", "map"},  {"cube_muse", "cube"}};
  for (const auto& [modality, kind] : kinds) {
    arrow::FieldVector out;
    std::visit([&, &name = modality](const auto& b) { add_fields(name, name, b, {.name = "x"}, out); },
               batch.blocks.at(modality));
    ASSERT_FALSE(out.empty());
    EXPECT_EQ(word(*out[0], "asterism:modality"), modality);
    EXPECT_EQ(word(*out[0], "asterism:kind"), kind);
    EXPECT_FALSE(word(*out[0], "description").empty()) << modality;
    EXPECT_EQ(out.size(), kind == "picture" || modality == "flux_g" ? 2u : 1u);  // with its mask, its error
  }
}

TEST(ModalityFields, UnitsStandOnTheFieldsOfCubes) {
  const auto batch = sample_batch(3);
  arrow::FieldVector out;
  add_fields("cube", "cube_muse", std::get<modalities::CubeBlock>(batch.blocks.at("cube_muse")), {.name = "x"}, out);
  const auto& type = static_cast<const arrow::StructType&>(*out[0]->type());
  EXPECT_EQ(word(*type.GetFieldByName("flux"), "unit"), "10**-17 erg.s**-1.cm**-2.Angstrom**-1");
  EXPECT_EQ(word(*type.GetFieldByName("ivar"), "unit"), "(10**-17 erg.s**-1.cm**-2.Angstrom**-1)**-2");
  EXPECT_EQ(word(*type.GetFieldByName("lambda"), "unit"), "Angstrom");
}

}  // namespace
}  // namespace asterism::data
