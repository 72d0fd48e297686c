#include "data/column_words.h"

#include <gtest/gtest.h>

#include "modalities/all.h"

namespace asterism::data {
namespace {

TEST(ColumnWords, EveryKnownModalityIsDescribed) {
  for (const auto& known : modalities::all())
    EXPECT_FALSE(column_note(std::string(known.name), {}).description.empty()) << known.name;
  EXPECT_EQ(column_note("flux_sdss_u", {}).ucd, "phot.flux.density;em.opt.U");
  EXPECT_EQ(column_note("flux_w1", {}).ucd, "phot.flux.density;em.IR.3-4um");
  EXPECT_TRUE(column_note("never_heard_of", {}).description.empty());
}

TEST(ColumnWords, ADatasetsOwnWordsWin) {
  DatasetInfo info;
  info.columns["redshift"] = {"of the host", "src.redshift;stat.mean"};
  EXPECT_EQ(column_note("redshift", info).description, "of the host");
}

TEST(ColumnWords, UnitsAsVoUnits) {
  EXPECT_EQ(vo_unit("1e-17 erg/s/cm^2/Angstrom"), "10**-17 erg.s**-1.cm**-2.Angstrom**-1");
  EXPECT_EQ(vo_unit("K"), "K");
  EXPECT_EQ(vo_unit("display"), "");
}

}  // namespace
}  // namespace asterism::data
