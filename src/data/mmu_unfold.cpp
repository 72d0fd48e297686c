#include "data/mmu_unfold.h"

#include <arrow/api.h>

#include <algorithm>
#include <set>
#include <vector>

#include "base/error.h"
#include "data/arrow_lists.h"
#include "io/parquet.h"

namespace asterism::data {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;

constexpr int64_t kCoefficients = 55;  // of each of BP and RP

bool is_number(const arrow::DataType& type) {
  return arrow::is_floating(type.id()) || arrow::is_integer(type.id()) || type.id() == arrow::Type::BOOL;
}

bool has_field(const arrow::DataType& type, const char* name) {
  return type.id() == arrow::Type::STRUCT && static_cast<const arrow::StructType&>(type).GetFieldIndex(name) >= 0;
}

// The table that is being made, column of the files by column of the files.
class Columns {
 public:
  using Names = std::map<std::pair<std::string, std::string>, std::string>;
  explicit Columns(const Names& names) : names_(names) {}
  void add(const std::string& name, const ArrayPtr& values) { add(arrow::field(name, values->type()), values); }
  void add(const std::shared_ptr<arrow::Field>& field, const ArrayPtr& values) {
    fields_.push_back(field);
    arrays_.push_back(values);
  }
  void add_field(const std::string& parent, const std::string& name, const ArrayPtr& values) {
    add(names_.at({parent, name}), values);
  }
  std::shared_ptr<arrow::Table> table(int64_t rows) const {
    return arrow::Table::Make(arrow::schema(fields_), arrays_, rows);
  }
  const arrow::FieldVector& fields() const { return fields_; }

