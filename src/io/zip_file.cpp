#include "io/zip_file.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "base/error.h"
#include "io/file_bytes.h"

namespace asterism::io {
namespace {

// Records of the ZIP specification (APPNOTE 6.3): signature, and bytes before the texts that follow.
constexpr uint32_t kEnd = 0x06054b50, kEnd64 = 0x06064b50, kLocator64 = 0x07064b50, kEntry = 0x02014b50,
                   kLocal = 0x04034b50;
constexpr uint64_t kEndBytes = 22, kEnd64Bytes = 56, kLocatorBytes = 20, kEntryBytes = 46, kLocalBytes = 30;
constexpr uint64_t kLongestComment = 65535;
constexpr uint64_t kDeflateRatio = 1032;  // zlib can make no more bytes out of one
constexpr uint16_t kExtra64 = 1;
constexpr uint32_t kMarked32 = 0xffffffff;  // "see the 64-bit field"
constexpr uint64_t kMostMembers = 1 << 20;

// Little-endian numbers of a byte array, refused beyond its end.
class Reader {
 public:
  Reader(const std::vector<std::byte>& bytes, const std::string& name) : bytes_(bytes), name_(name) {}
  template <class T>
  T get(uint64_t at) const {
    if (at > bytes_.size() || bytes_.size() - at < sizeof(T))
      base::data_error("'{}': the archive ends early, at byte {}; copy the file again", name_, bytes_.size());
    T value;
    std::memcpy(&value, bytes_.data() + at, sizeof(T));
    return value;
  }

