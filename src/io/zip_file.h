#pragma once
// ZIP archives (stored and deflated members, ZIP64 sizes), as NumPy writes them. Every size is checked against the file
// and every member against its CRC-32.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace asterism::io {

struct ZipMember {
  std::string name;
  uint64_t compressed = 0, size = 0, header_offset = 0;
  uint32_t crc = 0;
  uint16_t method = 0;  // 0 stored, 8 deflated
};

class ZipFile {
 public:
  // DataError for anything that is no ZIP archive, encrypted members, two members of one name, and a member that claims
  // to be longer than `limit` or than its compressed bytes could make it. UserError when the file cannot be opened.
  static ZipFile open(const std::filesystem::path& path, uint64_t limit = uint64_t{4} << 30);
  static ZipFile from_bytes(std::vector<std::byte> bytes, const std::string& name, uint64_t limit = uint64_t{4} << 30);

  const std::string& name() const { return name_; }
  const std::vector<ZipMember>& members() const { return members_; }
  // The bytes of a member; DataError naming the nearest when there is none, and when its data are damaged.
  std::vector<std::byte> read(const std::string& member) const;

 private:
  ZipFile(std::vector<std::byte> bytes, std::string name) : bytes_(std::move(bytes)), name_(std::move(name)) {}
  void read_directory(uint64_t limit);
  void add_member(uint64_t& at, uint64_t end, uint64_t limit);
  std::vector<std::byte> bytes_;
  std::string name_;
  std::vector<ZipMember> members_;
};

}  // namespace asterism::io
