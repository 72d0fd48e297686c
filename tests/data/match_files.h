#pragma once
// Small tables to match, in every format.

#include <arrow/api.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "astro/sphere.h"
#include "base/random.h"
#include "data/match.h"
#include "io/arrow_status.h"
#include "io/parquet.h"

namespace asterism::data {

struct SkyList {
  std::vector<double> ra, dec;
  std::vector<int64_t> id;
  Positions positions() const { return {ra, dec}; }
  int64_t size() const { return int64_t(ra.size()); }
};

template <class Builder, class T>
std::shared_ptr<arrow::Array> column_of(const std::vector<T>& values) {
  Builder builder;
  io::check_arrow(builder.AppendValues(values), "a column");
  return io::need_arrow(builder.Finish(), "a column");
}

// Half anywhere, half crowded around the poles, RA 0 and two ordinary places; every tenth row repeats the one before.
inline SkyList sky_list(uint64_t seed, int64_t n, double spread_arcsec) {
  base::Random random(seed, 0, 0, "sky list");
  const astro::SkyPosition places[] = {{0, 90}, {0, -90}, {0, 0}, {120, 45}, {359.9999, -30}};
  SkyList out;
  for (int64_t i = 0; i < n; ++i) {
    astro::SkyPosition p{random.uniform(0, 360), std::asin(random.uniform(-1, 1)) / astro::kDegree};
    if (i % 2 == 1)
      p = astro::offset_by(places[size_t(i / 2) % 5], random.uniform(0, 360), random.uniform(0, spread_arcsec) / 3600);
    if (i % 10 == 9) p = {out.ra.back(), out.dec.back()};
    out.ra.push_back(p.ra_deg);
    out.dec.push_back(p.dec_deg);
    out.id.push_back(int64_t(seed) * 1000000 + i);
  }
  return out;
}

inline void write_list(const std::filesystem::path& path, const SkyList& list, int64_t rows_per_group = 100) {
  const auto table =
      arrow::Table::Make(arrow::schema({arrow::field("ra", arrow::float64()), arrow::field("dec", arrow::float64()),
                                        arrow::field("object_id", arrow::int64())}),
                         {column_of<arrow::DoubleBuilder>(list.ra), column_of<arrow::DoubleBuilder>(list.dec),
                          column_of<arrow::Int64Builder>(list.id)});
  io::write_parquet(path, *table, {.rows_per_group = rows_per_group});
}

inline std::vector<int64_t> whole_column(const arrow::Table& table, const std::string& name) {
  std::vector<int64_t> out;
  for (const auto& chunk : table.GetColumnByName(name)->chunks()) {
    const auto& values = static_cast<const arrow::Int64Array&>(*chunk);
    for (int64_t i = 0; i < values.length(); ++i) out.push_back(values.IsNull(i) ? -1 : values.Value(i));
  }
  return out;
}

}  // namespace asterism::data
