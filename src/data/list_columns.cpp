#include "data/list_columns.h"

#include <arrow/api.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "base/error.h"
#include "data/arrow_lists.h"
#include "data/column_words.h"
#include "io/parquet.h"
#include "modalities/catalog.h"
#include "modalities/light_curve.h"

namespace asterism::data {
namespace {

using modalities::CatalogBlock;
using modalities::LightCurveBlock;
using modalities::LightCurvePoint;
using ArrayPtr = std::shared_ptr<arrow::Array>;
using TypePtr = std::shared_ptr<arrow::DataType>;

constexpr double kPaddedTime = -90;  // MMU pads the times of supernovae with -99

// Places of the lists of the present rows, and Arrow's offsets of them.
struct Places {
  std::vector<int64_t> starts, counts;
  std::vector<int32_t> offsets = {0};
};

template <class B>
Places places_of(const B& block, int64_t row_size) {
  Places out;
  int64_t total = 0;
  for (int64_t row = 0; row < block.n; ++row) {
    const int64_t count = block.present[size_t(row)] != 0 ? block.count[size_t(row)] : 0;
    if (count > 0) {
      out.starts.push_back(row * row_size);
      out.counts.push_back(count);
    }
    total += count;
    if (total >= (int64_t{1} << 31))
      base::user_error("{} values of one column of lists at a time; pass fewer rows", total);
    out.offsets.push_back(int32_t(total));
  }
  return out;
}

TypePtr child_type(const TypePtr& type, int i) { return type->field(i)->type(); }

ArrayPtr of_lists(const base::AlignedVector<uint8_t>& present, const std::vector<ArrayPtr>& children,
                  const TypePtr& type) {
  return std::make_shared<arrow::StructArray>(type, int64_t(present.size()), children,
                                              bits_of(present.data(), int64_t(present.size())),
                                              arrow::kUnknownNullCount);
}

// floats, null where flag[i] is 1.
ArrayPtr floats_null_where(const std::vector<float>& values, const std::vector<uint8_t>& flags) {
  arrow::FloatBuilder builder;
  io::check_arrow(builder.Reserve(int64_t(values.size())), "a column of lists");
  for (size_t i = 0; i < values.size(); ++i)
    flags[i] != 0 ? builder.UnsafeAppendNull() : builder.UnsafeAppend(values[i]);
  return io::need_arrow(builder.Finish(), "a column of lists");
}

// A list field of a struct; known is false where there is no such field.
struct ListField {
  ListRanges ranges;
  bool known = false;
};

ListField list_field(const arrow::StructArray& column, std::initializer_list<const char*> names,
                     const std::string& where) {
  for (const char* name : names) {
    if (const auto child = column.GetFieldByName(name)) return {list_ranges(*child, where + "." + name), true};
  }
  return {};
}

class LightCurveReader {
 public:
  LightCurveReader(const arrow::StructArray& column, const ModalityColumn& layout, const std::string& where)
      : column_(column), layout_(layout), where_(where), bands_(layout.bands) {
    time_ = list_field(column, {"time"}, where);
    value_ = list_field(column, {"mag", "flux", "pdcsap_flux", "psf_flux", "sap_flux"}, where);
    error_ = list_field(column, {"mag_err", "flux_err", "pdcsap_flux_err", "psf_flux_err", "sap_flux_err"}, where);
    band_ = list_field(column, {"band"}, where);
    mask_ = list_field(column, {"mask"}, where);
    quality_ = list_field(column, {"quality"}, where);
    limit_ = list_field(column, {"upper_limit"}, where);
    if (!time_.known || !value_.known)
      base::data_error("{}: a light curve has the fields `time`, and `mag` or `flux`", where);
    for (size_t i = 0; i < bands_.size(); ++i) numbers_.emplace(bands_[i].name, int32_t(i));
  }

  LightCurveBlock read() {
    const int64_t n = column_.length();
    std::vector<std::vector<LightCurvePoint>> rows(static_cast<size_t>(n));
    size_t longest = 0;
    for (int64_t row = 0; row < n; ++row) {
      if (!there(row)) continue;
      rows[size_t(row)] = read_row(row);
      longest = std::max(longest, rows[size_t(row)].size());
    }
    auto block = modalities::make_light_curves(n, int64_t(longest), bands_, layout_.unit, layout_.time_system);
    for (int64_t row = 0; row < n; ++row) {
      if (there(row)) modalities::set_points(block, row, std::move(rows[size_t(row)]));
    }
    return block;
  }

