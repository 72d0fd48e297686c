#pragma once
// Tables that a fuzzer can take apart: an input is a text that names columns, then the bytes that their values are
// made of, over and over.
//
//   mmu
//   rows 3
//   object_id s
//   ra d
//   image.flux f 2 4 4
//   image.band s 2
//   =
//   any bytes
//
// Kinds: f float, g floats that grow, d double, i whole number, x and y column and row of a square of two, b boolean, s
// text, p picture (PNG, or bytes that are none). A size of 0 stands for lists of any length. A capital letter: some
// values are missing, or have no order.

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace asterism::fuzz {

struct DescribedColumn {
  std::string name;  // with a point: a field of a struct
  char kind = 'f';
  std::vector<int64_t> shape;  // of one row
  bool missing = false;
};

class DescribedTable {
 public:
  explicit DescribedTable(std::string_view text) {
    const size_t end = text.find("\n=\n");
    bytes_ = end == text.npos ? "" : text.substr(end + 3);
    for (std::string_view rest = text.substr(0, end); !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      take_line(line);
    }
  }

  std::string survey;
  int64_t rows = 1;
  std::vector<DescribedColumn> columns;

  uint8_t byte() { return bytes_.empty() ? uint8_t(at_++ * 37) : uint8_t(bytes_[at_++ % bytes_.size()]); }

  // Mostly plain numbers; now and then any bits at all.
  template <class T>
  T number() {
    const uint8_t first = byte();
    if (first % 32 != 31) return T(first % 90);
    uint8_t raw[sizeof(T)];
    for (auto& b : raw) b = byte();
    T out;
    std::memcpy(&out, raw, sizeof(T));
    return out;
  }
  bool flag() { return byte() % 2 != 0; }
  std::string text() {
    std::string out(byte() % 12, ' ');
    const bool any = byte() % 16 == 15;  // else what can be printed
    for (auto& c : out) c = char(any ? byte() : 32 + byte() % 95);
    return out;
  }

 private:
  static constexpr size_t kMostColumns = 24, kMostAxes = 4;
  static constexpr int64_t kMostValues = 4096;  // of a column

  void take_line(std::string_view line) {
    std::vector<std::string_view> words;
    while (!line.empty() && words.size() < 3 + kMostAxes) {
      const size_t end = std::min(line.find(' '), line.size());
      if (end > 0) words.push_back(line.substr(0, end));
      line.remove_prefix(std::min(end + 1, line.size()));
    }
    if (words.empty()) return;
    if (words.size() == 1) {
      survey = words[0];
    } else if (words[0] == "rows") {
      rows = std::clamp<int64_t>(size_of(words[1]), 0, 16);
    } else if (columns.size() < kMostColumns && words[0].size() < 100) {
      add_column(words);
    }
  }

  void add_column(const std::vector<std::string_view>& words) {
    DescribedColumn column;
    column.name = words[0];
    column.kind = char(words[1][0] | 32);
    column.missing = words[1][0] != column.kind;
    if (std::string_view("fgdixybsp").find(column.kind) == std::string_view::npos) return;
    int64_t values = std::max<int64_t>(rows, 1);
    for (size_t i = 2; i < words.size() && column.shape.size() < kMostAxes; ++i) {
      const int64_t size = std::clamp<int64_t>(size_of(words[i]), 0, kMostValues);
      values *= size == 0 ? 8 : size;
      if (values > kMostValues) return;
      column.shape.push_back(size);
    }
    for (const auto& other : columns) {
      if (other.name == column.name) return;
    }
    columns.push_back(std::move(column));
  }

  static int64_t size_of(std::string_view word) {
    int64_t out = 0;
    std::from_chars(word.data(), word.data() + word.size(), out);
    return out;
  }

  std::string_view bytes_;
  size_t at_ = 0;
};

}  // namespace asterism::fuzz
