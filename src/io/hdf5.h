#pragma once
// HDF5 files, read by a child process with limits on memory and time (hdf5_child.h): Debian's libhdf5 has open CVEs,
// and files come from anywhere. Whatever a file does to the child, here it is a DataError.
//
//   Hdf5File file = Hdf5File::open("001-of-001.hdf5");
//   for (const Hdf5Dataset& d : file.datasets()) ...      // "image_array", "group/table.column"
//   std::vector<float> pixels = file.read<float>("image_array", first_row, rows);
//
// Groups are walked through hard links alone: links to other files, data in other files and virtual datasets are not
// followed. The columns of a table (a compound type) are datasets named "table.column".

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/child_process.h"

namespace asterism::io {

enum class Hdf5Kind { kFloat, kDouble, kInteger, kBool, kText };

struct Hdf5Dataset {
  std::string path;  // "/"-separated, without a leading one
  Hdf5Kind kind = Hdf5Kind::kDouble;
  std::vector<int64_t> shape;  // slowest axis first; {} for a single value
  int64_t rows() const { return shape.empty() ? 1 : shape[0]; }
  int64_t per_row() const;  // elements
};

class Hdf5File {
 public:
  static Hdf5File open(const std::filesystem::path& path, const ChildLimits& limits = {});
  // A file that something else than such a process answers for: the bodies of its answers (hdf5_child.h), or what it
  // throws. For tests and fuzzing: nothing it says is believed.
  using Answers = std::function<std::vector<std::byte>(std::span<const std::byte> request)>;
  static Hdf5File from_answers(const std::string& name, Answers answers);
  ~Hdf5File();
  Hdf5File(Hdf5File&&) noexcept;

  const std::string& name() const;
  const std::vector<Hdf5Dataset>& datasets() const;        // in order of path
  const Hdf5Dataset* find(const std::string& path) const;  // nullptr when there is none
  const Hdf5Dataset& need(const std::string& path) const;  // DataError naming the nearest

  // Rows [first, first + rows) as T: float, double, int64_t or uint8_t. Numbers convert as in C; int64_t out of
  // integers and booleans alone, uint8_t out of booleans and integers as 0 and 1. DataError for other kinds.
  template <class T>
  std::vector<T> read(const std::string& path, int64_t first, int64_t rows);
  template <class T>
  std::vector<T> read(const std::string& path) {
    return read<T>(path, 0, need(path).rows());
  }
  // Texts, trailing blanks and NULs removed; DataError where they are not UTF-8.
  std::vector<std::string> read_texts(const std::string& path, int64_t first, int64_t rows);

 private:
  struct State;
  explicit Hdf5File(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

inline constexpr int64_t kMostHdf5Datasets = 200000;
inline constexpr uint64_t kMostHdf5Answer = uint64_t{2} << 30;  // bytes of one answer

}  // namespace asterism::io
