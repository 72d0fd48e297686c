#include "io/fits_handle.h"

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "base/error.h"
#include "io/fits_scan.h"

namespace asterism::io {
namespace {

constexpr size_t kBlock = 2880;

// cfitsio (4.2) lets a file in memory grow to where its last HDU should end, as the header says, and then reads there.
// It asks for the memory by this function, and fills it with zeros: granted is what padding holds, and no more.
thread_local size_t readable_now = 0;
void* grown_memory(void* memory, size_t bytes) { return bytes <= readable_now ? memory : nullptr; }

size_t whole_records(size_t bytes) { return (bytes + kBlock - 1) / kBlock * kBlock; }

// cfitsio's explanation of the last failure: the status in words, then its own messages, at most a few.
std::string explanation(int status) {
  char text[FLEN_STATUS] = "";
  fits_get_errstatus(status, text);
  std::string all = text;
  char message[FLEN_ERRMSG] = "";
  for (int i = 0; i < 3 && fits_read_errmsg(message) != 0; ++i) all += fmt::format("; {}", message);
  fits_clear_errmsg();
  return all;
}

// A mandatory integer of the header; `fallback` when it is absent.
uint64_t count_in_header(FitsHandle& handle, fitsfile* file, const std::string& keyword, uint64_t fallback,
                         const std::string& place) {
  int status = 0;
  LONGLONG value = 0;
  char name[FLEN_KEYWORD];
  std::snprintf(name, sizeof name, "%s", keyword.c_str());
  fits_read_key(file, TLONGLONG, name, &value, nullptr, &status);
  if (status == KEY_NO_EXIST) {
    fits_clear_errmsg();
    return fallback;
  }
  handle.check(status, place);
  if (value < 0) base::data_error("{}: {} is {}, which cannot be", place, keyword, value);
  return static_cast<uint64_t>(value);
}

}  // namespace

FitsHandle::FitsHandle(std::shared_ptr<PrivateMapping> mapping, std::vector<std::byte> bytes, std::string name,
                       const FitsLimits& limits)
    : mapping_(std::move(mapping)), bytes_(std::move(bytes)), name_(std::move(name)), limits_(limits) {
  pad();
  try {
    list_hdus();
  } catch (...) {
    close();
    throw;
  }
}

FitsHandle::~FitsHandle() { close(); }

// cfitsio reads whole records: memory goes on to the end of the last one, which the file may lack.
void FitsHandle::pad() {
  const size_t size = mapping_ ? mapping_->bytes().size() : bytes_.size();
  readable_ = whole_records(size);
  if (!mapping_) {
    bytes_.reserve(readable_);
    bytes_.resize(readable_);
  }
  view_ = std::span<const std::byte>(mapping_ ? mapping_->bytes().data() : bytes_.data(), size);
}

void FitsHandle::open() {
  // Memory alone, under a name of ours: cfitsio takes names apart for URLs, filters and programs to run.
  buffer_ = const_cast<std::byte*>(view_.data());
  buffer_size_ = view_.size();
  readable_now = readable_;
  int status = 0;
  fits_open_memfile(&file_, "memory", READONLY, &buffer_, &buffer_size_, 0, grown_memory, &status);
  current_ = 0;
  if (status != 0) {
    file_ = nullptr;
    fail("'" + name_ + "'", status);
  }
}

void FitsHandle::close() {
  int status = 0;
  if (file_ != nullptr) fits_close_file(file_, &status);
  if (status != 0) fits_clear_errmsg();
  file_ = nullptr;
}

void FitsHandle::list_hdus() {
  constexpr std::string_view kSimple = "SIMPLE  =";
  if (view_.size() < kBlock)
    base::data_error("'{}' has {} bytes; a FITS file has at least {}: copy or download it again", name_, view_.size(),
                     kBlock);
  if (std::memcmp(view_.data(), kSimple.data(), kSimple.size()) != 0) {
    base::data_error("'{}' is no FITS file: it does not begin with '{}'; name a FITS file, unpacked or with gzip",
                     name_, kSimple);
  }
  const auto cut = scan_fits_headers(view_, name_, limits_);
  if (cut && cut->hdu == 0) base::data_error("'{}' HDU 0: {}", name_, cut->why);
  open();
  for (int hdu = 0;; ++hdu) {
    if (cut && cut->hdu == hdu) {
      why_no_more_ = cut->why;
      return;
    }
    const int status = move_to(hdu);
    if (status != 0) {
      if (hdu == 0) fail("'" + name_ + "' HDU 0", status);
      const std::string why = explanation(status);
      if (status != END_OF_FILE) why_no_more_ = why;
      close();  // cfitsio goes back to the HDU before, but keeps columns and sizes of the one that failed
      open();
      return;
    }
    if (hdu == limits_.hdus)
      base::data_error("'{}' has more than {} HDUs, the most that is accepted", name_, limits_.hdus);
    std::string extname;
    hdu_names_.push_back(read_keyword_text(file_, "EXTNAME", extname) ? unquoted(extname) : "");
  }
}

int FitsHandle::move_to(int hdu) {
  readable_now = readable_;
  int status = 0;
  fits_movabs_hdu(file_, hdu + 1, nullptr, &status);
  current_ = status == 0 ? hdu : -1;
  return status;
}

fitsfile* FitsHandle::at(int hdu) {
  if (hdu != current_) check(move_to(hdu), place(hdu));
  return file_;
}

int FitsHandle::type_of(int hdu) {
  int status = 0, type = 0;
  fits_get_hdu_type(at(hdu), &type, &status);
  check(status, place(hdu));
  return type;
}

FitsExtent FitsHandle::extent(int hdu) {
  fitsfile* file = at(hdu);
  const std::string where = place(hdu);
  int status = 0;
  LONGLONG header_start = 0, data_start = 0, data_end = 0;
  fits_get_hduaddrll(file, &header_start, &data_start, &data_end, &status);
  int bitpix = 0;
  char bitpix_name[] = "BITPIX";
  fits_read_key(file, TINT, bitpix_name, &bitpix, nullptr, &status);
  check(status, where);
  const uint64_t axes = count_in_header(*this, file, "NAXIS", 0, where);
  if (axes > 999) base::data_error("{}: NAXIS is {}; at most 999 are allowed", where, axes);
  const uint64_t heap = count_in_header(*this, file, "PCOUNT", 0, where);
  uint64_t elements = axes == 0 ? 0 : 1, bytes = 0;
  bool counted = true;
  for (uint64_t axis = 1; axis <= axes; ++axis) {
    const uint64_t length = count_in_header(*this, file, fmt::format("NAXIS{}", axis), 0, where);
    if (axis == 1 && length == 0 && axes > 1 && hdu == 0) continue;  // random groups: the first axis is not one
    counted = counted && base::checked_multiply(elements, length, elements);
  }
  const uint64_t array = elements;
  counted = counted && base::checked_add(elements, axes == 0 ? 0 : heap, elements) &&
            base::checked_multiply<uint64_t>(elements, count_in_header(*this, file, "GCOUNT", 1, where), elements) &&
            base::checked_multiply<uint64_t>(elements, static_cast<uint64_t>(std::abs(bitpix)) / 8, bytes);
  const auto start = static_cast<uint64_t>(std::max<LONGLONG>(data_start, 0));
  if (!counted || start > view_.size() || bytes > view_.size() - start) {
    base::data_error("{}: the header asks for {} of data from byte {} on, but the file ends at {}; copy it again",
                     where, counted ? base::human_bytes(bytes) : "more bytes than can be counted", start, view_.size());
  }
  return {start, bytes, count_in_header(*this, file, "THEAP", array, where)};
}

void FitsHandle::fail(const std::string& place, int status) const {
  base::data_error("{}: {}", place, explanation(status));
}

std::string FitsHandle::place(int hdu) const {
  const auto index = static_cast<size_t>(hdu);
  const std::string& name = index < hdu_names_.size() ? hdu_names_[index] : std::string();
  return name.empty() ? fmt::format("'{}' HDU {}", name_, hdu) : fmt::format("'{}' HDU {} ({})", name_, hdu, name);
}

bool read_keyword_text(fitsfile* file, const std::string& keyword, std::string& value) {
  if (keyword.empty() || keyword.size() >= FLEN_KEYWORD) base::user_error("'{}' is no FITS keyword", keyword);
  int status = 0;
  char raw[FLEN_VALUE] = "";
  fits_read_keyword(file, keyword.c_str(), raw, nullptr, &status);
  if (status != 0) {  // absent, or a card that cannot be taken apart: no value either way
    fits_clear_errmsg();
    return false;
  }
  value = raw;
  if (value.size() > 1 && value[0] == '\'') {  // may go on over CONTINUE cards
    char* whole = nullptr;
    fits_read_key_longstr(file, keyword.c_str(), &whole, nullptr, &status);
    if (status == 0 && whole != nullptr) value = fmt::format("'{}'", whole);
    if (whole != nullptr) {
      int ignored = 0;
      fits_free_memory(whole, &ignored);
    }
    if (status != 0) fits_clear_errmsg();
  }
  return !value.empty();
}

std::string unquoted(const std::string& value) {
  if (value.size() < 2 || value.front() != '\'') return value;
  std::string text = value.substr(1, value.size() - (value.back() == '\'' ? 2 : 1));
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

}  // namespace asterism::io
