#pragma once
// The file of an index on disk: docs/formats/index.md, version 1.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "search/index.h"

namespace asterism::search {

// All that the header says; every offset in the file follows from it.
struct IndexHeader {
  std::string kind;  // at most 16 bytes
  Metric metric = Metric::cosine;
  uint64_t rows = 0;
  uint64_t dimension = 0;
  uint64_t extra_bytes = 0;  // what the kind adds, e.g. a graph
};

inline constexpr uint64_t kMaxDimension = 65536;

// Where the parts are, in bytes from the start of the file.
struct IndexLayout {
  uint64_t rows = 0, absent = 0, extra = 0, checksums = 0, end = 0;
};
// False when the sizes do not fit into 63 bits.
[[nodiscard]] bool layout_of(const IndexHeader& header, IndexLayout& layout);

// A saved index, mapped. The constructor verifies the header, its checksum, that of the table of checksums, and that
// the file has exactly the size it should: no offset taken from the file is trusted. DataError where something is
// wrong, UserError where the file cannot be opened.
class IndexFile {
 public:
  IndexFile() = default;  // none: no rows
  explicit IndexFile(const std::filesystem::path& path);

  const IndexHeader& header() const { return header_; }
  const float* row(uint64_t i) const;  // [dimension]
  bool is_absent(uint64_t row) const;
  std::span<const std::byte> extra() const;
  const std::filesystem::path& path() const { return path_; }

  void check() const;  // all checksums; DataError naming the first block that differs

 private:
  std::filesystem::path path_;
  base::MappedFile file_;
  IndexHeader header_;
  IndexLayout layout_;
};

// Writes one, part by part and in this order: rows, absent bits, extra. commit() refuses when the sizes are not those
// that the header promised.
class IndexFileWriter {
 public:
  IndexFileWriter(const std::filesystem::path& path, const IndexHeader& header);
  void write_rows(const float* values, uint64_t rows);
  void write_absent(std::span<const uint64_t> words);  // one bit a row, set: absent; [ceil(rows / 64)]
  void write_extra(const void* data, uint64_t bytes);
  void commit();

 private:
  void put(const void* data, uint64_t bytes);
  void pad_to(uint64_t offset);

  IndexHeader header_;
  IndexLayout layout_;
  base::AtomicFile file_;
  uint64_t at_ = 0;
  uint32_t block_crc_ = 0;
  std::vector<uint32_t> checksums_;
};

}  // namespace asterism::search