 private:
  const std::vector<std::byte>& bytes_;
  const std::string& name_;
};

}  // namespace

ZipFile ZipFile::open(const std::filesystem::path& path, uint64_t limit) {
  return from_bytes(read_bytes(path, limit), path.string(), limit);
}

ZipFile ZipFile::from_bytes(std::vector<std::byte> bytes, const std::string& name, uint64_t limit) {
  ZipFile file(std::move(bytes), name);
  file.read_directory(limit);
  return file;
}

void ZipFile::read_directory(uint64_t limit) {
  const Reader in(bytes_, name_);
  const uint64_t size = bytes_.size();
  if (size < kEndBytes) base::data_error("'{}': {} bytes are no ZIP archive", name_, size);
  uint64_t end = size - kEndBytes;
  const uint64_t lowest = end > kLongestComment ? end - kLongestComment : 0;
  while (in.get<uint32_t>(end) != kEnd) {
    if (end == lowest) base::data_error("'{}' is no ZIP archive, or it was cut short: its directory is missing", name_);
    --end;
  }
  uint64_t count = in.get<uint16_t>(end + 10), length = in.get<uint32_t>(end + 12), at = in.get<uint32_t>(end + 16);
  if (end >= kLocatorBytes && in.get<uint32_t>(end - kLocatorBytes) == kLocator64) {
    const auto record = in.get<uint64_t>(end - kLocatorBytes + 8);
    if (record > size || size - record < kEnd64Bytes || in.get<uint32_t>(record) != kEnd64)
      base::data_error("'{}': the 64-bit directory is not where the archive says", name_);
    count = in.get<uint64_t>(record + 32);
    length = in.get<uint64_t>(record + 40);
    at = in.get<uint64_t>(record + 48);
  }
  if (at > end || length > end - at || count > kMostMembers)
    base::data_error("'{}': a directory of {} members, {} bytes at byte {} of {}", name_, count, length, at, size);
  const uint64_t directory_end = at + length;
  for (uint64_t i = 0; i < count; ++i) add_member(at, directory_end, limit);
}

void ZipFile::add_member(uint64_t& at, uint64_t end, uint64_t limit) {
  const Reader in(bytes_, name_);
  if (at > end || end - at < kEntryBytes || in.get<uint32_t>(at) != kEntry)
    base::data_error("'{}': damaged directory at byte {}", name_, at);
  ZipMember m;
  const auto flags = in.get<uint16_t>(at + 8);
  m.method = in.get<uint16_t>(at + 10);
  m.crc = in.get<uint32_t>(at + 16);
  m.compressed = in.get<uint32_t>(at + 20);
  m.size = in.get<uint32_t>(at + 24);
  const uint64_t name_length = in.get<uint16_t>(at + 28), extra_length = in.get<uint16_t>(at + 30),
                 comment_length = in.get<uint16_t>(at + 32);
  m.header_offset = in.get<uint32_t>(at + 42);
  if (end - at - kEntryBytes < name_length + extra_length + comment_length)
    base::data_error("'{}': damaged directory at byte {}", name_, at);
  m.name.assign(reinterpret_cast<const char*>(bytes_.data() + at + kEntryBytes), name_length);
  const uint64_t extra_end = at + kEntryBytes + name_length + extra_length;
  for (uint64_t x = at + kEntryBytes + name_length; x + 4 <= extra_end;) {
    uint64_t field = x + 4;
    if (in.get<uint16_t>(x) == kExtra64) {
      for (uint64_t* value : {&m.size, &m.compressed, &m.header_offset}) {
        if (*value != kMarked32) continue;
        *value = in.get<uint64_t>(field);
        field += 8;
      }
    }
    x += 4 + uint64_t(in.get<uint16_t>(x + 2));
  }
  at = extra_end + comment_length;
  if ((flags & 1) != 0 || (m.method != 0 && m.method != 8))
    base::data_error("'{}': the member '{}' is encrypted or packed by method {}; stored and deflated ones are read",
                     name_, m.name, m.method);
  const bool possible = m.method == 0 ? m.size == m.compressed : m.size / kDeflateRatio <= m.compressed + 1;
  if (m.compressed > bytes_.size() || m.size > limit || !possible)
    base::data_error("'{}': the member '{}' claims {} bytes out of {}, in a file of {}", name_, m.name, m.size,
                     m.compressed, bytes_.size());
  for (const auto& other : members_)
    if (other.name == m.name) base::data_error("'{}': two members are called '{}'", name_, m.name);
  members_.push_back(std::move(m));
}

std::vector<std::byte> ZipFile::read(const std::string& member) const {
  std::vector<std::string> names;
  const ZipMember* m = nullptr;
  for (const auto& other : members_) {
    names.push_back(other.name);
    if (other.name == member) m = &other;
  }
  if (m == nullptr)
    base::data_error("'{}' has no member '{}'; the nearest is '{}'", name_, member, base::nearest(member, names));
  const Reader in(bytes_, name_);
  if (in.get<uint32_t>(m->header_offset) != kLocal)
    base::data_error("'{}': the member '{}' is not at byte {}", name_, member, m->header_offset);
  const uint64_t start = m->header_offset + kLocalBytes + in.get<uint16_t>(m->header_offset + 26) +
                         in.get<uint16_t>(m->header_offset + 28);
  if (start > bytes_.size() || bytes_.size() - start < m->compressed)
    base::data_error("'{}': the member '{}' ends early", name_, member);
  const std::span packed(bytes_.data() + start, static_cast<size_t>(m->compressed));
  std::vector<std::byte> out(packed.begin(), packed.end());
  if (m->method != 0) out = inflate_raw(packed, name_ + "', member '" + member, m->size);
  if (out.size() != m->size)
    base::data_error("'{}': the member '{}' is damaged: {} bytes instead of {}", name_, member, out.size(), m->size);
  uLong crc = crc32(0, nullptr, 0);
  for (size_t i = 0; i < out.size(); i += 1u << 30)
    crc = crc32(crc, reinterpret_cast<const Bytef*>(out.data() + i),
                static_cast<uInt>(std::min<size_t>(out.size() - i, 1u << 30)));
  if (uint32_t(crc) != m->crc)
    base::data_error("'{}': the member '{}' is damaged: its checksum is {:08x} and should be {:08x}", name_, member,
                     uint32_t(crc), m->crc);
  return out;
}

}  // namespace asterism::io
