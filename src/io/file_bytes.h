#pragma once
// Whole files in memory, with a limit on their size, gunzipped where they are gzip.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace asterism::io {

inline constexpr uint64_t kMaxFileBytes = uint64_t{4} << 30;

// The bytes of a file. UserError when it is absent, not readable or not a regular file; DataError when longer than
// `limit`.
std::vector<std::byte> read_bytes(const std::filesystem::path& path, uint64_t limit = kMaxFileBytes);

// The same as text; gzip files (by their first bytes, not their name) are decompressed, `limit` then counts what comes
// out.
std::string read_text(const std::filesystem::path& path, uint64_t limit = kMaxFileBytes);

// True for bytes that begin as gzip does (RFC 1952).
bool is_gzip(std::span<const std::byte> bytes);

// Decompresses gzip, all members of it. DataError naming `source` when the data are damaged, cut short, followed by
// other bytes than zero padding, or longer than `limit` when decompressed. Memory grows with what is really there,
// never with what a header claims.
std::vector<std::byte> gunzip(std::span<const std::byte> bytes, const std::string& source,
                              uint64_t limit = kMaxFileBytes);
// Raw deflate data (RFC 1951), without header or checksum, as they stand in ZIP and Avro files; errors as gunzip. So
// many `spare` bytes may follow: writers of Avro in Python leave part of zlib's checksum behind.
std::vector<std::byte> inflate_raw(std::span<const std::byte> bytes, const std::string& source,
                                   uint64_t limit = kMaxFileBytes, size_t spare = 0);
std::vector<std::byte> gzip(std::span<const std::byte> bytes, int level = 6);

}  // namespace asterism::io
