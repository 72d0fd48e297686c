#include "infer/assemble_catalogue.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/properties.h"
#include "io/parquet.h"
#include "tests/infer/tiny_sky.h"

namespace asterism::infer {
namespace {

TEST(AssembleCatalogue, TilesOfTheSkyAndRowsWithoutAPlace) {
  const base::TemporaryFolder folder;
  write_sky(folder / "sky");
  const auto reader = data::HatsReader::open(folder / "sky");
  const auto tile = [&](size_t file) { return folder / ("tile-" + std::to_string(file)); };
  size_t without_rows = reader.files().size();
  for (size_t file = 0; file < reader.files().size(); ++file) {
    if (reader.files()[file].pixel && without_rows == reader.files().size()) {
      without_rows = file;  // as if it held no rows
      continue;
    }
    std::vector<std::string> columns = {"object_id", "ra", "dec", "redshift"};
    if (reader.files()[file].pixel) columns.emplace_back("_healpix_29");
    io::write_parquet(tile(file), *io::read_parquet(reader.files()[file].path, columns));
  }
  MapOptions options;
  options.out = folder / "out";
  options.title = "Redshifts";
  options.properties = {{"asterism_model", "tiny"}};
  assemble_catalogue(options, reader, tile, "what made it");
  const auto out = data::HatsReader::open(folder / "out");
  EXPECT_EQ(out.files().size(), reader.files().size() - 1);
  EXPECT_GT(out.num_rows(), kUnplaced);
  EXPECT_LT(out.num_rows(), kObjects);
  EXPECT_EQ(out.info().title, "Redshifts");
  EXPECT_EQ(out.properties().need("asterism_identity"), "what made it");
  EXPECT_EQ(out.properties().need("asterism_model"), "tiny");
  EXPECT_EQ(out.properties().need("asterism_unplaced_rows"), std::to_string(kUnplaced));
  EXPECT_THROW(assemble_catalogue(options, reader, tile, ""), base::UserError) << "it is there";
  options.out = folder / "none";
  EXPECT_THROW(assemble_catalogue(
                   options, reader, [&](size_t) { return folder / "nothing"; }, ""),
               base::UserError);
  EXPECT_FALSE(std::filesystem::exists(folder / "none"));
}

}  // namespace
}  // namespace asterism::infer
