#include "data/match_tables.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/signals.h"
#include "base/temporary_folder.h"
#include "data/hats_write.h"
#include "data/match_positions.h"
#include "data/match_tiles.h"
#include "data/survey.h"
#include "io/csv.h"
#include "io/fits_writer.h"
#include "io/parquet.h"
#include "tests/data/match_files.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

TEST(MatchTables, ADatasetACsvAndAFitsTableAgree) {
  const base::TemporaryFolder folder;
  const auto batch = sample_batch(30);
  HatsWriter writer(folder / "set", {.name = "set"});
  writer.add(batch);
  writer.finish();
  std::ofstream csv(folder / "b.csv");
  csv.precision(17);
  csv << "object_id,ra,dec,mag\n";
  std::vector<double> ra, dec;
  std::vector<std::string> ids;
  for (const auto& object : batch.objects) {
    if (!object.has_position) continue;
    ids.push_back("b-" + object.id);
    ra.push_back(object.ra_deg);
    dec.push_back(std::min(90.0, object.dec_deg + 0.5 / 3600));
    csv << ids.back() << "," << ra.back() << "," << dec.back() << "," << 20 << "\n";
  }
  csv.close();
  io::FitsWriter()
      .table("T", {{"object_id", "", ids}, {"ra", "deg", ra}, {"dec", "deg", dec}})
      .write(folder / "b.fits");
  MatchTablesOptions options;
  options.columns_a = {"flux_g"};
  options.columns_b = {"mag"};
  EXPECT_EQ(match_tables(folder / "set", folder / "b.csv", folder / "out.parquet", options).pairs, int64_t(ids.size()));
  const auto table = io::read_parquet(folder / "out.parquet");
  EXPECT_EQ(table->schema()->field_names(),
            (std::vector<std::string>{"object_id_a", "object_id_b", "separation_arcsec", "flux_g_a", "mag_b"}));
  for (int64_t i = 0; i < table->num_rows(); ++i) {
    const auto text = [&](int c) {
      return static_cast<const arrow::StringArray&>(*table->column(c)->chunk(0)).GetString(i);
    };
    EXPECT_EQ("b-" + text(0), text(1));
    EXPECT_NEAR(static_cast<const arrow::DoubleArray&>(*table->column(2)->chunk(0)).Value(i), 0.5, 1e-6);
  }
  options.columns_b = {};
  EXPECT_EQ(match_tables(folder / "set", folder / "b.fits", folder / "out.csv", options).pairs, int64_t(ids.size()));
  EXPECT_EQ(io::read_csv(folder / "out.csv")->num_rows(), int64_t(ids.size()));
  EXPECT_THROW(match_tables(folder / "set", folder / "b.csv", folder / "out.txt", options), base::UserError);
  options.columns_a = {"flux_q"};
  EXPECT_THROW(match_tables(folder / "set", folder / "b.csv", folder / "x.csv", options), base::UserError);
}

// Memory for a few rows only: the same file comes out, through tiles, and nothing else is left.
TEST(MatchTables, TilesWriteWhatMemoryDoes) {
  const base::TemporaryFolder folder;
  const SkyList a = sky_list(1, 3000, 100), b = sky_list(2, 3000, 100);
  write_list(folder / "a.parquet", a);
  write_list(folder / "b.parquet", b);
  MatchTablesOptions options{.match = {.radius_arcsec = 20, .nearest = false}, .join = Join::kOuter};
  options.columns_b = {"dec"};
  const auto memory = match_tables(folder / "a.parquet", folder / "b.parquet", folder / "m.parquet", options);
  options.memory_bytes = 1000 * 96;
  const auto tiles = match_tables(folder / "a.parquet", folder / "b.parquet", folder / "t.parquet", options);
  EXPECT_EQ(memory.tiles, 0);
  EXPECT_GT(tiles.tiles, 3);
  EXPECT_GT(tiles.pairs, 1000);
  EXPECT_EQ(memory.pairs, tiles.pairs);
  EXPECT_TRUE(io::read_parquet(folder / "m.parquet")->Equals(*io::read_parquet(folder / "t.parquet")));
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) files += !entry.path().empty();
  EXPECT_EQ(files, 4);
  write_list(folder / "b2.parquet", b);
  std::ofstream(folder / "c.csv") << "object_id,ra,dec\n1,2,3\n";
  EXPECT_THROW(match_tables(folder / "a.parquet", folder / "c.csv", folder / "c.parquet", options), base::UserError);
}