 private:
  const Names& names_;
  arrow::FieldVector fields_;
  arrow::ArrayVector arrays_;
};

// Values [from, from + 55) of each list of 110; a null or empty list is null.
ArrayPtr half_of(const arrow::Array& lists, int64_t from, const std::string& where) {
  const auto ranges = list_ranges(lists, where);
  const auto values = std::make_shared<arrow::FloatBuilder>();
  arrow::FixedSizeListBuilder builder(arrow::default_memory_pool(), values, int32_t(kCoefficients));
  std::vector<float> half(kCoefficients);
  for (size_t row = 0; row < ranges.first.size(); ++row) {
    if (ranges.valid[row] == 0 || ranges.length[row] == 0) {
      io::check_arrow(builder.AppendNull(), where);
      continue;
    }
    if (ranges.length[row] != 2 * kCoefficients)
      base::data_error("{}, row {}: {} coefficients; BP and RP have {} together", where, row, ranges.length[row],
                       2 * kCoefficients);
    std::vector<uint8_t> bad(kCoefficients, 0);
    read_floats(*ranges.values, ranges.first[row] + from, kCoefficients, half.data(), bad.data(), where);
    if (std::find(bad.begin(), bad.end(), 1) != bad.end())
      base::data_error("{}, row {}: a coefficient that is null or not finite", where, row);
    io::check_arrow(builder.Append(), where);
    io::check_arrow(values->AppendValues(half.data(), kCoefficients), where);
  }
  return io::need_arrow(builder.Finish(), where);
}

void add_coefficients(const arrow::Array& lists, const char* end, const std::string& where, Columns& out) {
  out.add(std::string("bp_coefficients") + end, half_of(lists, 0, where));
  out.add(std::string("rp_coefficients") + end, half_of(lists, kCoefficients, where));
}

// `view` and `array` as `band` and `flux`.
ArrayPtr stamps(const arrow::StructArray& column, const std::string& where) {
  const auto views = list_ranges(*column.GetFieldByName("view"), where + ".view");
  const auto names = std::make_shared<arrow::StringBuilder>();
  arrow::ListBuilder bands(arrow::default_memory_pool(), names);
  for (size_t row = 0; row < views.first.size(); ++row) {
    io::check_arrow(bands.Append(), where);
    for (int64_t i = 0; i < views.length[row]; ++i)
      io::check_arrow(names->Append("ztf-" + read_text(*views.values, views.first[row] + i, where)), where);
  }
  arrow::ArrayVector children = {io::need_arrow(bands.Finish(), where), column.GetFieldByName("array")};
  std::vector<std::string> fields = {"band", "flux"};
  if (const auto scale = column.GetFieldByName("scale")) {
    children.push_back(scale);
    fields.emplace_back("scale");
  }
  ArrayPtr made = io::need_arrow(arrow::StructArray::Make(children, fields), where);
  if (column.null_count() == 0) return made;
  std::vector<uint8_t> present;
  for (int64_t row = 0; row < column.length(); ++row) present.push_back(column.IsValid(row) ? 1 : 0);
  return std::make_shared<arrow::StructArray>(made->type(), column.length(), children,
                                              bits_of(present.data(), column.length()));
}

bool of_numbers(const arrow::DataType& type) {
  return type.id() == arrow::Type::STRUCT && type.num_fields() > 0 &&
         std::all_of(type.fields().begin(), type.fields().end(), [](const auto& f) { return is_number(*f->type()); });
}

void add_column(const std::shared_ptr<arrow::Field>& field, const ArrayPtr& column, const std::string& where,
                Columns& out) {
  const std::string& name = field->name();
  const std::string here = where + ", column " + name;
  const auto& type = *column->type();
  if (name == "coeff" && arrow::is_list_like(type.id())) return add_coefficients(*column, "", here, out);
  if (name == "coeff_error" && arrow::is_list_like(type.id())) return add_coefficients(*column, "_error", here, out);
  if (type.id() != arrow::Type::STRUCT) return out.add(field, column);
  const auto& fields = static_cast<const arrow::StructArray&>(*column);
  if (has_field(type, "coeff") && has_field(type, "coeff_error")) {
    add_coefficients(*fields.GetFieldByName("coeff"), "", here, out);
    return add_coefficients(*fields.GetFieldByName("coeff_error"), "_error", here, out);
  }
  if (has_field(type, "view") && has_field(type, "array") && !has_field(type, "flux"))
    return out.add(name, stamps(fields, here));
  if (!of_numbers(type)) return out.add(field, column);
  for (int i = 0; i < type.num_fields(); ++i)
    out.add_field(name, type.field(i)->name(), io::need_arrow(fields.GetFlattenedField(i), here));
}

}  // namespace

MmuUnfolding::MmuUnfolding(const arrow::Schema& schema) {
  const auto columns = schema.field_names();
  std::set<std::string> taken(columns.begin(), columns.end());
  for (const auto& column : schema.fields()) {
    if (!of_numbers(*column->type())) continue;
    for (const auto& field : column->type()->fields()) {
      const std::string full =
          taken.insert(field->name()).second ? field->name() : column->name() + "_" + field->name();
      taken.insert(full);
      names_[{column->name(), field->name()}] = full;
    }
  }
  const std::string where = "a table's columns";
  Columns made(names_);
  for (const auto& column : schema.fields()) {
    const size_t before = made.fields().size();
    add_column(column, io::need_arrow(arrow::MakeEmptyArray(column->type()), where), where, made);
    for (size_t i = before; i < made.fields().size(); ++i)
      if (!made.fields()[i]->Equals(*column)) sources_[made.fields()[i]->name()] = column->name();
  }
  schema_ = arrow::schema(made.fields());
}

std::string MmuUnfolding::source(const std::string& column) const {
  const auto found = sources_.find(column);
  return found == sources_.end() ? "" : found->second;
}

std::shared_ptr<arrow::Table> MmuUnfolding::unfold(const arrow::Table& table, const std::string& where) const {
  Columns out(names_);
  for (int i = 0; i < table.num_columns(); ++i)
    add_column(table.field(i), one_chunk(*table.column(i), where), where, out);
  return out.table(table.num_rows());
}

}  // namespace asterism::data
