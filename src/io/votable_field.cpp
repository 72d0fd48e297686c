#include "io/votable_field.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <map>
#include <pugixml.hpp>

#include "base/error.h"
#include "io/arrow_status.h"
#include "io/utf8.h"

namespace asterism::io {
namespace {

constexpr int64_t kMostItems = int64_t{1} << 28;  // of one cell

std::string trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return std::string(text);
}

// Splits a cell of an array at blanks.
std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> out;
  size_t i = 0;
  while (i < text.size()) {
    i = text.find_first_not_of(" \t\r\n", i);
    if (i == std::string_view::npos) break;
    const size_t end = std::min(text.find_first_of(" \t\r\n", i), text.size());
    out.push_back(text.substr(i, end - i));
    i = end;
  }
  return out;
}

}  // namespace

std::span<const std::byte> VotableBytes::take(uint64_t n) {
  if (n > bytes_.size() - at_) base::data_error("{}: the stream ends at byte {}, within a cell", where_, bytes_.size());
  at_ += size_t(n);
  return bytes_.subspan(at_ - size_t(n), size_t(n));
}

template <class T>
T VotableBytes::number() {
  std::byte raw[sizeof(T)];
  const auto from = take(sizeof(T));
  std::reverse_copy(from.begin(), from.end(), raw);
  static_assert(std::endian::native == std::endian::little);
  T value;
  std::memcpy(&value, raw, sizeof(T));
  return value;
}

VotableField::VotableField(const pugi::xml_node& field, const std::string& where)
    : name_(field.attribute("name").value()),
      unit_(field.attribute("unit").value()),
      ucd_(field.attribute("ucd").value()),
      description_(trimmed(field.child("DESCRIPTION").text().get())),
      where_(where) {
  struct Type {
    Kind kind;
    int64_t bytes;
  };
  static const std::map<std::string, Type> types = {{"boolean", {Kind::kBool, 1}},
                                                    {"bit", {Kind::kBit, 1}},
                                                    {"unsignedByte", {Kind::kByte, 1}},
                                                    {"short", {Kind::kShort, 2}},
                                                    {"int", {Kind::kInt, 4}},
                                                    {"long", {Kind::kLong, 8}},
                                                    {"char", {Kind::kChar, 1}},
                                                    {"unicodeChar", {Kind::kUnicode, 2}},
                                                    {"float", {Kind::kFloat, 4}},
                                                    {"double", {Kind::kDouble, 8}},
                                                    {"floatComplex", {Kind::kComplex, 8}},
                                                    {"doubleComplex", {Kind::kComplex, 16}}};
  if (name_.empty()) name_ = field.attribute("ID").value();
  if (name_.empty()) base::data_error("{}: a FIELD without a name", where_);
  where_ += ", column " + name_;
  const std::string type = field.attribute("datatype").value();
  const auto found = types.find(type);
  if (found == types.end()) fail("of the datatype '" + type.substr(0, 20) + "', which VOTable does not have");
  kind_ = found->second.kind;
  item_bytes_ = found->second.bytes;
  read_array_size(field.attribute("arraysize").value());
  if (const std::string null = trimmed(field.child("VALUES").attribute("null").value()); !null.empty()) {
    int64_t value = 0;
    const auto result = std::from_chars(null.data(), null.data() + null.size(), value);
    if (result.ec == std::errc() && result.ptr == null.data() + null.size()) null_ = value;
  }
  make_builders();
}

VotableField::~VotableField() = default;
VotableField::VotableField(VotableField&&) noexcept = default;

void VotableField::fail(const std::string& what) const { base::data_error("{}: {}", where_, what); }

// "3", "*", "8*", "2x3", "10x5*": the last axis may vary.
void VotableField::read_array_size(const std::string& text) {
  if (text.empty()) return;
  std::string_view rest = text;
  while (!rest.empty()) {
    if (rest.front() == '*') {
      variable_ = true;
      rest.remove_prefix(1);
      if (!rest.empty()) fail("an arraysize of '" + text.substr(0, 20) + "'");
      break;
    }
    int64_t n = 0;
    const auto result = std::from_chars(rest.data(), rest.data() + rest.size(), n);
    if (result.ec != std::errc() || n < 1 || n > kMostItems / fixed_)
      fail("an arraysize of '" + text.substr(0, 20) + "'");
    rest.remove_prefix(size_t(result.ptr - rest.data()));
    fixed_ *= n;
    if (!rest.empty() && rest.front() == 'x') rest.remove_prefix(1);
  }
  array_ = !is_text() && (variable_ || fixed_ != 1);
}

