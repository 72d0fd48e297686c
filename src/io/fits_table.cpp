// FitsHdu, the part about tables.

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "base/error.h"
#include "io/fits_element.h"
#include "io/fits_handle.h"
#include "io/utf8.h"

namespace asterism::io {
namespace {

constexpr int kMaxAxes = 16;
constexpr int64_t kTextRowsAtOnce = 4096;
constexpr uint64_t kMaxHeapSharing = 16;      // how often rows may share the same bytes of the heap, on average
constexpr int64_t kMaxSearchedRows = 100000;  // when a column cannot be read: the row is looked for among so many

FitsType type_of(int cfitsio, const std::string& place) {
  switch (cfitsio) {
    case TLOGICAL:
      return FitsType::kBool;
    case TBIT:
      return FitsType::kBit;
    case TBYTE:
      return FitsType::kUint8;
    case TSBYTE:
      return FitsType::kInt8;
    case TSHORT:
      return FitsType::kInt16;
    case TUSHORT:
      return FitsType::kUint16;
    case TINT:
    case TLONG:
      return FitsType::kInt32;  // cfitsio's word for 32 bits in a table
    case TUINT:
    case TULONG:
      return FitsType::kUint32;
    case TLONGLONG:
      return FitsType::kInt64;
    case TULONGLONG:
      return FitsType::kUint64;
    case TFLOAT:
      return FitsType::kFloat;
    case TDOUBLE:
      return FitsType::kDouble;
    case TCOMPLEX:
      return FitsType::kComplexFloat;
    case TDBLCOMPLEX:
      return FitsType::kComplexDouble;
    case TSTRING:
      return FitsType::kText;
    default:
      base::data_error("{} has a type of cfitsio's number {}, which is not read here", place, cfitsio);
  }
}

// Refuses what cannot be read as T without loss of meaning.
template <class T>
void check_type(const FitsColumn& column, const std::string& place) {
  switch (column.type) {
    case FitsType::kText:
      base::data_error("{} holds text; read it as text", place);
    case FitsType::kComplexFloat:
    case FitsType::kComplexDouble:
      base::data_error("{} holds complex numbers, which are not read here", place);
    case FitsType::kFloat:
    case FitsType::kDouble:
      if (std::is_integral_v<T>) base::data_error("{} holds floating or scaled numbers; read them as such", place);
      return;
    default:
      return;
  }
}

// Numbers [first, first + count) of one row into `values`; flags become 1 at nulls. cfitsio's status.
template <class T>
int read_cells(fitsfile* file, const FitsColumn& column, int number, int64_t first_row, int64_t count, T* values,
               uint8_t* flags) {
  int status = 0, any_null = 0;
  const LONGLONG row = first_row + 1;
  auto* null_flags = reinterpret_cast<char*>(flags);
  if (column.type != FitsType::kBool && column.type != FitsType::kBit) {
    fits_read_colnull(file, cfitsio_type<T>(), number, row, 1, count, values, null_flags, &any_null, &status);
    return status;
  }
  std::vector<char> states(static_cast<size_t>(count));
  if (column.type == FitsType::kBool) {
    fits_read_colnull(file, TLOGICAL, number, row, 1, count, states.data(), null_flags, &any_null, &status);
  } else {
    for (int64_t done = 0; done < count && status == 0; done += column.per_row) {
      fits_read_col_bit(file, number, row + done / column.per_row, 1, column.per_row, states.data() + done, &status);
    }
  }
  for (size_t i = 0; i < states.size(); ++i) values[i] = states[i] != 0 ? 1 : 0;
  return status;
}

// The first row that alone cannot be read, -1 when none of those tried.
template <class T>
int64_t failing_row(fitsfile* file, const FitsColumn& column, int number, int64_t first_row, int64_t rows) {
  std::vector<T> values(static_cast<size_t>(column.per_row));
  std::vector<uint8_t> flags(values.size());
  for (int64_t row = first_row; row < first_row + std::min(rows, kMaxSearchedRows); ++row) {
    fits_clear_errmsg();
    if (read_cells(file, column, number, row, column.per_row, values.data(), flags.data()) != 0) return row;
  }
  return -1;
}

// Lengths and places in the heap of a variable-length column's rows, checked against the heap.
struct Descriptors {
  std::vector<LONGLONG> lengths, offsets;
  uint64_t elements = 0;
};

Descriptors read_descriptors(FitsHandle& handle, int hdu, int number, int64_t rows, uint64_t element_bits,
                             const std::string& place) {
  Descriptors found;
  if (static_cast<uint64_t>(rows) > handle.limits().elements)
    base::data_error("{} has {} rows, too many to read", place, rows);
  found.lengths.resize(static_cast<size_t>(rows));
  found.offsets.resize(static_cast<size_t>(rows));
  if (rows == 0) return found;
  const FitsExtent extent = handle.extent(hdu);
  const uint64_t heap_bytes = extent.bytes - std::min(extent.bytes, extent.heap);
  int status = 0;
  fits_read_descriptsll(handle.at(hdu), number, 1, rows, found.lengths.data(), found.offsets.data(), &status);
  handle.check(status, place);
  uint64_t total_bytes = 0;
  for (size_t row = 0; row < found.lengths.size(); ++row) {
    const auto length = static_cast<uint64_t>(found.lengths[row]), offset = static_cast<uint64_t>(found.offsets[row]);
    uint64_t bits = 0;
    const bool counted =
        found.lengths[row] >= 0 && found.offsets[row] >= 0 && base::checked_multiply(length, element_bits, bits);
    const uint64_t bytes = bits / 8 + (bits % 8 != 0);
    if (!counted || (length > 0 && (offset > heap_bytes || bytes > heap_bytes - offset))) {
      base::data_error("{}, row {}: {} elements at byte {} of a heap of {} bytes", place, row, found.lengths[row],
                       found.offsets[row], heap_bytes);
    }
    found.elements += length;
    total_bytes += bytes;
    if (found.elements > handle.limits().elements || total_bytes > kMaxHeapSharing * heap_bytes) {
      base::data_error("{}, row {}: the rows so far hold {} elements, more than a heap of {} bytes can", place, row,
                       found.elements, heap_bytes);
    }
  }
  return found;
}

std::string checked_text(std::string text, const std::string& place, int64_t row) {
  text.erase(text.find_last_not_of(' ') + 1);
  if (!is_utf8(text)) base::data_error("{}, row {}: the text is neither ASCII nor UTF-8", place, row);
  return text;
}

std::string header_text(fitsfile* file, const std::string& keyword) {
  std::string value;
  return read_keyword_text(file, keyword, value) ? repaired_utf8(unquoted(value)) : std::string();
}

}  // namespace

void FitsHdu::read_table_layout() {
  fitsfile* file = handle_->at(index_);
  int status = 0, count = 0;
  LONGLONG rows = 0;
  fits_get_num_rowsll(file, &rows, &status);
  fits_get_num_cols(file, &count, &status);
  handle_->check(status, handle_->place(index_));
  num_rows_ = rows;
  for (int number = 1; number <= count; ++number) read_column_layout(number);
}

void FitsHdu::read_column_layout(int number) {
  fitsfile* file = handle_->at(index_);
  const std::string where = fmt::format("{}, column {}", handle_->place(index_), number);
  FitsColumn column;
  column.name = header_text(file, fmt::format("TTYPE{}", number));
  column.unit = header_text(file, fmt::format("TUNIT{}", number));
  int status = 0, type = 0;
  LONGLONG repeat = 0, width = 0;
  fits_get_eqcoltypell(file, number, &type, &repeat, &width, &status);
  handle_->check(status, where);
  column.variable_length = type < 0;
  column.type = type_of(std::abs(type), where);
  column.per_row = repeat;
  if (column.type == FitsType::kText && handle_->type_of(index_) == ASCII_TBL) column.per_row = width;
  column.shape = {column.per_row};
  if (column.type == FitsType::kText) {
    if (!column.variable_length && width > 0 && width < column.per_row) {
      column.shape = {column.per_row / width, width};  // "16A8", or TDIM (8,2): two strings of eight
    }
  } else if (!column.variable_length && handle_->type_of(index_) == BINARY_TBL) {
    int axes = 0;
    LONGLONG lengths[kMaxAxes] = {};
    fits_read_tdimll(file, number, kMaxAxes, &axes, lengths, &status);
    handle_->check(status, where);
    LONGLONG product = 1;
    bool counted = axes >= 1 && axes <= kMaxAxes;
    for (int axis = 0; counted && axis < axes; ++axis)
      counted = base::checked_multiply(product, lengths[axis], product);
    if (!counted || product != column.per_row) {
      base::data_error("{}: TDIM{} does not fit its {} elements a row", where, number, column.per_row);
    }
    column.shape.assign(lengths, lengths + axes);
    std::reverse(column.shape.begin(), column.shape.end());
  }
  columns_.push_back(std::move(column));
}

int FitsHdu::column_number(const FitsColumn& column) const { return static_cast<int>(&column - columns_.data()) + 1; }

std::string FitsHdu::column_place(const FitsColumn& column) const {
  return fmt::format("{}, column '{}'", handle_->place(index_), column.name);
}

template <class T>
FitsValues<T> FitsHdu::column(const std::string& name, int64_t first_row, int64_t rows) const {
  const FitsColumn& column = need_column(name);
  const std::string where = column_place(column);
  check_type<T>(column, where);
  if (column.variable_length) base::data_error("{} has rows of different lengths; read it as a list column", where);
  ASTERISM_CHECK(first_row >= 0 && rows >= 0 && first_row <= num_rows_ && rows <= num_rows_ - first_row,
                 "rows {} to {} of {}", first_row, first_row + rows, num_rows_);
  int64_t elements = 0;
  if (!base::checked_multiply(rows, column.per_row, elements) ||
      static_cast<uint64_t>(elements) > handle_->limits().elements) {
    base::data_error("{} has {} rows of {} elements; at most {} elements are read at once", where, rows, column.per_row,
                     handle_->limits().elements);
  }
  FitsValues<T> result;
  result.shape = {rows};
  if (column.per_row != 1 || column.shape.size() > 1) {
    result.shape.insert(result.shape.end(), column.shape.begin(), column.shape.end());
  }
  result.values.resize(static_cast<size_t>(elements));
  result.valid.resize(static_cast<size_t>(elements));
  if (elements == 0) return result;
  fitsfile* file = handle_->at(index_);
  const int number = column_number(column);
  const int status = read_cells(file, column, number, first_row, elements, result.values.data(), result.valid.data());
  if (status != 0) {
    const int64_t row = failing_row<T>(file, column, number, first_row, rows);
    handle_->fail(row < 0 ? where : fmt::format("{}, row {}", where, row), status);
  }
  settle_nulls(result.values, result.valid);
  return result;
}

template <class T>
FitsLists<T> FitsHdu::list_column(const std::string& name) const {
  const FitsColumn& column = need_column(name);
  const std::string where = column_place(column);
  check_type<T>(column, where);
  if (!column.variable_length) base::data_error("{} has rows of one length; read it as a plain column", where);
  fitsfile* file = handle_->at(index_);
  const int number = column_number(column);
  int status = 0, stored = 0;
  fits_get_coltypell(file, number, &stored, nullptr, nullptr, &status);
  handle_->check(status, where);
  const uint64_t bits = stored == -TBIT       ? 1
                        : stored == -TLOGICAL ? 8
                                              : static_cast<uint64_t>(std::abs(stored) / 10 * 8);
  const Descriptors rows = read_descriptors(*handle_, index_, number, num_rows_, std::max<uint64_t>(bits, 1), where);
  FitsLists<T> result;
  result.offsets.push_back(0);
  result.values.resize(static_cast<size_t>(rows.elements));
  result.valid.resize(static_cast<size_t>(rows.elements));
  for (int64_t row = 0; row < num_rows_; ++row) {
    const int64_t length = rows.lengths[static_cast<size_t>(row)], at = result.offsets.back();
    FitsColumn as_row = column;
    as_row.per_row = std::max<int64_t>(length, 1);
    status = length == 0
                 ? 0
                 : read_cells(file, as_row, number, row, length, result.values.data() + at, result.valid.data() + at);
    handle_->check(status, fmt::format("{}, row {}", where, row));
    result.offsets.push_back(at + length);
  }
  settle_nulls(result.values, result.valid);
  return result;
}

std::vector<std::string> FitsHdu::text_column(const std::string& name) const {
  const FitsColumn& column = need_column(name);
  const std::string where = column_place(column);
  if (column.type != FitsType::kText) base::data_error("{} holds no text", where);
  const int number = column_number(column);
  if (column.variable_length) return heap_texts(number, column);
  const int64_t per_row = column.shape.size() > 1 ? column.per_row / column.shape.back() : 1;
  const int64_t width = column.shape.size() > 1 ? column.shape.back() : column.per_row;
  const auto most = static_cast<int64_t>(handle_->limits().elements);
  int64_t count = 0;
  if (!base::checked_multiply(num_rows_, per_row, count) || count > most || width > most) {
    base::data_error("{} has {} rows of {} characters, too many to read", where, num_rows_, column.per_row);
  }
  std::vector<std::string> texts(static_cast<size_t>(count));
  if (width == 0) return texts;
  const int64_t at_once = std::max<int64_t>(1, std::min(kTextRowsAtOnce, (int64_t{16} << 20) / width));
  std::vector<char> buffer(static_cast<size_t>(at_once * (width + 1)));
  std::vector<char*> pointers;
  for (int64_t i = 0; i < at_once; ++i) pointers.push_back(buffer.data() + i * (width + 1));
  char null_text[] = "";
  for (int64_t at = 0; at < count; at += at_once) {
    const int64_t some = std::min(at_once, count - at);
    int status = 0, any_null = 0;
    fits_read_col_str(handle_->at(index_), number, at / per_row + 1, at % per_row + 1, some, null_text, pointers.data(),
                      &any_null, &status);
    handle_->check(status, fmt::format("{}, from row {} on", where, at / per_row));
    for (int64_t i = 0; i < some; ++i) {
      texts[static_cast<size_t>(at + i)] = checked_text(pointers[static_cast<size_t>(i)], where, (at + i) / per_row);
    }
  }
  return texts;
}

// Text of different lengths, taken straight from the heap: every place in it has been checked.
std::vector<std::string> FitsHdu::heap_texts(int number, const FitsColumn& column) const {
  const std::string where = column_place(column);
  const Descriptors rows = read_descriptors(*handle_, index_, number, num_rows_, 8, where);
  const FitsExtent extent = handle_->extent(index_);
  const auto data = handle_->bytes().subspan(static_cast<size_t>(extent.start), static_cast<size_t>(extent.bytes));
  std::vector<std::string> texts;
  for (size_t row = 0; row < rows.lengths.size(); ++row) {
    const auto length = static_cast<size_t>(rows.lengths[row]);
    if (length == 0) {
      texts.emplace_back();
      continue;
    }
    const char* begin =
        reinterpret_cast<const char*>(data.data()) + extent.heap + static_cast<uint64_t>(rows.offsets[row]);
    texts.push_back(checked_text(std::string(begin, ::strnlen(begin, length)), where, static_cast<int64_t>(row)));
  }
  return texts;
}

#define ASTERISM_FITS_COLUMN(T)                                                          \
  template FitsValues<T> FitsHdu::column<T>(const std::string&, int64_t, int64_t) const; \
  template FitsLists<T> FitsHdu::list_column<T>(const std::string&) const;
ASTERISM_FITS_COLUMN(float)
ASTERISM_FITS_COLUMN(double)
ASTERISM_FITS_COLUMN(int32_t)
ASTERISM_FITS_COLUMN(int64_t)
ASTERISM_FITS_COLUMN(uint8_t)
#undef ASTERISM_FITS_COLUMN

}  // namespace asterism::io
