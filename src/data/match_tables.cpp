#include "data/match_tables.h"

#include <arrow/api.h>

#include <limits>

#include "base/error.h"
#include "base/signals.h"
#include "data/arrow_lists.h"
#include "data/hats_read.h"
#include "io/csv.h"
#include "io/fits.h"
#include "io/parquet.h"
#include "modalities/scalar.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;
using modalities::ScalarBlock;

constexpr const char* kStopped = "stopped by a signal; nothing was written";

struct Table {
  std::vector<std::string> id;
  std::vector<double> ra, dec;  // NaN: no position
  std::vector<std::pair<std::string, ScalarBlock>> columns;
  Positions positions() const { return {ra, dec}; }
};

const double kNan = std::numeric_limits<double>::quiet_NaN();

ScalarBlock as_scalar(const std::vector<double>& values, const std::vector<uint8_t>& bad) {
  ScalarBlock block = modalities::make_scalars(int64_t(values.size()), "", false);
  for (size_t i = 0; i < values.size(); ++i) {
    block.present[i] = bad[i] == 0;
    block.value[i] = bad[i] == 0 ? values[i] : 0;
  }
  return block;
}

Table read_csv_table(const fs::path& path, const std::vector<std::string>& columns) {
  const auto table = io::read_csv(path, {.types = {{"object_id", arrow::utf8()}}});
  const size_t n = size_t(table->num_rows());
  const auto numbers = [&](const std::string& name, std::vector<uint8_t>& bad) {
    const auto column = table->GetColumnByName(name);
    if (!column)
      base::data_error("{}: there is no column '{}'; the nearest is '{}'", path.string(), name,
                       base::nearest(name, table->schema()->field_names()));
    std::vector<double> out(n, 0);
    bad.assign(n, 0);
    read_doubles(*one_chunk(*column, path.string()), 0, int64_t(n), out.data(), bad.data(),
                 path.string() + ", column " + name);
    return out;
  };
  Table out;
  std::vector<uint8_t> bad_ra, bad_dec, bad;
  out.ra = numbers("ra", bad_ra);
  out.dec = numbers("dec", bad_dec);
  const auto id = table->GetColumnByName("object_id");
  const auto ids = id ? one_chunk(*id, path.string()) : nullptr;
  for (size_t i = 0; i < n; ++i) {
    if (bad_ra[i] != 0 || bad_dec[i] != 0) out.ra[i] = kNan;
    out.id.push_back(ids ? read_text(*ids, int64_t(i), path.string()) : "row-" + std::to_string(i));
  }
  for (const auto& name : columns) {
    const auto values = numbers(name, bad);
    out.columns.emplace_back(name, as_scalar(values, bad));
  }
  return out;
}

Table read_fits_table(const fs::path& path, const std::vector<std::string>& columns) {
  const auto file = io::FitsFile::open(path);
  for (int h = 0; h < file.num_hdus(); ++h) {
    const auto hdu = file.hdu(h);
    if (hdu.kind() != io::FitsKind::kTable || hdu.find_column("ra") == nullptr || hdu.find_column("dec") == nullptr)
      continue;
    Table out;
    out.ra = hdu.column<double>("ra").values;
    out.dec = hdu.column<double>("dec").values;
    const auto* id = hdu.find_column("object_id");
    if (id != nullptr && id->type == io::FitsType::kText) {
      out.id = hdu.text_column("object_id");
    } else {
      const auto numbers = id != nullptr ? hdu.column<int64_t>("object_id").values : std::vector<int64_t>{};
      for (size_t i = 0; i < out.ra.size(); ++i)
        out.id.push_back(id != nullptr ? std::to_string(numbers[i]) : "row-" + std::to_string(i));
    }
    for (const auto& name : columns) {
      const auto values = hdu.column<double>(name);
      std::vector<uint8_t> bad;
      for (const uint8_t valid : values.valid) bad.push_back(valid == 0);
      out.columns.emplace_back(name, as_scalar(values.values, bad));
    }
    return out;
  }
  base::data_error("{}: no table HDU with columns ra and dec", path.string());
}

