#include "data/mmu_layout.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

namespace asterism::data {
namespace {

TEST(MmuLayout, ColumnsOfTheSdssTable) {
  const auto list = arrow::list(arrow::float32());
  const auto spectrum =
      arrow::struct_({arrow::field("flux", list), arrow::field("ivar", list), arrow::field("lsf_sigma", list),
                      arrow::field("lambda", list), arrow::field("mask", arrow::list(arrow::boolean()))});
  const auto schema = arrow::schema(
      {arrow::field("spectrum", spectrum), arrow::field("Z", arrow::float32()), arrow::field("Z_ERR", arrow::float32()),
       arrow::field("ZWARNING", arrow::boolean()), arrow::field("SPECTROFLUX_IVAR_G", arrow::float32()),
       arrow::field("SPECTROFLUX_G", arrow::float32()), arrow::field("VDISP", arrow::float32()),
       arrow::field("ra", arrow::float64()), arrow::field("dec", arrow::float64()),
       arrow::field("_healpix_29", arrow::int64()), arrow::field("object_id", arrow::utf8())});
  const Layout layout = mmu_layout(*schema, "mmu_sdss_sdss");
  EXPECT_EQ(layout.survey, "sdss");
  EXPECT_EQ(layout.id_column, "object_id");
  EXPECT_EQ(layout.names(),
            (std::vector<std::string>{"spectrum_sdss", "redshift", "redshift_ok", "spectroflux_g", "vdisp"}));
  EXPECT_EQ(layout.find("spectrum_sdss")->quirk, Quirk::kLsfInPixels);
  EXPECT_EQ(layout.find("redshift")->extra_column, "Z_ERR");
  EXPECT_EQ(layout.find("redshift_ok")->quirk, Quirk::kFlagMeansBad) << "true is a problem in this survey's files";
  EXPECT_EQ(layout.find("spectroflux_g")->error, ErrorKind::kInverseVariance);
}

TEST(MmuLayout, ColumnsOfTheLegacyTableAndOfAPlainOne) {
  const auto image = arrow::struct_({arrow::field("band", arrow::list(arrow::utf8())),
                                     arrow::field("flux", arrow::list(arrow::list(arrow::list(arrow::float32()))))});
  const auto legacy =
      mmu_layout(*arrow::schema({arrow::field("image", image), arrow::field("FLUX_W1", arrow::float32()),
                                 arrow::field("EBV", arrow::float32())}),
                 "x");
  EXPECT_EQ(legacy.names(), (std::vector<std::string>{"image_legacy", "flux_w1", "ebv"}));
  EXPECT_EQ(legacy.find("image_legacy")->unit, "nanomaggy");
  const auto plain =
      mmu_layout(*arrow::schema({arrow::field("id", arrow::int64()), arrow::field("RA", arrow::float64()),
                                 arrow::field("DEC", arrow::float64()), arrow::field("mag", arrow::float64()),
                                 arrow::field("mag_error", arrow::float64()), arrow::field("note", arrow::utf8())}),
                 "table");
  EXPECT_EQ(plain.ra_column, "RA");
  EXPECT_EQ(plain.names(), (std::vector<std::string>{"mag"}));
  EXPECT_EQ(plain.find("mag")->extra_column, "mag_error");
}

// A radius is no flux, and a column that states its unit is believed.
TEST(MmuLayout, FluxInANameIsNoUnit) {
  const auto number = [](const char* name, const char* unit = "") {
    const auto field = arrow::field(name, arrow::float32());
    return *unit == 0 ? field : field->WithMetadata(arrow::key_value_metadata({"unit"}, {unit}));
  };
  const auto plain =
      mmu_layout(*arrow::schema({arrow::field("id", arrow::int64()), number("FLUX_RADIUS"), number("HALPHA_FLUX_X"),
                                 number("FLUX_G", "uJy"), number("FLUX_R"), number("FLUX_IVAR_R"), number("FLUX_Z")}),
                 "table");
  EXPECT_EQ(plain.find("flux_radius")->unit, "");
  EXPECT_EQ(plain.find("halpha_flux_x")->unit, "");
  EXPECT_EQ(plain.find("flux_g")->unit, "uJy");
  EXPECT_EQ(plain.find("flux_r")->unit, "nanomaggy")
      << "with an inverse variance beside it, as the Legacy Surveys write";
  EXPECT_EQ(plain.find("flux_z")->unit, "");
}

// The published tables of the imaging surveys tell no unit; their columns are known by name.
TEST(MmuLayout, UnitsOfTheImagingSurveysGoByName) {
  const auto unit_of = [](const char* name, const char* table) {
    const auto column = arrow::field(name, arrow::float32());
    const auto key = arrow::field(std::string(table) == "hsc" ? "g_cmodel_mag" : "id", arrow::float32());
    const auto found = mmu_layout(*arrow::schema({key, column}), table);
    for (const auto& one : found.modalities)
      if (one.column == name) return one.unit;
    return std::string("no such column");
  };
  EXPECT_EQ(unit_of("EBV", "table"), "mag");
  EXPECT_EQ(unit_of("SHAPE_R", "table"), "arcsec");
  EXPECT_EQ(unit_of("a_g", "hsc"), "mag");
  EXPECT_EQ(unit_of("i_cmodel_mag", "hsc"), "mag");
  EXPECT_EQ(unit_of("a_g", "table"), "") << "of another survey it may be anything";
}

}  // namespace
}  // namespace asterism::data
