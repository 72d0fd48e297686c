#include "data/surveys/mmu_tables.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "tests/data/surveys/survey_rows.h"

namespace asterism::data {
namespace {

TEST(MmuTables, ReadEveryRowOnce) {
  const auto tables = open_mmu_tables({golden_file("mmu-plasticc.hdf5")});
  EXPECT_EQ(tables->num_rows(), 3);
  int64_t rows = 0;
  while (const auto part = tables->next()) {
    EXPECT_EQ(part->first, rows);
    EXPECT_TRUE(part->rows->schema()->Equals(*tables->schema()));
    rows += part->rows->num_rows();
  }
  EXPECT_EQ(rows, 3);
}

TEST(MmuTables, FilesOfOneSchemaAlone) {
  const auto tables =
      open_mmu_tables({golden_file("mmu-cfa3-sn1994ae.hdf5"), golden_file("mmu-ps1_sne_ia-psc000001.hdf5")});
  EXPECT_TRUE(tables->next());
  EXPECT_THROW(tables->next(), base::DataError);  // magnitudes, then fluxes
  EXPECT_FALSE(tables->next());
  const base::TemporaryFolder folder;
  EXPECT_THROW(open_mmu_tables({folder / "nothing"}), base::UserError);
}

}  // namespace
}  // namespace asterism::data