std::shared_ptr<arrow::DataType> VotableField::item_type() const {
  switch (kind_) {
    case Kind::kBool:
    case Kind::kBit:
      return arrow::boolean();
    case Kind::kByte:
      return arrow::uint8();
    case Kind::kShort:
      return arrow::int16();
    case Kind::kInt:
      return arrow::int32();
    case Kind::kLong:
      return arrow::int64();
    case Kind::kFloat:
      return arrow::float32();
    case Kind::kDouble:
      return arrow::float64();
    default:
      return arrow::utf8();
  }
}

void VotableField::make_builders() {
  std::unique_ptr<arrow::ArrayBuilder> made;
  check_arrow(arrow::MakeBuilder(arrow::default_memory_pool(), item_type(), &made), where_);
  items_ = std::move(made);
  if (array_) lists_ = std::make_shared<arrow::ListBuilder>(arrow::default_memory_pool(), items_);
}

std::shared_ptr<arrow::Field> VotableField::field() const {
  std::vector<std::string> keys, values;
  for (const auto& [key, value] :
       {std::pair("unit", unit_), std::pair("ucd", ucd_), std::pair("description", description_)}) {
    if (value.empty()) continue;
    keys.emplace_back(key);
    values.push_back(value);
  }
  return arrow::field(name_, array_ ? arrow::list(item_type()) : item_type(), true,
                      arrow::key_value_metadata(keys, values));
}

std::shared_ptr<arrow::Array> VotableField::finish() {
  return need_arrow(array_ ? lists_->Finish() : items_->Finish(), where_);
}

void VotableField::append_null() { check_arrow(array_ ? lists_->AppendNull() : items_->AppendNull(), where_); }

void VotableField::begin_list() {
  if (array_) check_arrow(lists_->Append(), where_);
}

void VotableField::add_number(double value) {
  if (std::isnan(value)) return check_arrow(items_->AppendNull(), where_);
  if (kind_ == Kind::kFloat)
    return check_arrow(static_cast<arrow::FloatBuilder&>(*items_).Append(float(value)), where_);
  check_arrow(static_cast<arrow::DoubleBuilder&>(*items_).Append(value), where_);
}

void VotableField::add_integer(int64_t value) {
  if (null_ && value == *null_) return check_arrow(items_->AppendNull(), where_);
  const auto add = [&](auto& builder, auto sample) {
    using T = decltype(sample);
    if (!std::in_range<T>(value)) fail("the number " + std::to_string(value) + " does not fit its datatype");
    check_arrow(builder.Append(T(value)), where_);
  };
  switch (kind_) {
    case Kind::kByte:
      return add(static_cast<arrow::UInt8Builder&>(*items_), uint8_t{});
    case Kind::kShort:
      return add(static_cast<arrow::Int16Builder&>(*items_), int16_t{});
    case Kind::kInt:
      return add(static_cast<arrow::Int32Builder&>(*items_), int32_t{});
    default:
      return add(static_cast<arrow::Int64Builder&>(*items_), int64_t{});
  }
}

void VotableField::add_bool(std::optional<bool> value) {
  if (!value) return check_arrow(items_->AppendNull(), where_);
  check_arrow(static_cast<arrow::BooleanBuilder&>(*items_).Append(*value), where_);
}

void VotableField::add_word(std::string_view word) {
  if (kind_ == Kind::kBool || kind_ == Kind::kBit) {
    const std::string w(word);
    if (w == "1" || w == "T" || w == "t" || w == "true" || w == "True" || w == "TRUE") return add_bool(true);
    if (w == "0" || w == "F" || w == "f" || w == "false" || w == "False" || w == "FALSE") return add_bool(false);
    if (w == "?") return add_bool(std::nullopt);
    fail("'" + w.substr(0, 20) + "' is no truth value");
  }
  if (word.starts_with("+")) word.remove_prefix(1);
  if (kind_ == Kind::kFloat || kind_ == Kind::kDouble) {
    double value = 0;
    if (word == "NaN" || word == "nan") return add_number(NAN);
    const auto result = std::from_chars(word.data(), word.data() + word.size(), value);
    if (result.ec != std::errc() || result.ptr != word.data() + word.size())
      fail("'" + std::string(word.substr(0, 20)) + "' is no number");
    return add_number(std::isfinite(value) ? value : NAN);
  }
  const bool hex = word.starts_with("0x") || word.starts_with("0X");
  if (hex) word.remove_prefix(2);
  int64_t value = 0;
  const auto result = std::from_chars(word.data(), word.data() + word.size(), value, hex ? 16 : 10);
  if (result.ec != std::errc() || result.ptr != word.data() + word.size())
    fail("'" + std::string(word.substr(0, 20)) + "' is no integer");
  add_integer(value);
}

