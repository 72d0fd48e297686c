#include "search/index_file.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/error.h"

static_assert(std::endian::native == std::endian::little, "rows are used as they lie in the file");

namespace asterism::search {
namespace {

// The line ending and the odd byte show a file that went through a text-mode copy, as in PNG.
constexpr std::array<char, 8> kMagic = {'\x89', 'A', 'S', 'T', 'X', '\r', '\n', '\n'};
constexpr uint32_t kVersion = 1;
constexpr uint64_t kHeaderBytes = 4096;    // rows start on a page
constexpr uint64_t kBlockBytes = 1 << 20;  // one checksum for each
constexpr size_t kKindBytes = 16;

// Offsets of the header's fields.
enum : size_t {
  kAtVersion = 8,
  kAtMetric = 12,
  kAtKind = 16,
  kAtRows = 32,
  kAtDimension = 40,
  kAtExtra = 48,
  kAtTableCrc = 56,
  kAtHeaderCrc = 60
};

bool round_up(uint64_t bytes, uint64_t& rounded) {
  uint64_t sum = 0;
  if (!base::checked_add<uint64_t>(bytes, 63, sum)) return false;
  rounded = sum & ~uint64_t{63};
  return true;
}

// The checksum covers the whole first page, its own place read as zeros.
uint32_t header_crc(const std::byte* header) {
  std::array<std::byte, kHeaderBytes> copy;
  std::memcpy(copy.data(), header, kHeaderBytes);
  base::store_le<uint32_t>(copy.data() + kAtHeaderCrc, 0);
  return base::crc32c(copy.data(), copy.size());
}

}  // namespace

bool layout_of(const IndexHeader& header, IndexLayout& layout) {
  layout.rows = kHeaderBytes;
  uint64_t row_bytes = 0, bytes = 0;
  if (!base::checked_multiply<uint64_t>(header.dimension, sizeof(float), row_bytes) ||
      !base::checked_multiply(header.rows, row_bytes, bytes) || !base::checked_add(layout.rows, bytes, bytes) ||
      !round_up(bytes, layout.absent))
    return false;
  const uint64_t absent_bytes = header.rows / 64 * 8 + (header.rows % 64 != 0 ? 8 : 0);
  if (!base::checked_add(layout.absent, absent_bytes, bytes) || !round_up(bytes, layout.extra)) return false;
  if (!base::checked_add(layout.extra, header.extra_bytes, bytes) || !round_up(bytes, layout.checksums)) return false;
  const uint64_t data_bytes = layout.checksums - kHeaderBytes;
  const uint64_t blocks = data_bytes / kBlockBytes + (data_bytes % kBlockBytes != 0 ? 1 : 0);
  if (!base::checked_add(layout.checksums, blocks * sizeof(uint32_t), layout.end)) return false;
  return layout.end < uint64_t{1} << 63;
}

IndexFile::IndexFile(const std::filesystem::path& path) : path_(path), file_(path) {
  const std::byte* at = file_.data();
  const std::string name = path.string();
  if (file_.size() < kHeaderBytes || std::memcmp(at, kMagic.data(), kMagic.size()) != 0)
    base::data_error("'{}' is not an index of asterism", name);
  const auto version = base::load_le<uint32_t>(at + kAtVersion);
  if (version != kVersion)
    base::data_error("'{}': index format {}, and this program reads {}; build the index again", name, version,
                     kVersion);
  if (base::load_le<uint32_t>(at + kAtHeaderCrc) != header_crc(at))
    base::data_error("'{}': the header does not match its checksum; the file is damaged, build the index again", name);
  const auto metric = base::load_le<uint32_t>(at + kAtMetric);
  if (metric > uint32_t(Metric::l2)) base::data_error("'{}': metric {}; allowed are 0 to 2", name, metric);
  header_.metric = Metric(metric);
  const auto* kind = reinterpret_cast<const char*>(at + kAtKind);
  header_.kind = std::string(kind, strnlen(kind, kKindBytes));
  header_.rows = base::load_le<uint64_t>(at + kAtRows);
  header_.dimension = base::load_le<uint64_t>(at + kAtDimension);
  header_.extra_bytes = base::load_le<uint64_t>(at + kAtExtra);
  if (header_.dimension < 1 || header_.dimension > kMaxDimension)
    base::data_error("'{}': vectors of {} numbers; allowed are 1 to {}", name, header_.dimension, kMaxDimension);
  if (!layout_of(header_, layout_) || layout_.end != file_.size())
    base::data_error("'{}': {} bytes do not fit {} vectors of {}; the file is cut short or damaged", name, file_.size(),
                     header_.rows, header_.dimension);
  if (base::load_le<uint32_t>(at + kAtTableCrc) !=
      base::crc32c(at + layout_.checksums, layout_.end - layout_.checksums))
    base::data_error("'{}': the table of checksums is damaged; build the index again", name);
}

const float* IndexFile::row(uint64_t i) const {
  return reinterpret_cast<const float*>(file_.data() + layout_.rows) + i * header_.dimension;
}

bool IndexFile::is_absent(uint64_t row) const {
  return base::load_le<uint64_t>(file_.data() + layout_.absent + row / 64 * 8) >> (row % 64) & 1;
}

std::span<const std::byte> IndexFile::extra() const {
  return file_.bytes().subspan(size_t(layout_.extra), size_t(header_.extra_bytes));
}

void IndexFile::check() const {
  const std::byte* table = file_.data() + layout_.checksums;
  uint64_t block = 0;
  for (uint64_t at = kHeaderBytes; at < layout_.checksums; at += kBlockBytes, ++block) {
    const uint64_t bytes = std::min(kBlockBytes, layout_.checksums - at);
    if (base::crc32c(file_.data() + at, bytes) != base::load_le<uint32_t>(table + block * sizeof(uint32_t)))
      base::data_error("'{}': bytes {} to {} do not match their checksum; the file is damaged, build the index again",
                       path_.string(), at, at + bytes - 1);
  }
}

IndexFileWriter::IndexFileWriter(const std::filesystem::path& path, const IndexHeader& header)
    : header_(header), file_(path), at_(kHeaderBytes) {
  ASTERISM_CHECK(header.kind.size() <= kKindBytes && header.dimension >= 1 && header.dimension <= kMaxDimension);
  if (!layout_of(header, layout_))
    base::user_error("{} vectors of {} numbers are more than one file can hold; split the index", header.rows,
                     header.dimension);
}

// Data pass through here once, in order: written and summed up together.
void IndexFileWriter::put(const void* data, uint64_t bytes) {
  const auto* from = static_cast<const std::byte*>(data);
  while (bytes > 0) {
    const uint64_t in_block = (at_ - kHeaderBytes) % kBlockBytes;
    const uint64_t take = std::min(bytes, kBlockBytes - in_block);
    file_.write_at(at_, from, take);
    block_crc_ = base::crc32c(from, take, block_crc_);
    at_ += take, from += take, bytes -= take;
    if (in_block + take == kBlockBytes) {
      checksums_.push_back(block_crc_);
      block_crc_ = 0;
    }
  }
}

void IndexFileWriter::pad_to(uint64_t offset) {
  static constexpr std::array<std::byte, 64> kZeros{};
  ASTERISM_CHECK(at_ <= offset && offset - at_ < kZeros.size(), "at {}, should be just below {}", at_, offset);
  put(kZeros.data(), offset - at_);
}

void IndexFileWriter::write_rows(const float* values, uint64_t rows) {
  put(values, rows * header_.dimension * sizeof(float));
}

void IndexFileWriter::write_absent(std::span<const uint64_t> words) {
  pad_to(layout_.absent);
  put(words.data(), words.size_bytes());
  pad_to(layout_.extra);
}

void IndexFileWriter::write_extra(const void* data, uint64_t bytes) { put(data, bytes); }

void IndexFileWriter::commit() {
  pad_to(layout_.checksums);
  if ((at_ - kHeaderBytes) % kBlockBytes != 0) checksums_.push_back(block_crc_);
  const uint64_t table_bytes = checksums_.size() * sizeof(uint32_t);
  ASTERISM_CHECK(at_ + table_bytes == layout_.end, "{} bytes and a table of {} for {}", at_, table_bytes, layout_.end);
  file_.write_at(at_, checksums_.data(), table_bytes);
  std::array<std::byte, kHeaderBytes> header{};
  std::memcpy(header.data(), kMagic.data(), kMagic.size());
  base::store_le(header.data() + kAtVersion, kVersion);
  base::store_le(header.data() + kAtMetric, uint32_t(header_.metric));
  std::memcpy(header.data() + kAtKind, header_.kind.data(), header_.kind.size());
  base::store_le(header.data() + kAtRows, header_.rows);
  base::store_le(header.data() + kAtDimension, header_.dimension);
  base::store_le(header.data() + kAtExtra, header_.extra_bytes);
  base::store_le(header.data() + kAtTableCrc, base::crc32c(checksums_.data(), table_bytes));
  base::store_le(header.data() + kAtHeaderCrc, header_crc(header.data()));
  file_.write_at(0, header.data(), header.size());
  file_.commit();
}

}  // namespace asterism::search
