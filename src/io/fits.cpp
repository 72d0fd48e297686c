#include "io/fits.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/error.h"
#include "io/file_bytes.h"
#include "io/fits_handle.h"
#include "io/utf8.h"

namespace asterism::io {
namespace {

bool same_word(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::toupper(x) == std::toupper(y); });
}

constexpr size_t kRecord = 2880;

// A whole FITS number: FORTRAN's D for an exponent, and a leading plus sign, are allowed there.
template <class T>
std::optional<T> parsed(std::string text) {
  std::replace(text.begin(), text.end(), 'D', 'E');
  const char* begin = text.c_str() + (text.starts_with('+') ? 1 : 0);
  const char* end = text.c_str() + text.size();
  T value{};
  const auto result = std::from_chars(begin, end, value);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return value;
}

// For complaints that an HDU is missing: what stands after the last one that can be read.
std::string unread_rest(const FitsHandle& handle) {
  const std::string& why = handle.why_no_more();
  return why.empty() ? why : "; what follows the last one cannot be read: " + why;
}

}  // namespace

FitsFile FitsFile::open(const std::filesystem::path& path, const FitsLimits& limits) {
  auto mapping = PrivateMapping::open(path, kRecord);
  if (!is_gzip(mapping->bytes())) {
    return FitsFile(std::make_shared<FitsHandle>(std::move(mapping), std::vector<std::byte>{}, path.string(), limits));
  }
  auto bytes = gunzip(mapping->bytes(), path.string(), limits.gunzip_bytes);
  return FitsFile(std::make_shared<FitsHandle>(nullptr, std::move(bytes), path.string(), limits));
}

FitsFile FitsFile::from_bytes(std::vector<std::byte> bytes, const std::string& name, const FitsLimits& limits) {
  if (is_gzip(bytes)) bytes = gunzip(bytes, name, limits.gunzip_bytes);
  return FitsFile(std::make_shared<FitsHandle>(nullptr, std::move(bytes), name, limits));
}

const std::string& FitsFile::name() const { return handle_->name(); }
int FitsFile::num_hdus() const { return static_cast<int>(handle_->hdu_names().size()); }
std::vector<std::string> FitsFile::hdu_names() const { return handle_->hdu_names(); }

FitsHdu FitsFile::hdu(int index) const {
  if (index < 0 || index >= num_hdus()) {
    base::data_error("'{}' has {} HDUs, so no HDU {}{}", name(), num_hdus(), index, unread_rest(*handle_));
  }
  return FitsHdu(handle_, index);
}

FitsHdu FitsFile::hdu(const std::string& extname) const {
  const auto& names = handle_->hdu_names();
  for (size_t i = 0; i < names.size(); ++i) {
    if (same_word(names[i], extname)) return FitsHdu(handle_, static_cast<int>(i));
  }
  std::vector<std::string> known;
  std::copy_if(names.begin(), names.end(), std::back_inserter(known),
               [](const std::string& name) { return !name.empty(); });
  if (known.empty())
    base::data_error("'{}' has no HDU '{}': none of its {} HDUs has a name{}", name(), extname, num_hdus(),
                     unread_rest(*handle_));
  base::data_error("'{}' has no HDU '{}'; the nearest is '{}'{}", name(), extname, base::nearest(extname, known),
                   unread_rest(*handle_));
}

bool FitsFile::has_hdu(const std::string& extname) const {
  const auto& names = handle_->hdu_names();
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return same_word(name, extname); });
}

FitsHdu::FitsHdu(std::shared_ptr<FitsHandle> handle, int index) : handle_(std::move(handle)), index_(index) {
  name_ = handle_->hdu_names()[static_cast<size_t>(index)];
  const FitsExtent extent = handle_->extent(index_);
  if (handle_->type_of(index_) == IMAGE_HDU) {
    read_image_layout();
    kind_ = shape_.empty() || extent.bytes == 0 ? FitsKind::kEmpty : FitsKind::kImage;
  } else {
    kind_ = FitsKind::kTable;
    read_table_layout();
  }
}

std::optional<std::string> FitsHdu::text(const std::string& keyword) const {
  std::string value;
  if (!read_keyword_text(handle_->at(index_), keyword, value)) return std::nullopt;
  if (value.front() != '\'') base::data_error("{}: keyword {} is {}, not text", handle_->place(index_), keyword, value);
  value = unquoted(value);
  if (!is_utf8(value)) base::data_error("{}: the text of keyword {} is not ASCII", handle_->place(index_), keyword);
  return value;
}

std::optional<int64_t> FitsHdu::integer(const std::string& keyword) const {
  std::string value;
  if (!read_keyword_text(handle_->at(index_), keyword, value)) return std::nullopt;
  const auto number = parsed<int64_t>(value);
  if (!number) base::data_error("{}: keyword {} is {}, not an integer", handle_->place(index_), keyword, value);
  return number;
}

std::optional<double> FitsHdu::number(const std::string& keyword) const {
  std::string value;
  if (!read_keyword_text(handle_->at(index_), keyword, value)) return std::nullopt;
  const auto number = parsed<double>(value);
  if (!number) base::data_error("{}: keyword {} is {}, not a number", handle_->place(index_), keyword, value);
  return number;
}

std::optional<bool> FitsHdu::logical(const std::string& keyword) const {
  std::string value;
  if (!read_keyword_text(handle_->at(index_), keyword, value)) return std::nullopt;
  if (value != "T" && value != "F")
    base::data_error("{}: keyword {} is {}, not T or F", handle_->place(index_), keyword, value);
  return value == "T";
}

std::vector<std::pair<std::string, std::string>> FitsHdu::cards() const {
  fitsfile* file = handle_->at(index_);
  int status = 0, count = 0;
  fits_get_hdrspace(file, &count, nullptr, &status);
  handle_->check(status, handle_->place(index_));
  std::vector<std::pair<std::string, std::string>> cards;
  for (int i = 1; i <= count; ++i) {
    char keyword[FLEN_KEYWORD] = "", value[FLEN_VALUE] = "", comment[FLEN_COMMENT] = "";
    fits_read_keyn(file, i, keyword, value, comment, &status);
    handle_->check(status, fmt::format("{}, header card {}", handle_->place(index_), i));
    cards.emplace_back(keyword, value);
  }
  return cards;
}

const FitsColumn* FitsHdu::find_column(const std::string& name) const {
  for (const auto& column : columns_) {
    if (same_word(column.name, name)) return &column;
  }
  return nullptr;
}

const FitsColumn& FitsHdu::need_column(const std::string& name) const {
  if (const FitsColumn* column = find_column(name)) return *column;
  if (kind_ != FitsKind::kTable)
    base::data_error("{} is no table, so it has no column '{}'", handle_->place(index_), name);
  std::vector<std::string> names;
  for (const auto& column : columns_) names.push_back(column.name);
  if (names.empty()) base::data_error("{} has no columns, so no '{}'", handle_->place(index_), name);
  base::data_error("{} has no column '{}'; the nearest is '{}'", handle_->place(index_), name,
                   base::nearest(name, names));
}

}  // namespace asterism::io