void VotableField::add_text(std::string_view cell) {
  if (kind_ == Kind::kComplex) return;
  if (is_text()) {
    if (cell.empty()) return append_null();
    if (!is_utf8(cell)) fail("text that is not UTF-8");
    return check_arrow(static_cast<arrow::StringBuilder&>(*items_).Append(cell), where_);
  }
  const auto words = words_of(cell);
  if (words.empty()) return append_null();
  if (!array_ && words.size() != 1) fail(std::to_string(words.size()) + " values in a cell of one");
  if (array_ && !variable_ && int64_t(words.size()) != fixed_)
    fail(fmt::format("{} values in a cell of {}", words.size(), fixed_));
  begin_list();
  for (const auto word : words) add_word(word);
}

void VotableField::add_item(VotableBytes& bytes) {
  switch (kind_) {
    case Kind::kBool: {
      const char c = char(std::to_integer<int>(bytes.take(1)[0]));
      if (c == 'T' || c == 't' || c == '1') return add_bool(true);
      if (c == 'F' || c == 'f' || c == '0') return add_bool(false);
      return add_bool(std::nullopt);
    }
    case Kind::kByte:
      return add_integer(bytes.number<uint8_t>());
    case Kind::kShort:
      return add_integer(bytes.number<int16_t>());
    case Kind::kInt:
      return add_integer(bytes.number<int32_t>());
    case Kind::kLong:
      return add_integer(bytes.number<int64_t>());
    case Kind::kFloat: {
      const float value = bytes.number<float>();
      return add_number(std::isfinite(value) ? double(value) : NAN);
    }
    default: {
      const double value = bytes.number<double>();
      return add_number(std::isfinite(value) ? value : NAN);
    }
  }
}

void VotableField::add_binary_text(VotableBytes& bytes, uint64_t count, bool is_null) {
  std::string text;
  const auto raw = bytes.take(count * uint64_t(item_bytes_));
  for (uint64_t i = 0; i < count; ++i) {
    const uint32_t code = kind_ == Kind::kChar
                              ? std::to_integer<uint32_t>(raw[i])
                              : std::to_integer<uint32_t>(raw[2 * i]) * 256 + std::to_integer<uint32_t>(raw[2 * i + 1]);
    if (code == 0) break;  // padding
    if (kind_ == Kind::kChar) {
      text += char(code);
    } else {
      append_utf8(code, text);
    }
  }
  if (is_null || text.empty()) return append_null();
  if (!is_utf8(text)) fail("text that is not UTF-8");
  check_arrow(static_cast<arrow::StringBuilder&>(*items_).Append(text), where_);
}

void VotableField::add_binary(VotableBytes& bytes, bool is_null) {
  uint64_t count = uint64_t(fixed_);
  if (variable_) {
    count = bytes.number<uint32_t>();  // of the last axis times the others: VOTable counts all elements
    if (count > uint64_t(kMostItems)) fail(fmt::format("a cell of {} elements", count));
  }
  if (kind_ == Kind::kComplex) {
    bytes.take(count * uint64_t(item_bytes_));
    return;
  }
  if (is_text()) return add_binary_text(bytes, count, is_null);
  if (kind_ == Kind::kBit) {
    const auto raw = bytes.take((count + 7) / 8);
    if (is_null) return append_null();
    if (!array_) return add_bool(raw[0] != std::byte{0});  // Astropy sets the fourth bit, the standard the first
    begin_list();
    for (uint64_t i = 0; i < count; ++i) add_bool((std::to_integer<int>(raw[i / 8]) >> (7 - i % 8) & 1) != 0);
    return;
  }
  if (is_null) {
    bytes.take(count * uint64_t(item_bytes_));
    return append_null();
  }
  begin_list();
  for (uint64_t i = 0; i < count; ++i) add_item(bytes);
}

}  // namespace asterism::io
