#pragma once
// NumPy's .npz archives and the .npy arrays in them (format versions 1 to 3). Pickled objects are refused: reading them
// would run code that the file brings along.
//
//   const NpzFile file = NpzFile::open("spectra.npz");
//   const NpyArray wave = file.read("wave");           // wave.shape, slowest axis first
//   const std::vector<float> values = wave.values<float>();

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "io/zip_file.h"

namespace asterism::io {

// One field of a structured array; a plain array has a single one, named "".
struct NpyField {
  std::string name;
  char kind = 'f';    // f real, i signed, u unsigned, b bool, U text of UTF-32, S text of bytes
  int64_t bytes = 0;  // of one element
  bool big_endian = false;
  int64_t offset = 0, per_item = 1;  // within an item; elements (a sub-array has several)
};

struct NpyArray {
  std::string where;           // file and member, for messages
  std::vector<int64_t> shape;  // slowest axis first; {} for one number
  std::vector<NpyField> fields;
  int64_t item_bytes = 0;
  std::vector<std::byte> bytes;  // row-major, whatever the order in the file

  int64_t num_items() const;
  const NpyField& field(const std::string& name = "") const;  // DataError naming the nearest
  // All elements of a field as T (float, double, int32_t, int64_t, uint8_t): any numbers to float and double, integers
  // and booleans to integers. DataError for other kinds and for a value that does not fit.
  template <class T>
  std::vector<T> values(const std::string& name = "") const;
  std::vector<std::string> texts(const std::string& name = "") const;  // kinds U and S, as UTF-8
};

// DataError naming `where` for anything but a whole array of numbers, booleans or texts.
NpyArray parse_npy(const std::vector<std::byte>& bytes, const std::string& where);

class NpzFile {
 public:
  static NpzFile open(const std::filesystem::path& path, uint64_t limit = uint64_t{4} << 30);
  static NpzFile from_bytes(std::vector<std::byte> bytes, const std::string& name, uint64_t limit = uint64_t{4} << 30);
  std::vector<std::string> names() const;
  bool has(const std::string& name) const;
  NpyArray read(const std::string& name) const;

 private:
  explicit NpzFile(ZipFile zip) : zip_(std::move(zip)) {}
  ZipFile zip_;
};

}  // namespace asterism::io
