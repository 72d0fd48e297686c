#pragma once
// FITS files (FITS standard 4.0) through cfitsio, read from memory only: no name is ever parsed for URLs or filters.
//
//   FitsFile file = FitsFile::open("spec-3655-55240-0002.fits");   // .gz as well, decompressed to memory within a
//   limit FitsHdu coadd = file.hdu(1);                                   // or file.hdu("COADD") FitsValues<float> flux
//   = coadd.column<float>("flux");          // names are compared without regard to case std::optional<double> exposure
//   = file.hdu(0).number("EXPTIME");
//
// Every complaint is a DataError naming file, HDU and, where there are any, column and row. Sizes are checked against
// the file before memory is asked for. A FitsFile and its HDUs belong to one thread.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace asterism::io {

struct FitsLimits {
  uint64_t gunzip_bytes = uint64_t{4} << 30;  // most that a .gz file may grow to
  uint64_t elements = uint64_t{1} << 30;      // most elements of one image or column
  int hdus = 10000;
};

enum class FitsKind { kEmpty, kImage, kTable };  // kEmpty: a header without data

enum class FitsType {
  kBool,
  kBit,
  kUint8,
  kInt8,
  kInt16,
  kUint16,
  kInt32,
  kUint32,
  kInt64,
  kUint64,
  kFloat,
  kDouble,
  kComplexFloat,
  kComplexDouble,
  kText
};

struct FitsColumn {
  std::string name, unit;            // unit "" when the header gives none
  FitsType type = FitsType::kFloat;  // as stored, after TZERO's unsigned convention; scaled columns are kDouble
  int64_t per_row = 1;               // elements a row (for text: characters); 0 for an empty column
  std::vector<int64_t> shape;        // from TDIM, slowest axis first; {per_row} without TDIM
  bool variable_length = false;      // elements in the heap: read with list_column()
};

// Values of an image or column, slowest axis first. valid[i] = 0 where the file has a null (TNULL, BLANK) or a number
// that is none (NaN, infinite): floating values are NaN there, integers 0.
template <class T>
struct FitsValues {
  std::vector<int64_t> shape;  // column: {rows, ...}; image: NAXISn reversed
  std::vector<T> values;
  std::vector<uint8_t> valid;  // one a value
};

// A column of variable-length arrays: row r is values[offsets[r] .. offsets[r+1]).
template <class T>
struct FitsLists {
  std::vector<int64_t> offsets;
  std::vector<T> values;
  std::vector<uint8_t> valid;
};

class FitsHandle;  // owns the bytes and cfitsio's pointer

class FitsHdu {
 public:
  int index() const { return index_; }               // 0 is the primary HDU
  const std::string& name() const { return name_; }  // EXTNAME, "" without one
  FitsKind kind() const { return kind_; }

  // Header keywords; nullopt when absent or without a value; DataError when the value is of another type.
  std::optional<std::string> text(const std::string& keyword) const;
  std::optional<int64_t> integer(const std::string& keyword) const;
  std::optional<double> number(const std::string& keyword) const;
  std::optional<bool> logical(const std::string& keyword) const;
  std::vector<std::pair<std::string, std::string>> cards() const;  // every keyword with its value as written

  // Images, tile-compressed ones too: T is float, double, int32_t or int64_t. BSCALE and BZERO are applied. Values that
  // do not fit T, and floating or scaled pixels asked for as integers, are a DataError.
  const std::vector<int64_t>& shape() const { return shape_; }  // slowest axis first; {} when not an image
  template <class T>
  FitsValues<T> image() const;
  // The pixels from `begin` up to, not with, `end`, in the order of shape(): nothing else is decoded but the rest of
  // their rows. DataError for a box that the image does not hold.
  template <class T>
  FitsValues<T> image(const std::vector<int64_t>& begin, const std::vector<int64_t>& end) const;

  // Tables, binary or ASCII: T is float, double, int32_t, int64_t or uint8_t (a kBool or kBit gives 0 and 1). TSCAL and
  // TZERO are applied. DataError as for images, and for text and complex columns.
  int64_t num_rows() const { return num_rows_; }
  const std::vector<FitsColumn>& columns() const { return columns_; }
  const FitsColumn* find_column(const std::string& name) const;  // nullptr when there is none
  const FitsColumn& need_column(const std::string& name) const;  // DataError naming the nearest column
  template <class T>
  FitsValues<T> column(const std::string& name) const {
    return column<T>(name, 0, num_rows_);
  }
  template <class T>
  FitsValues<T> column(const std::string& name, int64_t first_row, int64_t rows) const;
  template <class T>
  FitsLists<T> list_column(const std::string& name) const;
  // Trailing blanks removed; one a row, or several for a column of string arrays. Text that is not UTF-8 is a
  // DataError.
  std::vector<std::string> text_column(const std::string& name) const;

 private:
  friend class FitsFile;
  FitsHdu(std::shared_ptr<FitsHandle> handle, int index);
  void read_image_layout();
  void read_table_layout();
  void read_column_layout(int number);
  int column_number(const FitsColumn& column) const;         // from 1, as cfitsio counts
  std::string column_place(const FitsColumn& column) const;  // for messages
  std::vector<std::string> heap_texts(int number, const FitsColumn& column) const;

  std::shared_ptr<FitsHandle> handle_;
  int index_ = 0;
  std::string name_;
  FitsKind kind_ = FitsKind::kEmpty;
  std::vector<int64_t> shape_;
  int64_t num_rows_ = 0;
  std::vector<FitsColumn> columns_;
};

class FitsFile {
 public:
  static FitsFile open(const std::filesystem::path& path, const FitsLimits& limits = {});
  static FitsFile from_bytes(std::vector<std::byte> bytes, const std::string& name, const FitsLimits& limits = {});

  const std::string& name() const;
  int num_hdus() const;
  FitsHdu hdu(int index) const;                   // DataError when there is none
  FitsHdu hdu(const std::string& extname) const;  // the first of that name, without regard to case
  bool has_hdu(const std::string& extname) const;
  std::vector<std::string> hdu_names() const;  // one an HDU, "" without EXTNAME

 private:
  explicit FitsFile(std::shared_ptr<FitsHandle> handle) : handle_(std::move(handle)) {}
  std::shared_ptr<FitsHandle> handle_;
};

}  // namespace asterism::io
