#pragma once
// One column of a VOTable: what its FIELD says, and the values that are gathered for it.

#include <arrow/api.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pugi {
class xml_node;
}

namespace asterism::io {

// Big-endian bytes of a BINARY stream, taken from the front; DataError beyond their end.
class VotableBytes {
 public:
  VotableBytes(std::span<const std::byte> bytes, const std::string& where) : bytes_(bytes), where_(where) {}
  std::span<const std::byte> take(uint64_t n);
  template <class T>
  T number();
  bool at_end() const { return at_ == bytes_.size(); }

 private:
  std::span<const std::byte> bytes_;
  const std::string& where_;
  size_t at_ = 0;
};

class VotableField {
 public:
  // DataError for a datatype or arraysize that VOTable does not have.
  VotableField(const pugi::xml_node& field, const std::string& where);
  ~VotableField();
  VotableField(VotableField&&) noexcept;

  const std::string& name() const { return name_; }
  bool left_out() const { return kind_ == Kind::kComplex; }

  void add_text(std::string_view cell);                // a TD
  void add_binary(VotableBytes& bytes, bool is_null);  // BINARY; is_null: the flag of BINARY2
  std::shared_ptr<arrow::Field> field() const;
  std::shared_ptr<arrow::Array> finish();

 private:
  enum class Kind { kBool, kBit, kByte, kShort, kInt, kLong, kChar, kUnicode, kFloat, kDouble, kComplex };
  bool is_text() const { return kind_ == Kind::kChar || kind_ == Kind::kUnicode; }
  std::shared_ptr<arrow::DataType> item_type() const;
  void make_builders();
  void read_array_size(const std::string& text);
  void append_null();
  void begin_list();
  void add_word(std::string_view word);
  void add_number(double value);
  void add_integer(int64_t value);
  void add_bool(std::optional<bool> value);
  void add_item(VotableBytes& bytes);
  void add_binary_text(VotableBytes& bytes, uint64_t count, bool is_null);
  [[noreturn]] void fail(const std::string& what) const;

  std::string name_, unit_, ucd_, description_, where_;
  Kind kind_ = Kind::kChar;
  int64_t item_bytes_ = 1, fixed_ = 1;  // elements of a cell where fixed
  bool array_ = false, variable_ = false;
  std::optional<int64_t> null_;
  std::shared_ptr<arrow::ArrayBuilder> items_;
  std::shared_ptr<arrow::ListBuilder> lists_;  // of an array
};

}  // namespace asterism::io
