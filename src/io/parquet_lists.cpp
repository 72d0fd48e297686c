#include "io/parquet_lists.h"

#include <arrow/api.h>
#include <parquet/column_reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>

#include "base/threads.h"
#include "io/arrow_status.h"

namespace asterism::io {
namespace {

constexpr int64_t kLevelsAtOnce = 1 << 16;
constexpr int64_t kFewValues = 1 << 14;  // below, there is nothing to gain
constexpr int kMostDepth = 3;

// Types of the lists from outside in, the last that of the numbers; empty where they are not plain lists.
std::vector<std::shared_ptr<arrow::DataType>> types_of(std::shared_ptr<arrow::DataType> type) {
  std::vector<std::shared_ptr<arrow::DataType>> out = {type};
  while (type->id() == arrow::Type::LIST) out.push_back(type = type->field(0)->type());
  return out;
}

// Takes levels as they come and finds out whether all rows are alike.
class Pattern {
 public:
  Pattern(int depth, int16_t most_defined) : depth_(depth), most_defined_(most_defined) {}

  // False as soon as something is not regular.
  bool take(const int16_t* defined, const int16_t* repeated, int64_t n) {
    for (int64_t at = 0; at < n;) {
      if (within_ == 0) {  // a row begins
        if (repeated[at] != 0) return false;
        if (defined[at] == 0) {
          present.push_back(0);
          ++at;
          continue;
        }
        present.push_back(1);
      }
      const int64_t taken =
          know_ ? compare(defined + at, repeated + at, n - at) : learn(defined + at, repeated + at, n - at);
      if (taken < 0) return false;
      at += taken;
    }
    return true;
  }
  // After the last level: sizes of one row from outside in, empty where they differ.
  std::vector<int64_t> shape() {
    if (!know_ && within_ > 0 && !settle()) return {};
    return within_ == 0 ? shape_ : std::vector<int64_t>{};
  }

  std::vector<uint8_t> present;

 private:
  int64_t learn(const int16_t* defined, const int16_t* repeated, int64_t n) {
    for (int64_t i = 0; i < n; ++i) {
      if (within_ > 0 && repeated[i] == 0) {  // the next row: this one is known
        if (!settle()) return -1;
        return i;
      }
      if (defined[i] != most_defined_) return -1;
      repeated_.push_back(repeated[i]);
      defined_.push_back(defined[i]);
      ++within_;
    }
    return n;
  }

  // The first row is whole: its sizes, and whether its levels are those of a regular one.
  bool settle() {
    const auto n = int64_t(repeated_.size());
    std::vector<int64_t> begun(size_t(depth_) + 1,
                               1);  // lists (at last: values) begun at each depth, the row's own first
    for (int64_t i = 1; i < n; ++i) {
      if (repeated_[size_t(i)] < 1 || repeated_[size_t(i)] > depth_) return false;
      for (int d = repeated_[size_t(i)]; d <= depth_; ++d) ++begun[size_t(d)];
    }
    shape_.clear();
    for (int d = 1; d <= depth_; ++d) {
      if (begun[size_t(d)] % begun[size_t(d) - 1] != 0) return false;
      shape_.push_back(begun[size_t(d)] / begun[size_t(d) - 1]);
    }
    for (int64_t i = 1; i < n; ++i) {
      int16_t expected = int16_t(depth_);
      for (int64_t size = 1, d = depth_; d-- > 1;) {
        size *= shape_[size_t(d)];
        if (i % size == 0) expected = int16_t(d);
      }
      if (repeated_[size_t(i)] != expected) return false;
    }
    know_ = true;
    within_ = 0;
    return true;
  }

  int64_t compare(const int16_t* defined, const int16_t* repeated, int64_t n) {
    const int64_t row = int64_t(repeated_.size()), count = std::min(n, row - within_);
    const size_t bytes = size_t(count) * sizeof(int16_t);
    if (std::memcmp(repeated, repeated_.data() + within_, bytes) != 0 ||
        std::memcmp(defined, defined_.data() + within_, bytes) != 0)
      return -1;
    within_ = (within_ + count) % row;
    return count;
  }

