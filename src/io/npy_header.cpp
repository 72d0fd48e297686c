#include "io/npy_header.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/error.h"

namespace asterism::io {
namespace {

constexpr char kMagic[] = "\x93NUMPY";
constexpr size_t kMagicBytes = 6, kMostHeader = 1 << 20;
constexpr int64_t kMostBytes = int64_t{1} << 32;  // of one item
constexpr size_t kMostAxes = 32;

// Reads "{'descr': ..., 'fortran_order': ..., 'shape': ..., }".
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  void parse(NpyHeader& out) {
    bool descr = false, order = false, shape = false;
    expect('{');
    while (!take('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr") {
        descr = true;
        out.item_bytes = type(out.fields);
      } else if (key == "fortran_order") {
        order = true;
        out.column_major = word();
      } else if (key == "shape") {
        shape = true;
        out.shape = sizes();
      } else {
        fail("an unknown key '" + key + "'");
      }
      if (!take(',') && peek() != '}') fail("no comma");
    }
    if (peek() != '\0') fail("text behind the header");
    if (!descr || !order || !shape) fail("'descr', 'fortran_order' or 'shape' is missing");
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    base::data_error("{}: the header of a NumPy array is damaged at character {}: {}", where_, at_, what);
  }
  char peek() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) fail(std::string("'") + c + "' is missing");
  }
  std::string quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') fail("a quoted text is missing");
    const size_t end = text_.find(quote, ++at_);
    if (end == std::string_view::npos) fail("a quote is not closed");
    std::string out(text_.substr(at_, end - at_));
    if (out.find('\\') != std::string::npos) fail("a backslash");
    at_ = end + 1;
    return out;
  }
  bool word() {
    peek();
    for (const auto& [name, value] : {std::pair("True", true), std::pair("False", false)}) {
      if (text_.substr(at_).starts_with(name)) {
        at_ += std::strlen(name);
        return value;
      }
    }
    fail("neither True nor False");
  }
  int64_t integer() {
    peek();
    int64_t out = 0;
    const size_t begin = at_;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      if (out > (int64_t{1} << 58) / 10) fail("a size out of range");
      out = out * 10 + (text_[at_] - '0');
    }
    if (at_ == begin) fail("a size is missing or negative");
    return out;
  }
  std::vector<int64_t> sizes() {
    std::vector<int64_t> out;
    expect('(');
    while (!take(')')) {
      out.push_back(integer());
      if (!take(',') && peek() != ')') fail("no comma between sizes");
      if (out.size() > kMostAxes) fail("too many axes");
    }
    return out;
  }
  NpyField simple(const std::string& code) const {
    NpyField f;
    if (code.size() >= 2 && code[1] == 'O') fail("pickled objects are not read: save plain numbers or text instead");
    if (code.size() < 3 || std::string("<>|=").find(code[0]) == std::string::npos) fail("type '" + code + "'");
    if (std::string("fiubUS").find(code[1]) == std::string::npos)
      fail("type '" + code + "'; allowed are real numbers, integers, booleans and text");
    f.kind = code[1];
    f.big_endian = code[0] == '>';
    int64_t count = 0;
    for (const char c : code.substr(2)) {
      if (c < '0' || c > '9' || count > kMostBytes) fail("type '" + code + "'");
      count = count * 10 + (c - '0');
    }
    f.bytes = f.kind == 'U' ? 4 * count : count;
    if (f.bytes < 1 || f.bytes > (f.kind == 'U' || f.kind == 'S' ? kMostBytes : 8)) fail("type '" + code + "'");
    return f;
  }
  // A type: '<f4', or a list of ('name', type) and ('name', type, (sizes)).
  int64_t type(std::vector<NpyField>& out) {
    if (!take('[')) {
      out = {simple(quoted())};
      return out[0].bytes;
    }
    int64_t offset = 0;
    while (!take(']')) {
      expect('(');
      const std::string name = quoted();
      expect(',');
      if (peek() == '[') fail("a structure within a structure");
      NpyField f = simple(quoted());
      f.name = name;
      f.offset = offset;
      if (take(',') && peek() == '(') {
        for (const int64_t s : sizes()) {
          if (s > 0 && f.per_item > kMostBytes / s) fail("a size out of range");
          f.per_item *= s;
        }
      }
      expect(')');
      if (f.per_item > 0 && f.bytes > (kMostBytes - offset) / f.per_item) fail("a size out of range");
      offset += f.bytes * f.per_item;
      out.push_back(f);
      if (!take(',') && peek() != ']') fail("no comma between fields");
    }
    if (offset == 0) fail("a structure without values");
    return offset;
  }

  std::string_view text_;
  const std::string& where_;
  size_t at_ = 0;
};

}  // namespace

NpyHeader parse_npy_header(const std::vector<std::byte>& bytes, const std::string& where) {
  if (bytes.size() < kMagicBytes + 4 || std::memcmp(bytes.data(), kMagic, kMagicBytes) != 0)
    base::data_error("{}: no NumPy array: it does not begin with \\x93NUMPY", where);
  const int version = std::to_integer<int>(bytes[kMagicBytes]);
  if (version < 1 || version > 3) base::data_error("{}: NumPy format version {}; 1, 2 and 3 are read", where, version);
  const size_t width = version == 1 ? 2 : 4, start = kMagicBytes + 2 + width;
  if (bytes.size() < start) base::data_error("{}: the array ends within its header", where);
  size_t length = 0;
  for (size_t i = width; i-- > 0;) length = length * 256 + std::to_integer<size_t>(bytes[kMagicBytes + 2 + i]);
  if (length > kMostHeader || length > bytes.size() - start)
    base::data_error("{}: a header of {} bytes in an array of {}", where, length, bytes.size());
  NpyHeader out;
  out.bytes = start + length;
  HeaderParser({reinterpret_cast<const char*>(bytes.data() + start), length}, where).parse(out);
  return out;
}

}  // namespace asterism::io
