#include "data/object_table.h"

#include <arrow/api.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/atomic_file.h"
#include "base/error.h"
#include "data/arrow_lists.h"
#include "data/match_epoch.h"
#include "data/match_input.h"
#include "data/match_positions.h"
#include "data/match_source.h"
#include "data/survey.h"
#include "io/csv.h"
#include "io/parquet.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

// Of one table: what each object has of it.
struct Members {
  std::vector<int64_t> row;        // -1: nothing
  std::vector<double> separation;  // NaN: nothing, or it gave the object its position
  void add(int64_t r) {
    row.push_back(r);
    separation.push_back(std::numeric_limits<double>::quiet_NaN());
  }
};

struct Objects {
  std::vector<double> ra, dec;
  std::vector<size_t> table;  // that gave the position
  std::vector<Members> members;

  void begin_object(const SkyColumns& sky, size_t t, size_t row) {
    ra.push_back(sky.ra_deg[row]);
    dec.push_back(sky.dec_deg[row]);
    table.push_back(t);
    for (size_t i = 0; i < members.size(); ++i) members[i].add(i == t ? int64_t(row) : -1);
  }

  void join(const SkyColumns& sky, size_t t, double radius_arcsec, bool with_others) {
    auto pairs = match({ra, dec}, sky.positions(), {.radius_arcsec = radius_arcsec, .nearest = false});
    std::stable_sort(pairs.begin(), pairs.end(), [](const Match& x, const Match& y) {
      return x.separation_arcsec != y.separation_arcsec ? x.separation_arcsec < y.separation_arcsec
             : x.a != y.a                               ? x.a < y.a
                                                        : x.b < y.b;
    });
    std::vector<uint8_t> used(sky.ra_deg.size(), 0);
    for (const Match& pair : pairs) {
      auto& row = members[t].row[size_t(pair.a)];
      if (row >= 0 || used[size_t(pair.b)] != 0) continue;
      row = pair.b;
      members[t].separation[size_t(pair.a)] = pair.separation_arcsec;
      used[size_t(pair.b)] = 1;
    }
    for (size_t i = 0; with_others && i < used.size(); ++i) {
      if (used[i] == 0 && std::isfinite(sky.ra_deg[i])) begin_object(sky, t, i);
    }
  }

  bool whole(size_t object) const {
    return std::all_of(members.begin(), members.end(), [&](const Members& m) { return m.row[object] >= 0; });
  }
};

std::vector<std::string> different_names(const std::vector<MatchInput>& tables) {
  std::vector<std::string> out;
  std::set<std::string> taken;
  for (const auto& table : tables) {
    std::string name = table.name();
    for (int i = 2; !taken.insert(name).second; ++i) name = fmt::format("{}_{}", table.name(), i);
    out.push_back(name);
  }
  return out;
}

std::shared_ptr<arrow::Array> whole_numbers(const std::vector<int64_t>& values) {
  arrow::Int64Builder builder;
  for (const int64_t v : values) io::check_arrow(v < 0 ? builder.AppendNull() : builder.Append(v), "rows");
  return io::need_arrow(builder.Finish(), "rows");
}

