#include "io/file_bytes.h"

#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/bytes.h"
#include "base/error.h"
#include "io/open_file.h"

namespace asterism::io {
namespace {

constexpr size_t kChunk = size_t{1} << 20;
constexpr int kGzipWindow = 15 + 16;  // the largest window, gzip header and checksum required
constexpr int kRawWindow = -15;       // the largest window, no header at all

// zlib's stream, ended with the scope.
struct Inflater {
  z_stream stream{};
  explicit Inflater(int window) { ASTERISM_CHECK(inflateInit2(&stream, window) == Z_OK); }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
};

Bytef* as_input(std::span<const std::byte> bytes) {
  return reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
}

// Inflates one gzip member (or raw deflate data) from `bytes` to the end of `out`; returns the bytes of input it took.
size_t inflate_member(std::span<const std::byte> bytes, std::vector<std::byte>& out, const std::string& source,
                      uint64_t limit, int window = kGzipWindow) {
  Inflater inflater(window);
  z_stream& stream = inflater.stream;
  size_t taken = 0;
  for (int state = Z_OK; state != Z_STREAM_END;) {
    const size_t start = out.size();
    const uint64_t room = limit - start;
    out.resize(start + static_cast<size_t>(std::min<uint64_t>(kChunk, room + 1)));  // one byte over tells "too long"
    const auto given = static_cast<uInt>(std::min<size_t>(bytes.size() - taken, kChunk));
    stream.next_in = as_input(bytes.subspan(taken));
    stream.avail_in = given;
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + start);
    stream.avail_out = static_cast<uInt>(out.size() - start);
    state = inflate(&stream, Z_NO_FLUSH);
    const size_t used = given - stream.avail_in;
    const size_t made = out.size() - start - stream.avail_out;
    taken += used;
    out.resize(start + made);
    if (out.size() > limit) {
      base::data_error("'{}' is longer than {} when decompressed, the most that is accepted", source,
                       base::human_bytes(limit));
    }
    if (state == Z_OK && (used > 0 || made > 0)) continue;
    if (state == Z_STREAM_END) break;
    if (taken == bytes.size())
      base::data_error("'{}': the packed data end early, after {} bytes; copy the file again", source, taken);
    base::data_error("'{}': damaged packed data near byte {} ({}); copy the file again", source, taken,
                     stream.msg ? stream.msg : "no further detail");
  }
  return taken;
}

}  // namespace

std::vector<std::byte> read_bytes(const std::filesystem::path& path, uint64_t limit) {
  const OpenFile file(path);
  if (file.size() > limit) {
    base::data_error("'{}' has {}; at most {} are accepted", path.string(), base::human_bytes(file.size()),
                     base::human_bytes(limit));
  }
  std::vector<std::byte> bytes(static_cast<size_t>(file.size()));
  size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got = ::read(file.descriptor(), bytes.data() + have, bytes.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) base::data_error("cannot read '{}' at byte {}: {}", path.string(), have, std::strerror(errno));
    if (got == 0) break;  // it became shorter meanwhile
    have += static_cast<size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

std::string read_text(const std::filesystem::path& path, uint64_t limit) {
  std::vector<std::byte> bytes = read_bytes(path, limit);
  if (is_gzip(bytes)) bytes = gunzip(bytes, path.string(), limit);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool is_gzip(std::span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

std::vector<std::byte> gunzip(std::span<const std::byte> bytes, const std::string& source, uint64_t limit) {
  if (!is_gzip(bytes))
    base::data_error(
        "'{}' is not gzip: it does not begin with the bytes 1f 8b; take '.gz' off its name if it is unpacked", source);
  std::vector<std::byte> out;
  size_t at = 0;
  while (is_gzip(bytes.subspan(at))) at += inflate_member(bytes.subspan(at), out, source, limit);
  const auto rest = bytes.subspan(at);
  if (std::any_of(rest.begin(), rest.end(), [](std::byte b) { return b != std::byte{0}; })) {
    base::data_error("'{}': {} bytes that are not gzip follow the gzip data at byte {}", source, rest.size(), at);
  }
  out.shrink_to_fit();
  return out;
}

std::vector<std::byte> inflate_raw(std::span<const std::byte> bytes, const std::string& source, uint64_t limit,
                                   size_t spare) {
  std::vector<std::byte> out;
  const size_t taken = inflate_member(bytes, out, source, limit, kRawWindow);
  if (bytes.size() - taken > spare)
    base::data_error("'{}': {} bytes follow the packed data", source, bytes.size() - taken);
  return out;
}

std::vector<std::byte> gzip(std::span<const std::byte> bytes, int level) {
  z_stream stream{};
  ASTERISM_CHECK(deflateInit2(&stream, level, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::vector<std::byte> out;
  size_t taken = 0;
  for (int state = Z_OK; state != Z_STREAM_END;) {
    const size_t start = out.size(), given = std::min(bytes.size() - taken, kChunk);
    out.resize(start + kChunk);
    stream.next_in = as_input(bytes.subspan(taken));
    stream.avail_in = static_cast<uInt>(given);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + start);
    stream.avail_out = static_cast<uInt>(kChunk);
    state = deflate(&stream, taken + given == bytes.size() ? Z_FINISH : Z_NO_FLUSH);
    taken += given - stream.avail_in;
    out.resize(start + kChunk - stream.avail_out);
    ASTERISM_CHECK(state != Z_STREAM_ERROR);
  }
  deflateEnd(&stream);
  return out;
}

}  // namespace asterism::io