// A run that was stopped goes on with the memory that it had, and knows what was wrong with the rows that it had read.
TEST(MatchTables, AStoppedRunGoesOnAsItWas) {
  const base::TemporaryFolder folder;
  SkyList a = sky_list(1, 3000, 100), b = sky_list(2, 3000, 100);
  a.dec[7] = 95;
  a.ra[8] = b.ra[9] = std::nan("");
  write_list(folder / "a.parquet", a);
  write_list(folder / "b.parquet", b);
  MatchTablesOptions options{.match = {.radius_arcsec = 20}};
  const auto run = [&] {
    return match_tables(folder / "a.parquet", folder / "b.parquet", folder / "t.parquet", options);
  };
  const auto whole = run();
  const auto truth = io::read_parquet(folder / "t.parquet");
  std::filesystem::remove(folder / "t.parquet");
  options.memory_bytes = 1000 * 96;
  {
    const auto ta = MatchInput::open(folder / "a.parquet", {}), tb = MatchInput::open(folder / "b.parquet", {});
    BadRows bad(10);
    PositionCheck check(bad);
    MatchTiles(folder / "t.parquet.tiles", ta, tb, options, options.memory_bytes,
               {.prepare = [&](int side, SkyColumns& rows) { check(side == 0 ? ta : tb, side, rows); },
                .save = [&](int side, const std::filesystem::path& file) { check.save(side, file); },
                .load = [&](int side, const std::filesystem::path& file) { return check.load(side, file); }});
  }
  options.memory_bytes = 0;
  options.resume = true;
  const auto resumed = run();
  EXPECT_GT(resumed.tiles, 3);
  EXPECT_EQ(resumed.bad, 1);
  EXPECT_EQ(resumed.unplaced_a, 1);
  EXPECT_EQ(resumed.unplaced_b, 1);
  EXPECT_EQ(resumed.pairs, whole.pairs);
  EXPECT_TRUE(truth->Equals(*io::read_parquet(folder / "t.parquet")));
}

TEST(MatchTables, BadPositionsAndWrongOptions) {
  const base::TemporaryFolder folder;
  std::ofstream(folder / "a.csv") << "object_id,ra,dec\n1,2,3\n2,2,93\n3,,3\n";
  const auto run = [&](const MatchTablesOptions& options) {
    return match_tables(folder / "a.csv", folder / "a.csv", folder / "o.csv", options);
  };
  const auto report = run({});
  EXPECT_EQ(report.pairs, 1);
  EXPECT_EQ(report.unplaced_a, 1);
  EXPECT_EQ(report.bad, 2);  // once in each table
  EXPECT_TRUE(std::filesystem::exists(folder / "o.csv.bad_rows.csv"));
  EXPECT_THROW(run({.max_bad = 1}), base::DataError);
  EXPECT_THROW(run({.match = {.nearest = false}, .mutual = true}), base::UserError);
}

TEST(MatchTables, ASignalStopsItAndLeavesNothing) {
  const base::TemporaryFolder folder;
  std::ofstream(folder / "a.csv") << "object_id,ra,dec\nx,10,20\n";
  base::request_stop();
  EXPECT_THROW(match_tables(folder / "a.csv", folder / "a.csv", folder / "out.csv", {}), base::Interrupted);
  base::clear_stop_request();
  EXPECT_FALSE(std::filesystem::exists(folder / "out.csv"));
}

}  // namespace
}  // namespace asterism::data