 private:
  bool there(int64_t row) const { return !column_.IsNull(row) && time_.ranges.valid[size_t(row)] != 0; }

  int32_t band_number(const std::string& name) {
    const auto [found, fresh] = numbers_.emplace(name, int32_t(bands_.size()));
    if (fresh) bands_.push_back({name, 0, 0});
    return found->second;
  }

  template <class F>
  void with(const ListField& field, int64_t row, int64_t count, const char* name, F read) {
    if (!field.known) return;
    if (field.ranges.length[size_t(row)] != count)
      base::data_error("{}, row {}: {} values of {} at {} times", where_, row, field.ranges.length[size_t(row)], name,
                       count);
    read(*field.ranges.values, field.ranges.first[size_t(row)]);
  }

  std::vector<LightCurvePoint> read_row(int64_t row) {
    const int64_t count = time_.ranges.length[size_t(row)];
    const size_t n = size_t(count);
    std::vector<double> time(n, 0.0);
    std::vector<float> value(n, 0.0f), error(n, 0.0f);
    std::vector<uint8_t> bad(n, 0), unknown(n, 0), mask(n, 0), limit(n, 0);
    read_doubles(*time_.ranges.values, time_.ranges.first[size_t(row)], count, time.data(), bad.data(), where_);
    with(value_, row, count, "the value", [&](const arrow::Array& from, int64_t first) {
      read_floats(from, first, count, value.data(), bad.data(), where_);
    });
    with(error_, row, count, "the error", [&](const arrow::Array& from, int64_t first) {
      read_floats(from, first, count, error.data(), unknown.data(), where_);
    });
    for (const ListField* field : {&mask_, &quality_})
      with(*field, row, count, "the mask",
           [&](const arrow::Array& from, int64_t first) { read_flags(from, first, count, mask.data(), where_); });
    with(limit_, row, count, "upper limits",
         [&](const arrow::Array& from, int64_t first) { read_flags(from, first, count, limit.data(), where_); });
    std::vector<LightCurvePoint> points;
    for (size_t i = 0; i < n; ++i) {
      if (mask_.known && bad[i] != 0)
        base::data_error("{}, row {}, point {}: a time or value that is null or no number", where_, row, i);
      const bool padding = bad[i] != 0 || time[i] <= kPaddedTime || (time[i] == 0 && value[i] == 0 && error[i] == 0);
      if (!mask_.known && padding) continue;
      LightCurvePoint p{time[i], 0, value[i], std::max(0.0f, error[i]), mask[i] != 0, limit[i] != 0};
      if (band_.known) continue_with_band(row, int64_t(i), count, p);
      if (!band_.known) p.band = band_number(layout_.bands.empty() ? "" : layout_.bands[0].name);
      points.push_back(p);
    }
    return points;
  }

  void continue_with_band(int64_t row, int64_t i, int64_t count, LightCurvePoint& p) {
    with(band_, row, count, "the band",
         [&](const arrow::Array& from, int64_t first) { p.band = band_number(read_text(from, first + i, where_)); });
  }