Table read_dataset(const fs::path& path, const std::vector<std::string>& columns) {
  const auto dataset = HatsReader::open(path);
  for (const auto& name : columns) {
    const auto* c = dataset.layout().find(name);
    if (c == nullptr || c->kind != "scalar")
      base::user_error("{} has no scalar '{}'; the nearest is '{}'", path.string(), name,
                       base::nearest(name, dataset.layout().names()));
  }
  Table out;
  for (const auto& key : dataset.keys()) {
    out.id.push_back(key.id);
    out.ra.push_back(key.has_position ? key.ra_deg : kNan);
    out.dec.push_back(key.dec_deg);
  }
  for (const auto& name : columns) {
    std::vector<modalities::Block> parts;
    dataset.for_each({name}, int64_t{1} << 20, [&](modalities::Batch&& batch, int64_t) {
      base::stop_if_requested(kStopped);
      parts.push_back(std::move(batch.blocks.at(name)));
      return true;
    });
    out.columns.emplace_back(name, parts.empty() ? modalities::make_scalars(0, "", false)
                                                 : std::get<ScalarBlock>(modalities::concatenate(parts)));
  }
  return out;
}

Table read_table(const fs::path& path, const std::vector<std::string>& columns) {
  const std::string name = path.filename().string();
  const auto ends = [&](const char* ending) {
    return name.ends_with(ending) || name.ends_with(std::string(ending) + ".gz");
  };
  Table out = ends(".csv")                    ? read_csv_table(path, columns)
              : ends(".fits") || ends(".fit") ? read_fits_table(path, columns)
                                              : read_dataset(path, columns);
  for (size_t i = 0; i < out.ra.size(); ++i) {
    if (std::abs(out.dec[i]) > 90)
      base::data_error("{}, row {}: dec {}; it must lie in [-90, 90]", path.string(), i, out.dec[i]);
  }
  return out;
}

std::shared_ptr<arrow::Array> ids_of(const std::vector<std::string>& ids, const std::vector<Match>& pairs,
                                     int64_t Match::*side) {
  arrow::StringBuilder builder;
  for (const Match& pair : pairs) io::check_arrow(builder.Append(ids[size_t(pair.*side)]), "matched ids");
  return io::need_arrow(builder.Finish(), "matched ids");
}

}  // namespace

int64_t match_tables(const fs::path& a, const fs::path& b, const fs::path& out, const MatchTablesOptions& options) {
  if (out.extension() != ".parquet" && out.extension() != ".csv")
    base::user_error("{}: the result is written as .parquet or .csv", out.string());
  const Table ta = read_table(a, options.columns_a);
  base::stop_if_requested(kStopped);
  const Table tb = read_table(b, options.columns_b);
  base::stop_if_requested(kStopped);
  const auto pairs = match(ta.positions(), tb.positions(), options.match);
  base::stop_if_requested(kStopped);
  arrow::FieldVector fields = {arrow::field("object_id_a", arrow::utf8()), arrow::field("object_id_b", arrow::utf8()),
                               arrow::field("separation_arcsec", arrow::float64())};
  std::vector<double> separation;
  for (const Match& pair : pairs) separation.push_back(pair.separation_arcsec);
  const std::vector<uint8_t> all(pairs.size(), 1);
  arrow::ArrayVector arrays = {ids_of(ta.id, pairs, &Match::a), ids_of(tb.id, pairs, &Match::b),
                               doubles(separation.data(), all.data(), int64_t(pairs.size()))};
  for (const auto& [table, side, suffix] :
       {std::tuple<const Table*, int64_t Match::*, const char*>{&ta, &Match::a, "_a"}, {&tb, &Match::b, "_b"}}) {
    for (const auto& [name, block] : table->columns) {
      std::vector<int64_t> rows;
      for (const Match& pair : pairs) rows.push_back(pair.*side);
      const auto chosen = modalities::select(block, rows);
      fields.push_back(arrow::field(name + suffix, arrow::float64()));
      arrays.push_back(doubles(chosen.value.data(), chosen.present.data(), chosen.n));
    }
  }
  const auto table = arrow::Table::Make(arrow::schema(fields), arrays, int64_t(pairs.size()));
  if (out.extension() == ".csv") {
    io::write_csv(out, *table);
  } else {
    io::write_parquet(out, *table);
  }
  return int64_t(pairs.size());
}

}  // namespace asterism::data