// The written columns of the chosen objects.
std::shared_ptr<arrow::Table> table_of(const Objects& objects, const std::vector<int64_t>& chosen,
                                       const std::vector<MatchInput>& tables) {
  const size_t n = chosen.size();
  const auto names = different_names(tables);
  arrow::FieldVector fields;
  std::vector<std::shared_ptr<arrow::ChunkedArray>> columns;
  const auto add = [&](const std::string& name, const std::shared_ptr<arrow::Array>& values) {
    fields.push_back(arrow::field(name, values->type()));
    columns.push_back(std::make_shared<arrow::ChunkedArray>(values));
  };
  std::vector<double> ra, dec;
  std::vector<uint8_t> all(n, 1);
  for (const int64_t i : chosen) {
    ra.push_back(objects.ra[size_t(i)]);
    dec.push_back(objects.dec[size_t(i)]);
  }
  std::vector<std::shared_ptr<arrow::Array>> ids;
  for (size_t t = 0; t < tables.size(); ++t) {
    std::vector<int64_t> rows;
    std::vector<double> separation;
    std::vector<uint8_t> near;
    for (const int64_t i : chosen) {
      rows.push_back(objects.members[t].row[size_t(i)]);
      const double s = objects.members[t].separation[size_t(i)];
      separation.push_back(std::isnan(s) ? 0 : s);
      near.push_back(std::isnan(s) ? 0 : 1);
    }
    const std::string where = tables[t].path().string();
    add("row_" + names[t], whole_numbers(rows));
    ids.push_back(one_chunk(*tables[t].take(rows)->column(0), where));
    add("object_id_" + names[t], ids.back());
    if (t > 0) add("separation_arcsec_" + names[t], doubles(separation.data(), near.data(), int64_t(n)));
  }
  arrow::StringBuilder id;
  for (size_t k = 0; k < n; ++k)
    io::check_arrow(id.Append(read_text(*ids[objects.table[size_t(chosen[k])]], int64_t(k), "ids")), "ids");
  fields.insert(fields.begin(), {arrow::field("object_id", arrow::utf8()), arrow::field("ra", arrow::float64()),
                                 arrow::field("dec", arrow::float64())});
  columns.insert(columns.begin(), {std::make_shared<arrow::ChunkedArray>(io::need_arrow(id.Finish(), "ids")),
                                   std::make_shared<arrow::ChunkedArray>(doubles(ra.data(), all.data(), int64_t(n))),
                                   std::make_shared<arrow::ChunkedArray>(doubles(dec.data(), all.data(), int64_t(n)))});
  return arrow::Table::Make(arrow::schema(fields), columns, int64_t(n));
}

}  // namespace

ObjectReport match_objects(const std::vector<fs::path>& paths, const fs::path& out, const MatchTablesOptions& options) {
  check_match_output(out);
  base::remove_leftovers(out);
  std::vector<MatchInput> tables;
  int64_t rows = 0;
  for (const auto& path : paths) {
    tables.push_back(MatchInput::open(path, {}));
    rows += tables.back().num_rows();
  }
  const int64_t memory = options.memory_bytes > 0 ? options.memory_bytes : free_memory_bytes() / 2;
  const int64_t row_bytes = 128 + 16 * int64_t(paths.size());
  if (rows * row_bytes > memory)
    base::user_error(
        "a table of objects of {} rows needs about {} MB of memory, and it may use {} MB: match the tables "
        "two by two, or raise --memory",
        rows, rows * row_bytes >> 20, memory >> 20);
  BadRows bad(options.max_bad);
  PositionCheck check(bad);
  ObjectReport report;
  std::vector<const MatchInput*> all;
  all.reserve(tables.size());
  for (const auto& table : tables) all.push_back(&table);
  const auto epoch = match_epoch(all, options.epoch_yr);
  if (!epoch.why.empty()) report.notes.push_back(epoch.why);
  Objects objects;
  objects.members.resize(tables.size());
  for (size_t t = 0; t < tables.size(); ++t) {
    SkyColumns sky = read_all_sky(tables[t]);
    check(tables[t], 0, sky);
    move_to(epoch, options.epoch_yr.has_value(), tables[t], sky);
    report.rows.push_back(
        std::count_if(sky.ra_deg.begin(), sky.ra_deg.end(), [](double ra) { return !std::isnan(ra); }));
    if (t == 0) {
      for (size_t i = 0; i < sky.ra_deg.size(); ++i) {
        if (!std::isnan(sky.ra_deg[i])) objects.begin_object(sky, 0, i);
      }
    } else {
      objects.join(sky, t, options.match.radius_arcsec, options.join == Join::kOuter);
    }
  }
  std::vector<int64_t> chosen;
  for (size_t i = 0; i < objects.ra.size(); ++i) {
    if (options.join != Join::kInner || objects.whole(i)) chosen.push_back(int64_t(i));
  }
  for (const auto& members : objects.members)
    report.members.push_back(
        std::count_if(chosen.begin(), chosen.end(), [&](int64_t i) { return members.row[size_t(i)] >= 0; }));
  report.objects = int64_t(chosen.size());
  const auto table = table_of(objects, chosen, tables);
  if (out.extension() == ".csv") {
    io::write_csv(out, *table);
  } else {
    io::write_parquet(out, *table);
  }
  if (const int64_t unplaced = check.unplaced[0]; unplaced > 0)
    report.notes.push_back(fmt::format("{} rows without a position are left out", unplaced));
  if (bad.count() > 0) report.notes.push_back(write_bad_positions(bad, out));
  return report;
}

}  // namespace asterism::data
