#include "io/fits_writer.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/atomic_file.h"
#include "base/bytes.h"
#include "base/error.h"

namespace asterism::io {
namespace {

constexpr size_t kBlock = 2880, kCard = 80;

template <class T>
void append_big_endian(std::vector<std::byte>& out, const std::vector<T>& values) {
  const size_t start = out.size();
  out.resize(start + values.size() * sizeof(T));
  for (size_t i = 0; i < values.size(); ++i)
    base::store(out.data() + start + i * sizeof(T), values[i], std::endian::big);
}

void check_ascii(const std::string& text) {
  for (const char c : text) {
    if (c < 32 || c > 126) base::user_error("'{}' cannot be written to a FITS header: only printable ASCII can", text);
  }
}

// One card of 80 characters. `value` is as FITS writes it ("T", "3", "'text    '").
std::string card_text(const std::string& keyword, const std::string& value, const std::string& comment) {
  std::string card = value.starts_with('\'') ? fmt::format("{:<8}= {:<20}", keyword, value)
                                             : fmt::format("{:<8}= {:>20}", keyword, value);
  if (!comment.empty()) card += " / " + comment;
  card.resize(kCard, ' ');
  return card;
}

std::string quoted(const std::string& keyword, const std::string& text) {
  check_ascii(text);
  std::string inside;
  for (const char c : text) inside += c == '\'' ? "''" : std::string(1, c);
  if (inside.size() > 68)
    base::user_error("the value of FITS keyword {} is longer than 68 characters: '{}'", keyword, text);
  return fmt::format("'{:<8}'", inside);
}

std::string written(double value) {
  if (!std::isfinite(value)) base::user_error("a FITS keyword cannot be {}", value);
  std::string text = fmt::format("{:.17G}", value);
  if (const std::string shorter = fmt::format("{:.15G}", value); std::stod(shorter) == value) text = shorter;
  if (text.find_first_of(".E") == std::string::npos) text += '.';
  return text;
}

std::string keyword_card(const std::string& keyword, const FitsCardValue& value, const std::string& comment) {
  const bool named = !keyword.empty() && keyword.size() <= 8 && std::all_of(keyword.begin(), keyword.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  if (!named) base::user_error("'{}' is no FITS keyword: at most 8 of A-Z 0-9 - _", keyword);
  check_ascii(comment);
  if (const auto* truth = std::get_if<bool>(&value)) return card_text(keyword, *truth ? "T" : "F", comment);
  if (const auto* integer = std::get_if<int64_t>(&value))
    return card_text(keyword, fmt::format("{}", *integer), comment);
  if (const auto* number = std::get_if<double>(&value)) return card_text(keyword, written(*number), comment);
  return card_text(keyword, quoted(keyword, std::get<std::string>(value)), comment);
}

std::string integer_card(const std::string& keyword, int64_t value) { return keyword_card(keyword, value, ""); }

template <class T>
std::vector<std::byte> big_endian(const std::vector<T>& values) {
  std::vector<std::byte> out;
  append_big_endian(out, values);
  return out;
}

// One column as cells: the bytes of a row, and TFORM.
struct Cells {
  std::string form;
  size_t width = 0;
  std::vector<std::byte> bytes;
};

Cells cells_of(const FitsWriteColumn& column) {
  Cells cells;
  if (const auto* texts = std::get_if<std::vector<std::string>>(&column.values)) {
    ASTERISM_CHECK(column.per_row == 1, "text column {} of {} a row", column.name, column.per_row);
    for (const auto& text : *texts) cells.width = std::max(cells.width, text.size());
    cells.width = std::max<size_t>(cells.width, 1);
    cells.form = fmt::format("{}A", cells.width);
    for (const auto& text : *texts) {
      const auto* begin = reinterpret_cast<const std::byte*>(text.data());
      cells.bytes.insert(cells.bytes.end(), begin, begin + text.size());
      cells.bytes.insert(cells.bytes.end(), cells.width - text.size(), std::byte{0});
    }
    return cells;
  }
  const auto numbers = [&](const auto& values, char letter) {
    cells.form = fmt::format("{}{}", column.per_row, letter);
    cells.width = sizeof(values[0]) * static_cast<size_t>(column.per_row);
    append_big_endian(cells.bytes, values);
  };
  if (const auto* v = std::get_if<std::vector<float>>(&column.values)) numbers(*v, 'E');
  if (const auto* v = std::get_if<std::vector<double>>(&column.values)) numbers(*v, 'D');
  if (const auto* v = std::get_if<std::vector<int32_t>>(&column.values)) numbers(*v, 'J');
  if (const auto* v = std::get_if<std::vector<int64_t>>(&column.values)) numbers(*v, 'K');
  return cells;
}

void pad(std::vector<std::byte>& bytes, char with) {
  bytes.resize((bytes.size() + kBlock - 1) / kBlock * kBlock, static_cast<std::byte>(with));
}

}  // namespace

FitsWriter& FitsWriter::card(const std::string& keyword, const FitsCardValue& value, const std::string& comment) {
  next_cards_ += keyword_card(keyword, value, comment);
  return *this;
}

void FitsWriter::add_hdu(bool is_table, std::string layout_cards, std::vector<std::byte> data) {
  hdus_.push_back({is_table, std::move(layout_cards) + next_cards_, std::move(data)});
  next_cards_.clear();
}

FitsWriter& FitsWriter::image_bytes(const std::string& extname, int bitpix, const std::vector<int64_t>& shape,
                                    const std::string& unit, std::vector<std::byte> data) {
  int64_t elements = shape.empty() ? 0 : 1;
  for (const int64_t length : shape) elements *= length;
  ASTERISM_CHECK(data.size() == static_cast<size_t>(elements) * static_cast<size_t>(std::abs(bitpix) / 8),
                 "{} bytes for shape [{}]", data.size(), fmt::join(shape, ", "));
  std::string cards = integer_card("BITPIX", bitpix) + integer_card("NAXIS", static_cast<int64_t>(shape.size()));
  for (size_t axis = 1; axis <= shape.size(); ++axis)
    cards += integer_card(fmt::format("NAXIS{}", axis), shape[shape.size() - axis]);
  if (!hdus_.empty()) cards += integer_card("PCOUNT", 0) + integer_card("GCOUNT", 1);
  if (!extname.empty()) cards += keyword_card("EXTNAME", extname, "");
  if (!unit.empty()) cards += keyword_card("BUNIT", unit, "");
  add_hdu(false, std::move(cards), std::move(data));
  return *this;
}

FitsWriter& FitsWriter::image(const std::string& extname, const std::vector<int64_t>& shape,
                              const std::vector<float>& values, const std::string& unit) {
  return image_bytes(extname, -32, shape, unit, big_endian(values));
}
FitsWriter& FitsWriter::image(const std::string& extname, const std::vector<int64_t>& shape,
                              const std::vector<double>& values, const std::string& unit) {
  return image_bytes(extname, -64, shape, unit, big_endian(values));
}
FitsWriter& FitsWriter::image(const std::string& extname, const std::vector<int64_t>& shape,
                              const std::vector<int32_t>& values, const std::string& unit) {
  return image_bytes(extname, 32, shape, unit, big_endian(values));
}

FitsWriter& FitsWriter::table(const std::string& extname, const std::vector<FitsWriteColumn>& columns) {
  if (columns.size() > 999) base::user_error("a FITS table has at most 999 columns, not {}", columns.size());
  if (hdus_.empty()) {  // a table cannot be first; the cards given so far are meant for it
    std::string kept;
    std::swap(kept, next_cards_);
    image_bytes("", 8, {}, "", {});
    std::swap(kept, next_cards_);
  }
  std::vector<Cells> cells;
  size_t width = 0, rows = 0;
  std::string column_cards;
  for (size_t i = 0; i < columns.size(); ++i) {
    cells.push_back(cells_of(columns[i]));
    const size_t these = cells[i].width == 0 ? 0 : cells[i].bytes.size() / cells[i].width;
    if (i == 0) rows = these;
    ASTERISM_CHECK(these == rows && these * cells[i].width == cells[i].bytes.size(), "column {} has {} rows, not {}",
                   columns[i].name, these, rows);
    width += cells[i].width;
    column_cards += keyword_card(fmt::format("TTYPE{}", i + 1), columns[i].name, "");
    column_cards += keyword_card(fmt::format("TFORM{}", i + 1), cells[i].form, "");
    if (!columns[i].unit.empty()) column_cards += keyword_card(fmt::format("TUNIT{}", i + 1), columns[i].unit, "");
  }
  std::vector<std::byte> data;
  data.reserve(rows * width);
  for (size_t row = 0; row < rows; ++row) {
    for (const auto& cell : cells) {
      const auto* begin = cell.bytes.data() + row * cell.width;
      data.insert(data.end(), begin, begin + cell.width);
    }
  }
  std::string cards =
      integer_card("BITPIX", 8) + integer_card("NAXIS", 2) + integer_card("NAXIS1", static_cast<int64_t>(width)) +
      integer_card("NAXIS2", static_cast<int64_t>(rows)) + integer_card("PCOUNT", 0) + integer_card("GCOUNT", 1) +
      integer_card("TFIELDS", static_cast<int64_t>(columns.size())) + column_cards;
  if (!extname.empty()) cards += keyword_card("EXTNAME", extname, "");
  add_hdu(true, std::move(cards), std::move(data));
  return *this;
}

std::vector<std::byte> FitsWriter::bytes() const {
  ASTERISM_CHECK(!hdus_.empty() && next_cards_.empty(), "a FITS file needs an HDU, and cards an HDU after them");
  std::vector<std::byte> out;
  for (size_t i = 0; i < hdus_.size(); ++i) {
    std::string header = i == 0 ? card_text("SIMPLE", "T", "FITS standard 4.0")
                                : card_text("XTENSION", hdus_[i].is_table ? "'BINTABLE'" : "'IMAGE   '", "");
    header += hdus_[i].cards;
    std::string end = "END";
    end.resize(kCard, ' ');
    header += end;
    const auto* text = reinterpret_cast<const std::byte*>(header.data());
    out.insert(out.end(), text, text + header.size());
    pad(out, ' ');
    out.insert(out.end(), hdus_[i].data.begin(), hdus_[i].data.end());
    pad(out, 0);
  }
  return out;
}

void FitsWriter::write(const std::filesystem::path& path) const {
  const auto all = bytes();
  base::AtomicFile file(path);
  file.write(all.data(), all.size());
  file.commit();
}

}  // namespace asterism::io
