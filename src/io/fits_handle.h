#pragma once
// The bytes of one FITS file and cfitsio's pointer to them. For the fits_*.cpp files alone: this header brings in
// fitsio.h.

#include <fitsio.h>
#undef READWRITE  // a name in Arrow

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/fits.h"
#include "io/private_mapping.h"

namespace asterism::io {

// Where the data of one HDU lie in the file, from its mandatory keywords.
struct FitsExtent {
  uint64_t start = 0, bytes = 0;  // of the data unit, without padding
  uint64_t heap = 0;              // offset of the heap within it
};

class FitsHandle {
 public:
  FitsHandle(std::shared_ptr<PrivateMapping> mapping, std::vector<std::byte> bytes, std::string name,
             const FitsLimits& limits);
  ~FitsHandle();
  FitsHandle(const FitsHandle&) = delete;
  FitsHandle& operator=(const FitsHandle&) = delete;

  // cfitsio's pointer, moved to this HDU (0 is the primary).
  fitsfile* at(int hdu);
  int type_of(int hdu);        // IMAGE_HDU, ASCII_TBL or BINARY_TBL
  FitsExtent extent(int hdu);  // DataError when it reaches beyond the file's end
  // DataError from cfitsio's status and its messages: "'file' HDU 1, column 'flux': ...".
  [[noreturn]] void fail(const std::string& place, int status) const;
  void check(int status, const std::string& place) const {
    if (status != 0) fail(place, status);
  }
  std::string place(int hdu) const;  // "'file' HDU 1 (COADD)"
  std::span<const std::byte> bytes() const { return view_; }

  const std::string& name() const { return name_; }
  const FitsLimits& limits() const { return limits_; }
  const std::vector<std::string>& hdu_names() const { return hdu_names_; }
  const std::string& why_no_more() const { return why_no_more_; }  // what stands after the last HDU, "" for nothing

 private:
  void open();
  void close();
  void list_hdus();
  void pad();
  int move_to(int hdu);  // cfitsio's status

  std::shared_ptr<PrivateMapping> mapping_;
  std::vector<std::byte> bytes_;
  std::span<const std::byte> view_;  // the file as it is, without what pads it
  void* buffer_ = nullptr;           // what cfitsio holds the address of
  size_t buffer_size_ = 0;
  size_t readable_ = 0;  // bytes of memory from view_'s first on, a whole number of records
  std::string name_;
  FitsLimits limits_;
  fitsfile* file_ = nullptr;
  int current_ = -1;
  std::vector<std::string> hdu_names_;
  std::string why_no_more_;
};

// The raw value of a keyword in the header cfitsio stands at (quotes kept), and whether it is there.
bool read_keyword_text(fitsfile* file, const std::string& keyword, std::string& value);
// Text between FITS quotes, '' turned into ', trailing blanks removed.
std::string unquoted(const std::string& value);

}  // namespace asterism::io
