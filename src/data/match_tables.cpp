#include "data/match_tables.h"

#include <algorithm>

#include "base/atomic_file.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/signals.h"
#include "data/match_epoch.h"
#include "data/match_input.h"
#include "data/match_positions.h"
#include "data/match_tiles.h"
#include "data/match_write.h"
#include "data/survey.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

constexpr const char* kStopped = "stopped by a signal; nothing was written";
constexpr int64_t kRowBytes = 96, kPairBytes = 512;  // of a position being matched; of a row of the result

struct Job {
  const MatchInput& a;
  const MatchInput& b;
  const fs::path& out;
  const MatchTablesOptions& options;
  int64_t memory_bytes;
  MatchEpoch epoch;
  BadRows bad;
  PositionCheck check{bad};

  void prepare(const MatchInput& table, int side, SkyColumns& rows) {
    check(table, side, rows);
    move_to(epoch, options.epoch_yr.has_value(), table, rows);
  }
  int64_t slice_rows() const { return std::clamp<int64_t>(memory_bytes / kPairBytes, 1 << 14, 1 << 23); }

  bool fits() const { return (a.num_rows() + b.num_rows()) * kRowBytes <= memory_bytes; }

  void in_memory(MatchReport& report) {
    base::Stopwatch watch;
    SkyColumns sa = read_all_sky(a), sb = read_all_sky(b);
    prepare(a, 0, sa);
    prepare(b, 1, sb);
    report.read_s += watch.seconds();
    base::stop_if_requested(kStopped);
    watch.restart();
    auto pairs = match(sa.positions(), sb.positions(), options.match);
    if (options.mutual) pairs = mutual_only(pairs, match(sb.positions(), sa.positions(), options.match));
    base::stop_if_requested(kStopped);
    sa = sb = {};
    report.match_s = watch.seconds();
    report.pairs = int64_t(pairs.size());
    watch.restart();
    report.rows = write_matches(a, b, {pairs}, options.join, slice_rows(), out);
    report.write_s = watch.seconds();
  }

  void in_tiles(MatchReport& report) {
    for (const auto* table : {&a, &b}) {
      if (table->in_memory())
        base::user_error(
            "{} and the other table do not fit into {} MB together, and CSV and FITS are read whole: "
            "convert it to Parquet, or raise --memory",
            table->path().string(), memory_bytes >> 20);
    }
    const fs::path folder = out.string() + ".tiles";
    base::Stopwatch watch;
    {
      MatchTiles tiles(folder, a, b, options, memory_bytes,
                       {.prepare = [&](int side, SkyColumns& rows) { prepare(side == 0 ? a : b, side, rows); },
                        .save = [&](int side, const fs::path& file) { check.save(side, file); },
                        .load = [&](int side, const fs::path& file) { return check.load(side, file); }});
      report.read_s += watch.seconds();
      watch.restart();
      tiles.run();
      report.tiles = tiles.count();
      report.match_s = watch.seconds();
      watch.restart();
      const auto pairs = tiles.pairs();
      for (const auto& list : pairs) report.pairs += int64_t(list.size());
      report.rows = write_matches(a, b, pairs, options.join, slice_rows(), out);
      report.write_s = watch.seconds();
    }
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
};

}  // namespace

MatchReport match_tables(const fs::path& a, const fs::path& b, const fs::path& out, const MatchTablesOptions& options) {
  check_match_output(out);
  if (options.mutual && !options.match.nearest)
    base::user_error("--mutual chooses among nearest neighbours: leave out --how all");
  base::remove_leftovers(out);
  base::Stopwatch watch;
  const MatchInput ta = MatchInput::open(a, options.columns_a), tb = MatchInput::open(b, options.columns_b);
  int64_t memory = options.memory_bytes;
  if (memory == 0 && options.resume) memory = MatchTiles::memory_of(out.string() + ".tiles").value_or(0);
  if (memory == 0) memory = free_memory_bytes() / 2;
  Job job{ta, tb, out, options, memory, match_epoch({&ta, &tb}, options.epoch_yr), BadRows(options.max_bad)};
  MatchReport report;
  report.read_s = watch.seconds();
  if (job.fits() && !(options.resume && fs::exists(out.string() + ".tiles"))) {
    job.in_memory(report);
  } else {
    job.in_tiles(report);
  }
  report.rows_a = ta.num_rows();
  report.rows_b = tb.num_rows();
  report.unplaced_a = job.check.unplaced[0];
  report.unplaced_b = job.check.unplaced[1];
  report.bad = job.bad.count();
  if (!job.epoch.why.empty()) report.notes.push_back(job.epoch.why);
  for (const auto* table : {&ta, &tb}) {
    if (!table->has_ids())
      report.notes.push_back(table->path().string() +
                             " has no object_id: its rows go by their number, row-0, row-1 ...");
  }
  if (report.bad > 0) report.notes.push_back(write_bad_positions(job.bad, out));
  return report;
}

}  // namespace asterism::data
