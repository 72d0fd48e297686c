#include "models/feature_cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <vector>

#include "base/crc32c.h"
#include "base/error.h"
#include "base/log.h"

namespace asterism::models {
namespace {

namespace fs = std::filesystem;

constexpr char kMagic[8] = {'A', 'S', 'T', 'F', 'E', 'A', 'T', '1'};
constexpr int64_t kMostTokens = int64_t{1} << 24;

struct Head {
  char magic[8];
  char fingerprint[64];
  uint64_t width;
};
static_assert(sizeof(Head) == 80);

struct RecordHead {
  uint64_t object;
  uint32_t content, tokens, data_sum, head_sum;  // head_sum: CRC-32C of what stands before it
};
static_assert(sizeof(RecordHead) == 24);

uint32_t sum_of(const RecordHead& head) { return base::crc32c(&head, offsetof(RecordHead, head_sum)); }

// True when all was read.
bool read_all(int descriptor, void* out, int64_t bytes, int64_t offset) {
  auto* to = static_cast<char*>(out);
  while (bytes > 0) {
    const auto got = ::pread(descriptor, to, size_t(bytes), offset);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got, offset += got, bytes -= got;
  }
  return true;
}

bool write_all(int descriptor, const void* from, int64_t bytes, int64_t offset) {
  const auto* at = static_cast<const char*>(from);
  while (bytes > 0) {
    const auto done = ::pwrite(descriptor, at, size_t(bytes), offset);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    at += done, offset += done, bytes -= done;
  }
  return true;
}

}  // namespace

FeatureCache::FeatureCache(const fs::path& folder, const std::string& fingerprint, int64_t width) : width_(width) {
  ASTERISM_CHECK(fingerprint.size() == sizeof(Head::fingerprint), "a fingerprint of {} digits", fingerprint.size());
  const auto own = folder / fingerprint.substr(0, 16);
  std::error_code error;
  fs::create_directories(own, error);
  if (error)
    base::user_error("{}: cannot be made: {}; set model.feature_cache to another folder", own.string(),
                     error.message());
  lock_ = std::make_unique<base::FolderLock>(own);
  file_ = own / "features.bin";
  descriptor_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) base::user_error("{}: cannot be opened: {}", file_.string(), std::strerror(errno));
  try {
    read_places(fingerprint);
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

FeatureCache::~FeatureCache() { ::close(descriptor_); }

void FeatureCache::read_places(const std::string& fingerprint) {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0)
    base::user_error("{}: cannot be looked at: {}", file_.string(), std::strerror(errno));
  const int64_t bytes = status.st_size;
  Head head{};
  if (bytes < int64_t(sizeof head)) {  // new, or one that never got so far
    std::memcpy(head.magic, kMagic, sizeof kMagic);
    std::memcpy(head.fingerprint, fingerprint.data(), fingerprint.size());
    head.width = uint64_t(width_);
    if (!write_all(descriptor_, &head, sizeof head, 0))
      base::data_error("{}: cannot be written: {}", file_.string(), std::strerror(errno));
    end_ = sizeof head;
    return;
  }
  if (!read_all(descriptor_, &head, sizeof head, 0) || std::memcmp(head.magic, kMagic, sizeof kMagic) != 0 ||
      std::memcmp(head.fingerprint, fingerprint.data(), fingerprint.size()) != 0)
    base::data_error("{}: is no file of features of these weights: delete it, they are computed anew", file_.string());
  if (head.width != uint64_t(width_))
    base::data_error("{}: holds features of {} numbers, {} are needed: delete it, they are computed anew",
                     file_.string(), head.width, width_);
  end_ = sizeof head;
  RecordHead record{};
  while (end_ + int64_t(sizeof record) <= bytes && read_all(descriptor_, &record, sizeof record, end_)) {
    const int64_t data = int64_t(record.tokens) * width_ * int64_t(sizeof(float)),
                  start = end_ + int64_t(sizeof record);
    if (record.head_sum != sum_of(record) || record.tokens > kMostTokens || data > bytes - start) break;
    places_[{record.object, record.content}] = {start, int64_t(record.tokens), record.data_sum};
    end_ = start + data;
  }
  if (end_ == bytes) return;
  base::log_warning("{}: {} bytes after {} whole records are cut off: they were not written to the end", file_.string(),
                    bytes - end_, places_.size());
  if (::ftruncate(descriptor_, end_) != 0)
    base::data_error("{}: cannot be cut: {}", file_.string(), std::strerror(errno));
}

std::optional<at::Tensor> FeatureCache::get(const ObservationKey& key) {
  const auto found = places_.find(key);
  if (found == places_.end()) {
    ++misses_;
    return {};
  }
  const auto& place = found->second;
  auto out = at::empty({place.tokens, width_}, at::kFloat);
  const bool whole = read_all(descriptor_, out.data_ptr<float>(), int64_t(out.nbytes()), place.offset);
  if (!whole || base::crc32c(out.const_data_ptr<float>(), out.nbytes()) != place.checksum) {
    base::log_warning("{}: the features at byte {} are damaged and are computed anew", file_.string(), place.offset);
    places_.erase(found);
    ++misses_;
    return {};
  }
  ++hits_;
  return out;
}

void FeatureCache::put(const ObservationKey& key, const at::Tensor& features) {
  if (full_ || places_.contains(key)) return;
  ASTERISM_CHECK(features.dim() == 2 && features.size(1) == width_ && features.size(0) <= kMostTokens,
                 "features of {} dimensions, width {}", features.dim(), features.size(-1));
  const auto values = features.detach().to(at::kFloat).contiguous();
  RecordHead head{key.object, key.content, uint32_t(values.size(0)),
                  base::crc32c(values.const_data_ptr<float>(), values.nbytes()), 0};
  head.head_sum = sum_of(head);
  const int64_t start = end_ + int64_t(sizeof head);
  if (!write_all(descriptor_, &head, sizeof head, end_) ||
      !write_all(descriptor_, values.const_data_ptr<float>(), int64_t(values.nbytes()), start)) {
    full_ = true;
    base::log_warning("{}: cannot be written ({}): from here on features that are not in it are computed every time",
                      file_.string(), std::strerror(errno));
    return;
  }
  places_[key] = {start, values.size(0), head.data_sum};
  end_ = start + int64_t(values.nbytes());
}

}  // namespace asterism::models
