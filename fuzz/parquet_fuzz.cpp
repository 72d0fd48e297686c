// The entries of the importers of Parquet files (mmu, plasticc, tess, table) and the reader of datasets: an input is a
// table (described_table.h), written as a Parquet file that is whole, with values that need make no sense. Only
// DataError and UserError may come out, and every batch that does must keep the promises of its blocks.

#include <arrow/api.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "base/error.h"
#include "data/hats_read.h"
#include "data/survey.h"
#include "described_table.h"
#include "io/image_file.h"
#include "io/parquet.h"
#include "modalities/block.h"

namespace {

using namespace asterism;
namespace fs = std::filesystem;
using ArrayPtr = std::shared_ptr<arrow::Array>;

std::string picture(fuzz::DescribedTable& table) {
  if (table.byte() % 8 == 7) return table.text();
  io::Picture8 out;
  out.height = 2;
  out.width = 3;
  out.channels = 3;
  for (int i = 0; i < 18; ++i) out.values.push_back(table.byte());
  const auto png = io::encode_png(out);
  return {reinterpret_cast<const char*>(png.data()), png.size()};
}

template <class Builder, class Value>
ArrayPtr filled(Builder builder, fuzz::DescribedTable& table, bool missing, int64_t n, Value value) {
  for (int64_t i = 0; i < n; ++i)
    io::check_arrow(missing && table.byte() % 8 == 7 ? builder.AppendNull() : builder.Append(value(i)), "fuzz");
  return io::need_arrow(builder.Finish(), "fuzz");
}

ArrayPtr values_of(fuzz::DescribedTable& table, const fuzz::DescribedColumn& column, int64_t n) {
  const bool m = column.missing;
  switch (column.kind) {
    case 'f':
      return filled(arrow::FloatBuilder(), table, m, n, [&](int64_t) { return table.number<float>(); });
    case 'g':
      return filled(arrow::FloatBuilder(), table, m, n, [&](int64_t i) { return float(4000 + i); });
    case 'd':
      return filled(arrow::DoubleBuilder(), table, m, n, [&](int64_t) { return table.number<double>(); });
    case 'i':
    case 'x':
    case 'y':
      return filled(arrow::Int64Builder(), table, m, n, [&](int64_t) { return table.number<int64_t>(); });
    case 'b':
      return filled(arrow::BooleanBuilder(), table, m, n, [&](int64_t) { return table.flag(); });
    case 'p':
      return filled(arrow::BinaryBuilder(), table, m, n, [&](int64_t) { return picture(table); });
    default:  // ids that differ, unless any text is wanted
      return filled(arrow::BinaryBuilder(), table, m, n,
                    [&](int64_t i) { return m ? table.text() : "id" + std::to_string(i); });
  }
}

// Lists within lists, the innermost last; size 0: of any length.
ArrayPtr lists_of(fuzz::DescribedTable& table, const fuzz::DescribedColumn& column, size_t axis, int64_t n) {
  if (axis == column.shape.size()) {
    auto values = values_of(table, column, n);
    if (column.kind != 's') return values;
    return io::need_arrow(values->View(arrow::utf8()), "fuzz");
  }
  std::vector<int32_t> offsets = {0};
  for (int64_t i = 0; i < n; ++i)
    offsets.push_back(offsets.back() + int32_t(column.shape[axis] > 0 ? column.shape[axis] : table.byte() % 8));
  const auto values = lists_of(table, column, axis + 1, offsets.back());
  return std::make_shared<arrow::ListArray>(arrow::list(values->type()), n, arrow::Buffer::FromVector(offsets), values);
}

std::shared_ptr<arrow::Table> made(fuzz::DescribedTable& table) {
  std::vector<std::string> order;
  std::map<std::string, std::pair<arrow::FieldVector, arrow::ArrayVector>> structs;
  std::map<std::string, ArrayPtr> plain;
  for (const auto& column : table.columns) {
    const size_t point = column.name.find('.');
    const std::string name = column.name.substr(0, point);
    const auto values = lists_of(table, column, 0, table.rows);
    if (!plain.contains(name) && !structs.contains(name)) order.push_back(name);
    if (point == std::string::npos) {
      plain[name] = values;
    } else {
      structs[name].first.push_back(arrow::field(column.name.substr(point + 1), values->type()));
      structs[name].second.push_back(values);
    }
  }
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  for (const auto& name : order) {
    ArrayPtr column = plain[name];
    if (column == nullptr) {
      const auto& [types, children] = structs[name];
      column = std::make_shared<arrow::StructArray>(arrow::struct_(types), table.rows, children);
    }
    fields.push_back(arrow::field(name, column->type()));
    columns.push_back(column);
  }
  return arrow::Table::Make(arrow::schema(fields), columns, table.rows);
}

template <class Function>
void try_out(Function function) {
  try {
    function();
  } catch (const base::DataError&) {
  } catch (const base::UserError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::DescribedTable table({reinterpret_cast<const char*>(data), size});
  // The path tells the importer which survey's defects to undo.
  const bool named =
      !table.survey.empty() && table.survey.size() < 20 &&
      std::all_of(table.survey.begin(), table.survey.end(), [](unsigned char c) { return std::islower(c); });
  static const fs::path folder = fs::temp_directory_path() / ("asterism_parquet_fuzz_" + std::to_string(getpid()));
  fs::create_directories(folder);
  const fs::path path = folder / ((named ? table.survey : "mmu") + ".parquet");
  try_out([&] {
    io::write_parquet(path, *made(table), {.rows_per_group = 5});
    for (const char* survey : {"mmu", "plasticc", "tess"}) {
      try_out([&] {
        data::BadRows bad(1000);
        const auto import = data::find_survey(survey).open({path}, {}, bad);
        while (const auto batch = import->next()) modalities::check(*batch);
      });
    }
    try_out([&] {
      data::HatsReader::open(path).for_each({}, 3, [](modalities::Batch&& batch, int64_t) {
        modalities::check(batch);
        return true;
      });
    });
  });
  std::error_code ignored;
  fs::remove(path, ignored);
  return 0;
}
