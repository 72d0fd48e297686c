#include "data/batch_table.h"

#include <arrow/api.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "astro/sphere.h"
#include "base/error.h"
#include "base/failing_row.h"
#include "data/arrow_lists.h"
#include "data/block_columns.h"
#include "data/column_blocks.h"
#include "data/list_columns.h"
#include "data/published_id.h"
#include "data/vector_columns.h"
#include "io/parquet.h"

namespace asterism::data {
namespace {

using modalities::Batch;
using modalities::Block;
using modalities::CatalogBlock;
using modalities::CubeBlock;
using modalities::ImageBlock;
using modalities::LightCurveBlock;
using modalities::MapBlock;
using modalities::ObjectKey;
using modalities::ScalarBlock;
using modalities::SpectrumBlock;
using modalities::VectorBlock;

constexpr int64_t kMostValues = int64_t{1} << 30;  // of one column in one chunk

int64_t values_per_row(const Block& block) {
  if (const auto* image = std::get_if<ImageBlock>(&block))
    return int64_t(image->bands.size()) * image->height * image->width;
  if (const auto* spectrum = std::get_if<SpectrumBlock>(&block)) return spectrum->length;
  if (const auto* vector = std::get_if<VectorBlock>(&block)) return vector->width;
  if (const auto* map = std::get_if<MapBlock>(&block)) return int64_t(map->layers.size()) * map->height * map->width;
  if (const auto* cube = std::get_if<CubeBlock>(&block)) return cube->length * cube->height * cube->width;
  if (const auto* curve = std::get_if<LightCurveBlock>(&block)) return curve->length;
  if (const auto* list = std::get_if<CatalogBlock>(&block)) return list->length;
  return 1;
}

// The layout says what the dataset promised; this block must keep to it.
void check_agrees(const ModalityColumn& c, const Block& block) {
  const auto differs = [&](const std::string& what, const std::string& found, const std::string& allowed) {
    if (found != allowed)
      base::data_error("{}: {} is '{}', and the dataset was begun with '{}'", c.modality, what, found, allowed);
  };
  differs("kind", modalities::kind(block), c.kind == "picture" ? "image" : c.kind);
  if (const auto* image = std::get_if<ImageBlock>(&block)) {
    differs("unit", image->unit, c.unit);
    differs("size", fmt::format("{} x {}", image->height, image->width), fmt::format("{} x {}", c.height, c.width));
    differs("variance", image->has_ivar ? "known" : "unknown", c.has_ivar ? "known" : "unknown");
    if (image->bands != c.bands) base::data_error("{}: other bands than the dataset was begun with", c.modality);
  }
  if (const auto* map = std::get_if<MapBlock>(&block)) {
    differs("size", fmt::format("{} x {}", map->height, map->width), fmt::format("{} x {}", c.height, c.width));
    differs("variance", map->has_ivar ? "known" : "unknown", c.has_ivar ? "known" : "unknown");
    if (map->layers != c.layers || map->integer != c.integer)
      base::data_error("{}: other layers than the dataset was begun with", c.modality);
  }
  if (const auto* cube = std::get_if<CubeBlock>(&block)) {
    differs("unit", cube->unit, c.unit);
    differs("size", fmt::format("{} x {}", cube->height, cube->width), fmt::format("{} x {}", c.height, c.width));
  }
  if (const auto* spectrum = std::get_if<SpectrumBlock>(&block)) differs("unit", spectrum->unit, c.unit);
  if (const auto* curve = std::get_if<LightCurveBlock>(&block)) {
    differs("unit", curve->unit, c.unit);
    differs("time", curve->time_system, c.time_system);
    for (const auto& band : curve->bands) {
      if (std::find(c.bands.begin(), c.bands.end(), band) == c.bands.end())
        base::data_error("{}: the band '{}' was not there when the dataset was begun", c.modality, band.name);
    }
  }
  if (const auto* list = std::get_if<CatalogBlock>(&block); list != nullptr && list->columns != c.lists)
    base::data_error("{}: other columns than the dataset was begun with", c.modality);
  if (const auto* vector = std::get_if<VectorBlock>(&block))
    differs("vocabulary", std::to_string(vector->vocabulary), std::to_string(c.vocabulary));
  if (const auto* scalar = std::get_if<ScalarBlock>(&block)) {
    differs("unit", scalar->unit, c.unit);
    differs("error", scalar->has_error ? "known" : "unknown", c.error == ErrorKind::kSigma ? "known" : "unknown");
  }
}

std::shared_ptr<arrow::Array> texts(const std::vector<ObjectKey>& objects, std::string ObjectKey::*member) {
  arrow::StringBuilder builder;
  io::check_arrow(builder.Reserve(int64_t(objects.size())), "object keys");
  for (const auto& object : objects) io::check_arrow(builder.Append(object.*member), "object keys");
  return io::need_arrow(builder.Finish(), "object keys");
}

std::shared_ptr<arrow::Array> coordinates(const std::vector<ObjectKey>& objects, double ObjectKey::*member) {
  std::vector<double> values;
  std::vector<uint8_t> valid;
  for (const auto& object : objects) {
    values.push_back(object.has_position ? object.*member : 0);
    valid.push_back(object.has_position);
  }
  return doubles(values.data(), valid.data(), int64_t(values.size()));
}

void add_block(const Block& block, const ModalityColumn& c, const arrow::Schema& schema,
               std::map<std::string, std::shared_ptr<arrow::Array>>& columns) {
  check_agrees(c, block);
  const auto type = schema.GetFieldByName(c.column)->type();
  if (const auto* image = std::get_if<ImageBlock>(&block)) {
    columns[c.column] = c.kind == "picture" ? picture_array(*image) : image_array(*image, type);
    if (c.kind == "picture") columns[c.extra_column] = picture_mask_array(*image);
  }
  if (const auto* spectrum = std::get_if<SpectrumBlock>(&block)) columns[c.column] = spectrum_array(*spectrum, type);
  if (const auto* vector = std::get_if<VectorBlock>(&block)) columns[c.column] = vector_array(*vector, type);
  if (const auto* map = std::get_if<MapBlock>(&block)) columns[c.column] = map_array(*map, type);
  if (const auto* cube = std::get_if<CubeBlock>(&block)) columns[c.column] = cube_array(*cube, type);
  if (const auto* curve = std::get_if<LightCurveBlock>(&block)) columns[c.column] = light_curve_array(*curve, type);
  if (const auto* list = std::get_if<CatalogBlock>(&block)) columns[c.column] = catalog_array(*list, type);
  if (const auto* scalar = std::get_if<ScalarBlock>(&block)) {
    columns[c.column] = scalar_array(*scalar);
    if (c.error == ErrorKind::kSigma) columns[c.extra_column] = scalar_error_array(*scalar);
  }
}

std::shared_ptr<arrow::Table> convert(const Batch& batch, const std::shared_ptr<arrow::Schema>& schema) {
  const Layout layout = layout_of(*schema, "the dataset's schema");
  std::map<std::string, std::shared_ptr<arrow::Array>> columns = {
      {"object_id", texts(batch.objects, &ObjectKey::id)},
      {"ra", coordinates(batch.objects, &ObjectKey::ra_deg)},
      {"dec", coordinates(batch.objects, &ObjectKey::dec_deg)},
      {"survey", texts(batch.objects, &ObjectKey::survey)}};
  for (const auto& [name, block] : batch.blocks) {
    const ModalityColumn* c = layout.find(name);
    if (c == nullptr)
      base::data_error("the modality '{}' was not there when the dataset was begun; every batch must hold the same",
                       name);
    add_block(block, *c, *schema, columns);
  }
  arrow::ArrayVector out;
  for (const auto& field : schema->fields()) {
    const auto found = columns.find(field->name());
    if (found == columns.end())
      base::data_error("the column '{}' is missing from a batch; every batch must hold the same", field->name());
    out.push_back(found->second);
  }
  return arrow::Table::Make(schema, out, batch.size());
}

struct KeyColumns {
  std::shared_ptr<arrow::Array> id, survey, ra, dec;
};

KeyColumns key_columns(const arrow::Table& table, const Layout& layout, const std::string& where) {
  const auto get = [&](const std::string& name) {
    const auto column = name.empty() ? nullptr : table.GetColumnByName(name);
    return column ? one_chunk(*column, where) : nullptr;
  };
  return {get(layout.id_column), get(layout.survey_column), get(layout.ra_column), get(layout.dec_column)};
}

// The row that cannot be read, alone or after those before it, whose like it must be.
std::optional<int64_t> unreadable_row(const arrow::Table& table, const ModalityColumn& c, const std::string& where) {
  const auto read = [&](int64_t first, int64_t count) { read_block(*table.Slice(first, count), c, where); };
  bool first_fails = false;
  try {
    read(0, 1);
  } catch (const base::DataError&) {
    first_fails = true;
  }
  return base::failing_row(table.num_rows(), [&](int64_t first, int64_t count) {
    first_fails ? read(first, count) : read(0, first + count);
  });
}

// A message names a row of what is read at a time: the id is what finds it again.
Block named_block(const arrow::Table& table, const ModalityColumn& c, const std::string& where,
                  const std::vector<ObjectKey>& objects) {
  try {
    return read_block(table, c, where);
  } catch (const base::DataError& error) {
    const auto row = unreadable_row(table, c, where);
    if (!row) throw;
    const auto& object = objects[size_t(*row)];
    throw base::DataError(fmt::format("{} (object {}/{})", error.what(), object.survey, object.id));
  }
}

}  // namespace

std::shared_ptr<arrow::Table> to_table(const Batch& batch, const std::shared_ptr<arrow::Schema>& schema) {
  int64_t widest = 1;
  for (const auto& [name, block] : batch.blocks) widest = std::max(widest, values_per_row(block));
  const int64_t step = std::max<int64_t>(1, kMostValues / widest);
  if (batch.size() <= step) return convert(batch, schema);
  std::vector<std::shared_ptr<arrow::Table>> parts;
  for (int64_t first = 0; first < batch.size(); first += step) {
    std::vector<int64_t> rows(size_t(std::min(step, batch.size() - first)));
    std::iota(rows.begin(), rows.end(), first);
    parts.push_back(convert(modalities::select(batch, rows), schema));
  }
  return io::need_arrow(arrow::ConcatenateTables(parts), "joining parts of a batch");
}

std::vector<ObjectKey> keys_of(const arrow::Table& table, const Layout& layout, const std::string& where,
                               int64_t first_row) {
  const KeyColumns columns = key_columns(table, layout, where);
  const size_t n = size_t(table.num_rows());
  std::vector<double> ra(n, 0), dec(n, 0);
  std::vector<uint8_t> none(n, columns.ra && columns.dec ? 0 : 1);
  if (columns.ra && columns.dec) {
    read_doubles(*columns.ra, 0, int64_t(n), ra.data(), none.data(), where + ", column " + layout.ra_column);
    read_doubles(*columns.dec, 0, int64_t(n), dec.data(), none.data(), where + ", column " + layout.dec_column);
  }
  std::vector<ObjectKey> out(n);
  for (size_t i = 0; i < n; ++i) {
    ObjectKey& key = out[i];
    key.id = columns.id
                 ? std::string(cleaned_id(read_text(*columns.id, int64_t(i), where + ", column " + layout.id_column)))
                 : "row-" + std::to_string(first_row + int64_t(i));
    if (key.id.empty())
      base::data_error("{}, row {}: no {}; give every row one, or take the column out: rows are numbered then", where,
                       i, layout.id_column);
    if (columns.survey) key.survey = read_text(*columns.survey, int64_t(i), where + ", column " + layout.survey_column);
    if (key.survey.empty()) key.survey = layout.survey.empty() ? "unknown" : layout.survey;
    if (none[i] != 0) continue;
    if (std::abs(dec[i]) > 90 || std::abs(ra[i]) > 720)
      base::data_error("{}, row {}: position ({}, {}); dec must lie in [-90, 90]", where, i, ra[i], dec[i]);
    key.has_position = true;
    key.ra_deg = astro::wrap_ra(ra[i]);
    key.dec_deg = dec[i];
  }
  return out;
}

Batch from_table(const arrow::Table& table, const Layout& layout, const std::vector<std::string>& names,
                 const std::string& where, int64_t first_row) {
  Batch out;
  out.objects = keys_of(table, layout, where, first_row);
  for (const auto& name : names.empty() ? layout.names() : names) {
    const ModalityColumn* c = layout.find(name);
    if (c == nullptr)
      base::user_error("{} has no modality '{}'; the nearest is '{}'", where, name,
                       base::nearest(name, layout.names()));
    out.blocks.emplace(name, named_block(table, *c, where, out.objects));
  }
  return out;
}

}  // namespace asterism::data