  const arrow::StructArray& column_;
  const ModalityColumn& layout_;
  const std::string& where_;
  std::vector<modalities::Band> bands_;
  std::unordered_map<std::string, int32_t> numbers_;
  ListField time_, value_, error_, band_, mask_, quality_, limit_;
};

}  // namespace

TypePtr light_curve_type(const LightCurveBlock& block) {
  const bool magnitudes = block.unit == "mag";
  const std::string name = magnitudes ? "mag" : "flux", unit = vo_unit(block.unit),
                    ucd = magnitudes ? "phot.mag" : "phot.flux";
  const auto floats = list_of(arrow::float32());
  return arrow::struct_(
      {described_field("band", list_of(arrow::utf8()), {{"ucd", "meta.id;instr.bandpass"}, {"description", "filter"}}),
       described_field(
           "time", list_of(arrow::float64()),
           {{"unit", "d"},
            {"ucd", "time.epoch"},
            {"description", block.time_system == "MJD" ? "modified Julian date"
                                                       : "days after a moment that the survey does not tell"}}),
       described_field(name, floats, {{"unit", unit}, {"ucd", ucd}}),
       described_field(name + "_err", floats,
                       {{"unit", unit}, {"ucd", "stat.error;" + ucd}, {"description", "one standard deviation"}}),
       described_field("mask", list_of(arrow::boolean()),
                       {{"ucd", "meta.code"}, {"description", "true: no measurement, do not use"}}),
       described_field("upper_limit", list_of(arrow::boolean()),
                       {{"ucd", "meta.code"}, {"description", "true: not seen, and fainter than the value"}})});
}

ArrayPtr light_curve_array(const LightCurveBlock& block, const TypePtr& type) {
  const Places at = places_of(block, block.length);
  arrow::StringBuilder names;
  arrow::DoubleBuilder times;
  for (size_t i = 0; i < at.starts.size(); ++i) {
    io::check_arrow(times.AppendValues(block.time_day.data() + at.starts[i], at.counts[i]), "light curves");
    for (int64_t k = 0; k < at.counts[i]; ++k)
      io::check_arrow(names.Append(block.bands.at(size_t(block.band[size_t(at.starts[i] + k)])).name), "light curves");
  }
  const auto list = [&](int i, ArrayPtr values) {
    return list_array(child_type(type, i), at.offsets, std::move(values));
  };
  return of_lists(
      block.present,
      {list(0, io::need_arrow(names.Finish(), "light curves")), list(1, io::need_arrow(times.Finish(), "light curves")),
       list(2, gather_floats(block.value.data(), at.starts, at.counts)),
       list(3, gather_floats(block.error.data(), at.starts, at.counts, true)),
       list(4, gather_bits(block.mask.data(), at.starts, at.counts)),
       list(5, gather_bits(block.upper_limit.data(), at.starts, at.counts))},
      type);
}

LightCurveBlock read_light_curves(const arrow::StructArray& column, const ModalityColumn& layout,
                                  const std::string& where) {
  auto block = LightCurveReader(column, layout, where).read();
  modalities::check(where, block);
  return block;
}

TypePtr catalog_type(const CatalogBlock& block) {
  arrow::FieldVector fields;
  for (const auto& column : block.columns)
    fields.push_back(described_field(column.name, list_of(arrow::float32()), {{"unit", vo_unit(column.unit)}}));
  return arrow::struct_(fields);
}

ArrayPtr catalog_array(const CatalogBlock& block, const TypePtr& type) {
  const int64_t width = int64_t(block.columns.size());
  const Places at = places_of(block, width * block.length);
  std::vector<ArrayPtr> children;
  for (int64_t c = 0; c < width; ++c) {
    std::vector<float> values;
    std::vector<uint8_t> masked;
    for (size_t i = 0; i < at.starts.size(); ++i) {
      const int64_t first = at.starts[i] + c * block.length;
      values.insert(values.end(), block.value.begin() + first, block.value.begin() + first + at.counts[i]);
      masked.insert(masked.end(), block.mask.begin() + first, block.mask.begin() + first + at.counts[i]);
    }
    children.push_back(list_array(child_type(type, int(c)), at.offsets, floats_null_where(values, masked)));
  }
  return of_lists(block.present, children, type);
}

CatalogBlock read_catalogs(const arrow::StructArray& column, const ModalityColumn& layout, const std::string& where) {
  const int64_t n = column.length(), width = int64_t(layout.lists.size());
  std::vector<ListRanges> lists;
  for (const auto& c : layout.lists) {
    const auto child = column.GetFieldByName(c.name);
    if (!child) base::data_error("{}: there is no field '{}'", where, c.name);
    lists.push_back(list_ranges(*child, where + "." + c.name));
  }
  if (lists.empty()) base::data_error("{}: lists of sources without columns", where);
  int64_t longest = 0;
  for (int64_t row = 0; row < n; ++row) longest = std::max(longest, lists[0].length[size_t(row)]);
  auto block = modalities::make_catalogs(n, longest, layout.lists);
  for (int64_t row = 0; row < n; ++row) {
    const size_t r = size_t(row);
    if (column.IsNull(row) || lists[0].valid[r] == 0) continue;
    const int64_t count = lists[0].length[r];
    block.present[r] = 1;
    block.count[r] = int32_t(count);
    for (int64_t c = 0; c < width; ++c) {
      const ListRanges& from = lists[size_t(c)];
      if (from.length[r] != count)
        base::data_error("{}, row {}: {} values of {} for {} sources", where, row, from.length[r],
                         layout.lists[size_t(c)].name, count);
      const size_t at = size_t((row * width + c) * longest);
      std::fill_n(block.mask.begin() + int64_t(at), count, uint8_t{0});
      read_floats(*from.values, from.first[r], count, block.value.data() + at, block.mask.data() + at, where);
    }
  }
  modalities::check(where, block);
  return block;
}

}  // namespace asterism::data
