#include "io/npz.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "base/error.h"
#include "io/npy_header.h"
#include "io/utf8.h"

namespace asterism::io {
namespace {

constexpr const char* kSuffix = ".npy";

// One element with its bytes in the order of this machine.
template <class T>
T element(const std::byte* at, bool big_endian) {
  std::byte raw[sizeof(T)];
  std::memcpy(raw, at, sizeof(T));
  if (big_endian != (std::endian::native == std::endian::big)) std::reverse(raw, raw + sizeof(T));
  T value;
  std::memcpy(&value, raw, sizeof(T));
  return value;
}

float half(uint16_t bits) {
  const int exponent = (bits >> 10) & 31, fraction = bits & 1023;
  const float sign = (bits & 0x8000) != 0 ? -1.0f : 1.0f;
  if (exponent == 0) return sign * std::ldexp(float(fraction), -24);
  if (exponent == 31) return fraction != 0 ? std::nanf("") : sign * std::numeric_limits<float>::infinity();
  return sign * std::ldexp(float(fraction + 1024), exponent - 25);
}

template <class T, class From>
bool put(From value, T& out) {
  if constexpr (std::is_floating_point_v<T>) {
    out = T(value);
    return true;
  } else if constexpr (std::is_floating_point_v<From>) {
    return false;
  } else {
    if (!std::in_range<T>(value)) return false;
    out = T(value);
    return true;
  }
}

template <class T>
bool convert(const NpyField& f, const std::byte* at, T& out) {
  if (f.kind == 'U' || f.kind == 'S') return false;
  const bool big = f.big_endian;
  switch (f.kind * 16 + f.bytes) {
    case 'f' * 16 + 2:
      return put(half(element<uint16_t>(at, big)), out);
    case 'f' * 16 + 4:
      return put(element<float>(at, big), out);
    case 'f' * 16 + 8:
      return put(element<double>(at, big), out);
    case 'i' * 16 + 1:
      return put(element<int8_t>(at, big), out);
    case 'i' * 16 + 2:
      return put(element<int16_t>(at, big), out);
    case 'i' * 16 + 4:
      return put(element<int32_t>(at, big), out);
    case 'i' * 16 + 8:
      return put(element<int64_t>(at, big), out);
    case 'b' * 16 + 1:
    case 'u' * 16 + 1:
      return put(element<uint8_t>(at, big), out);
    case 'u' * 16 + 2:
      return put(element<uint16_t>(at, big), out);
    case 'u' * 16 + 4:
      return put(element<uint32_t>(at, big), out);
    case 'u' * 16 + 8:
      return put(element<uint64_t>(at, big), out);
    default:
      return false;
  }
}

// Column-major to row-major.
std::vector<std::byte> reordered(const std::byte* from, const NpyArray& array) {
  const auto& shape = array.shape;
  const size_t item = size_t(array.item_bytes);
  std::vector<std::byte> out(size_t(array.num_items()) * item);
  std::vector<int64_t> index(shape.size(), 0);
  for (int64_t to = 0; to < array.num_items(); ++to) {
    int64_t at = 0, step = 1;
    for (size_t d = 0; d < shape.size(); ++d) {
      at += index[d] * step;
      step *= shape[d];
    }
    std::memcpy(out.data() + size_t(to) * item, from + size_t(at) * item, item);
    for (size_t d = shape.size(); d-- > 0;) {
      if (++index[d] < shape[d]) break;
      index[d] = 0;
    }
  }
  return out;
}

}  // namespace

int64_t NpyArray::num_items() const {
  int64_t n = 1;
  for (const int64_t s : shape) n *= s;
  return n;
}

const NpyField& NpyArray::field(const std::string& name) const {
  std::vector<std::string> names;
  for (const auto& f : fields) {
    if (f.name == name) return f;
    names.push_back(f.name);
  }
  base::data_error("{}: there is no field '{}'; the nearest is '{}'", where, name, base::nearest(name, names));
}

template <class T>
std::vector<T> NpyArray::values(const std::string& name) const {
  const NpyField& f = field(name);
  std::vector<T> out(size_t(num_items() * f.per_item));
  for (int64_t i = 0; i < num_items(); ++i) {
    const std::byte* item = bytes.data() + i * item_bytes + f.offset;
    for (int64_t k = 0; k < f.per_item; ++k) {
      if (!convert(f, item + k * f.bytes, out[size_t(i * f.per_item + k)]))
        base::data_error("{}{}, element {}: of type {}{}, or out of range; {} was wanted", where,
                         name.empty() ? "" : ", field " + name, i, f.kind, f.bytes,
                         std::is_floating_point_v<T> ? "a number" : "an integer");
    }
  }
  return out;
}

template std::vector<float> NpyArray::values(const std::string&) const;
template std::vector<double> NpyArray::values(const std::string&) const;
template std::vector<int32_t> NpyArray::values(const std::string&) const;
template std::vector<int64_t> NpyArray::values(const std::string&) const;
template std::vector<uint8_t> NpyArray::values(const std::string&) const;

std::vector<std::string> NpyArray::texts(const std::string& name) const {
  const NpyField& f = field(name);
  if (f.kind != 'U' && f.kind != 'S') base::data_error("{}: of type {}{}; text was wanted", where, f.kind, f.bytes);
  std::vector<std::string> out;
  for (int64_t i = 0; i < num_items() * f.per_item; ++i) {
    const std::byte* at = bytes.data() + i / f.per_item * item_bytes + f.offset + i % f.per_item * f.bytes;
    std::string text;
    if (f.kind == 'S') {
      text.assign(reinterpret_cast<const char*>(at), size_t(f.bytes));
      while (!text.empty() && text.back() == '\0') text.pop_back();
    } else {
      for (int64_t k = 0; k < f.bytes; k += 4) {
        const auto code = element<uint32_t>(at + k, f.big_endian);
        if (code == 0) break;  // padding: NumPy keeps no zero at the end
        append_utf8(code, text);
      }
    }
    if (!is_utf8(text)) base::data_error("{}, element {}: text that is not UTF-8", where, i);
    out.push_back(std::move(text));
  }
  return out;
}

NpyArray parse_npy(const std::vector<std::byte>& bytes, const std::string& where) {
  const NpyHeader header = parse_npy_header(bytes, where);
  NpyArray out;
  out.where = where;
  out.shape = header.shape;
  out.fields = header.fields;
  out.item_bytes = header.item_bytes;
  uint64_t size = uint64_t(header.item_bytes);
  const uint64_t there = bytes.size() - header.bytes;
  for (const int64_t s : header.shape) {
    if (s != 0 && size > there / uint64_t(s))
      base::data_error("{}: more values than the {} bytes after its header hold", where, there);
    size *= uint64_t(s);
  }
  if (size != there) base::data_error("{}: {} bytes of values where {} were announced", where, there, size);
  const std::byte* from = bytes.data() + header.bytes;
  if (header.column_major && header.shape.size() > 1) {
    out.bytes = reordered(from, out);
  } else {
    out.bytes.assign(from, from + size);
  }
  return out;
}

NpzFile NpzFile::open(const std::filesystem::path& path, uint64_t limit) { return NpzFile(ZipFile::open(path, limit)); }

NpzFile NpzFile::from_bytes(std::vector<std::byte> bytes, const std::string& name, uint64_t limit) {
  return NpzFile(ZipFile::from_bytes(std::move(bytes), name, limit));
}

std::vector<std::string> NpzFile::names() const {
  std::vector<std::string> out;
  for (const auto& m : zip_.members()) {
    if (m.name.ends_with(kSuffix)) out.push_back(m.name.substr(0, m.name.size() - 4));
  }
  return out;
}

bool NpzFile::has(const std::string& name) const {
  const auto all = names();
  return std::find(all.begin(), all.end(), name) != all.end();
}

NpyArray NpzFile::read(const std::string& name) const {
  if (!has(name))
    base::data_error("'{}' holds no array '{}'; the nearest is '{}'", zip_.name(), name, base::nearest(name, names()));
  return parse_npy(zip_.read(name + kSuffix), "'" + zip_.name() + "', array " + name);
}

}  // namespace asterism::io