  const int depth_;
  const int16_t most_defined_;
  bool know_ = false;
  int64_t within_ = 0;  // levels taken of the row that is being read
  std::vector<int16_t> repeated_, defined_;
  std::vector<int64_t> shape_;
};

// Values as they come, in a buffer that grows: what the footer counts is not believed.
template <class T>
class Values {
 public:
  explicit Values(int64_t expected) { room(expected); }
  T* room(int64_t n) {
    if (int64_t(buffer_->size()) < (size_ + n) * int64_t(sizeof(T))) {
      const int64_t bytes = std::max((size_ + n) * int64_t(sizeof(T)), 2 * buffer_->size());
      check_arrow(buffer_->Resize(bytes, false), "values");
    }
    return reinterpret_cast<T*>(buffer_->mutable_data()) + size_;
  }
  void took(int64_t n) { size_ += n; }
  int64_t size() const { return size_; }
  std::shared_ptr<arrow::Buffer> finish() {
    check_arrow(buffer_->Resize(size_ * int64_t(sizeof(T)), false), "values");
    return buffer_;
  }

 private:
  std::shared_ptr<arrow::ResizableBuffer> buffer_ = need_arrow(arrow::AllocateResizableBuffer(0), "values");
  int64_t size_ = 0;
};

std::shared_ptr<arrow::Buffer> packed(const uint8_t* flags, int64_t n) {
  std::shared_ptr<arrow::Buffer> out = need_arrow(arrow::AllocateBuffer((n + 7) / 8), "booleans");
  uint8_t* bits = out->mutable_data();
  int64_t i = 0;
  for (; i + 8 <= n; i += 8) {  // eight bytes of 0 or 1 to eight bits
    uint64_t eight;
    std::memcpy(&eight, flags + i, 8);
    bits[i / 8] = uint8_t((eight * 0x0102040810204080ULL) >> 56);
  }
  if (i < n) bits[i / 8] = 0;
  for (; i < n; ++i) bits[i / 8] = uint8_t(bits[i / 8] | (flags[i] << (i % 8)));
  return out;
}

// What the footer counts, as far as so many compressed bytes may hold it.
int64_t expected_values(const parquet::ColumnChunkMetaData& chunk) {
  constexpr int64_t kMostPerByte = 64;
  return std::max<int64_t>(std::min(chunk.num_values() / kMostPerByte, chunk.total_compressed_size()), 0) *
         kMostPerByte;
}

template <class Type>
std::shared_ptr<arrow::Buffer> read_values(parquet::ColumnReader& column, int64_t expected, Pattern& pattern,
                                           int64_t& count) {
  using T = typename Type::c_type;
  auto& reader = static_cast<parquet::TypedColumnReader<Type>&>(column);
  std::vector<int16_t> defined(static_cast<size_t>(kLevelsAtOnce)), repeated(defined.size());
  Values<T> values(expected + kLevelsAtOnce);
  while (reader.HasNext()) {
    int64_t read = 0;
    const int64_t levels =
        reader.ReadBatch(kLevelsAtOnce, defined.data(), repeated.data(), values.room(kLevelsAtOnce), &read);
    values.took(read);
    if (levels == 0 || !pattern.take(defined.data(), repeated.data(), levels)) return nullptr;
  }
  count = values.size();
  return values.finish();
}

std::shared_ptr<arrow::Buffer> offsets_of(int64_t count, int64_t step) {
  std::shared_ptr<arrow::Buffer> out =
      need_arrow(arrow::AllocateBuffer((count + 1) * int64_t(sizeof(int32_t))), "offsets");
  auto* at = reinterpret_cast<int32_t*>(out->mutable_data());
  for (int64_t i = 0; i <= count; ++i) at[i] = int32_t(i * step);
  return out;
}

// The values within lists of `shape`, one of the outermost a row.
std::shared_ptr<arrow::Array> nested(const std::vector<std::shared_ptr<arrow::DataType>>& types,
                                     const std::vector<int64_t>& shape, const std::vector<uint8_t>& present,
                                     std::shared_ptr<arrow::Array> values) {
  for (size_t d = shape.size(); d-- > 1;) {
    const int64_t lists = shape[d] > 0 ? values->length() / shape[d] : 0;
    values = std::make_shared<arrow::ListArray>(types[d], lists, offsets_of(lists, shape[d]), values, nullptr, 0);
  }
  const auto rows = int64_t(present.size());
  const auto missing = int64_t(std::count(present.begin(), present.end(), 0));
  auto offsets = offsets_of(rows, 0);
  auto* at = reinterpret_cast<int32_t*>(offsets->mutable_data());
  const int32_t step = shape.empty() ? 0 : int32_t(shape[0]);
  for (int64_t i = 0; i < rows; ++i) at[i + 1] = at[i] + (present[size_t(i)] != 0 ? step : 0);
  return std::make_shared<arrow::ListArray>(types[0], rows, offsets, values,
                                            missing > 0 ? packed(present.data(), rows) : nullptr, missing);
}

// The column of a leaf in the schema, and its place within a struct (-1: the column itself).
struct Place {
  int column = -1, child = -1;
  std::shared_ptr<arrow::DataType> type;  // of the lists; null: no lists, or within something else
};

Place place_of(const parquet::ColumnDescriptor& leaf, const arrow::Schema& schema) {
  const auto path = leaf.path()->ToDotVector();
  Place out;
  out.column = schema.GetFieldIndex(path[0]);
  if (out.column < 0) return out;
  auto type = schema.field(out.column)->type();
  if (type->id() == arrow::Type::STRUCT && path.size() > 1) {
    out.child = static_cast<const arrow::StructType&>(*type).GetFieldIndex(path[1]);
    if (out.child < 0) return out;
    type = type->field(out.child)->type();
  }
  if (type->id() == arrow::Type::LIST) out.type = type;
  return out;
}

}  // namespace

std::optional<RegularLists> read_regular_lists(parquet::ParquetFileReader& file, int group, int leaf,
                                               const std::shared_ptr<arrow::DataType>& type) {
  const auto types = types_of(type);
  const auto& about = *file.metadata()->schema()->Column(leaf);
  const int depth = int(types.size()) - 1;
  if (depth < 1 || depth > kMostDepth || about.max_repetition_level() != depth) return std::nullopt;
  Pattern pattern(depth, about.max_definition_level());
  const auto column = file.RowGroup(group)->Column(leaf);
  const int64_t expected = expected_values(*file.metadata()->RowGroup(group)->ColumnChunk(leaf));
  int64_t count = 0;
  std::shared_ptr<arrow::Buffer> values;
  const auto id = types.back()->id();
  if (id == arrow::Type::FLOAT && about.physical_type() == parquet::Type::FLOAT)
    values = read_values<parquet::FloatType>(*column, expected, pattern, count);
  if (id == arrow::Type::DOUBLE && about.physical_type() == parquet::Type::DOUBLE)
    values = read_values<parquet::DoubleType>(*column, expected, pattern, count);
  if (id == arrow::Type::BOOL && about.physical_type() == parquet::Type::BOOLEAN)
    values = read_values<parquet::BooleanType>(*column, expected, pattern, count);
  if (values == nullptr || count > std::numeric_limits<int32_t>::max()) return std::nullopt;
  const auto shape = pattern.shape();
  int64_t row = 1;
  for (const int64_t size : shape) row *= size;
  const auto there = int64_t(std::count(pattern.present.begin(), pattern.present.end(), 1));
  if (shape.empty() || count != there * row ||
      int64_t(pattern.present.size()) != file.RowGroup(group)->metadata()->num_rows())
    return std::nullopt;
  if (id == arrow::Type::BOOL) values = packed(values->data(), count);
  const auto numbers = arrow::MakeArray(arrow::ArrayData::Make(types.back(), count, {nullptr, values}, 0));
  return RegularLists{nested(types, shape, pattern.present, numbers), std::move(pattern.present)};
}

namespace {

// Regular lists and what Arrow read of the same struct, in the order of its fields; null where they disagree on which
// rows are missing.
std::shared_ptr<arrow::Array> joined(const arrow::Field& field, const std::map<int, const RegularLists*>& regular,
                                     const std::shared_ptr<arrow::ChunkedArray>& others) {
  const std::vector<uint8_t>& present = regular.begin()->second->present;
  for (const auto& [child, lists] : regular) {
    if (lists->present != present) return nullptr;
  }
  std::shared_ptr<arrow::StructArray> read;
  if (others != nullptr) {
    if (others->num_chunks() != 1) return nullptr;
    read = std::static_pointer_cast<arrow::StructArray>(others->chunk(0));
    for (size_t i = 0; i < present.size(); ++i) {
      if (read->IsNull(int64_t(i)) == (present[i] != 0)) return nullptr;
    }
  }
  arrow::FieldVector fields;
  arrow::ArrayVector children;
  for (int child = 0; child < field.type()->num_fields(); ++child) {
    const auto& name = field.type()->field(child)->name();
    const auto found = regular.find(child);
    const auto other = read != nullptr ? read->GetFieldByName(name) : nullptr;
    if (found == regular.end() && other == nullptr) continue;
    fields.push_back(field.type()->field(child));
    children.push_back(found != regular.end() ? found->second->lists : other);
  }
  const auto missing = int64_t(std::count(present.begin(), present.end(), 0));
  return std::make_shared<arrow::StructArray>(arrow::struct_(fields), int64_t(present.size()), children,
                                              missing > 0 ? packed(present.data(), int64_t(present.size())) : nullptr,
                                              missing);
}

}  // namespace

std::shared_ptr<arrow::Table> read_with_regular_lists(parquet::ParquetFileReader& file, const arrow::Schema& schema,
                                                      int group, const std::vector<int>& leaves,
                                                      const ReadLeaves& read_others) {
  const auto& about = *file.metadata()->schema();
  const auto chunks = file.metadata()->RowGroup(group);
  std::vector<Place> places;
  std::vector<size_t> tried;
  for (size_t i = 0; i < leaves.size(); ++i) {
    places.push_back(place_of(*about.Column(leaves[i]), schema));
    if (places[i].type != nullptr && chunks->ColumnChunk(leaves[i])->num_values() >= kFewValues) tried.push_back(i);
  }
  std::vector<std::optional<RegularLists>> found(leaves.size());
  base::parallel_for(tried.size(), 1, [&](size_t begin, size_t end) {
    for (size_t t = begin; t < end; ++t)
      found[tried[t]] = read_regular_lists(file, group, leaves[tried[t]], places[tried[t]].type);
  });
  std::map<int, std::map<int, const RegularLists*>> regular;  // by column, by child
  std::vector<int> rest;
  for (size_t i = 0; i < leaves.size(); ++i) {
    if (found[i]) regular[places[i].column][places[i].child] = &*found[i];
    if (!found[i]) rest.push_back(leaves[i]);
  }
  if (regular.empty()) return nullptr;
  const auto others = rest.empty() ? nullptr : read_others(rest);
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  std::vector<std::shared_ptr<arrow::ChunkedArray>> columns;
  for (int c = 0; c < schema.num_fields(); ++c) {
    const auto& field = schema.field(c);
    const int other = others != nullptr ? others->schema()->GetFieldIndex(field->name()) : -1;
    const auto mine = regular.find(c);
    if (mine == regular.end()) {
      if (other < 0) continue;
      fields.push_back(others->schema()->field(other));
      columns.push_back(others->column(other));
      continue;
    }
    const bool whole = mine->second.count(-1) != 0;
    const auto column =
        whole ? mine->second.at(-1)->lists : joined(*field, mine->second, other < 0 ? nullptr : others->column(other));
    if (column == nullptr) return nullptr;
    fields.push_back(field->WithType(column->type()));
    columns.push_back(std::make_shared<arrow::ChunkedArray>(column));
  }
  return arrow::Table::Make(arrow::schema(fields, schema.metadata()), columns, chunks->num_rows());
}

}  // namespace asterism::io
