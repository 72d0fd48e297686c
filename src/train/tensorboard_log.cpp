#include "train/tensorboard_log.h"

#include <bit>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>

#include "base/atomic_file.h"
#include "base/crc32c.h"
#include "base/error.h"

namespace asterism::train {
namespace {

static_assert(std::endian::native == std::endian::little, "records and protocol buffers are little-endian");

// Tags of protocol buffers: field number and wire type in one byte.
constexpr char kWallTime = 0x09, kStep = 0x10, kFileVersion = 0x1a, kSummary = 0x2a;  // of Event
constexpr char kValue = 0x0a;                                                         // of Summary
constexpr char kTag = 0x0a, kSimpleValue = 0x15;                                      // of Summary.Value

template <class T>
std::string raw(T value) {
  std::string out(sizeof value, '\0');
  std::memcpy(out.data(), &value, sizeof value);
  return out;
}

std::string varint(uint64_t value) {
  std::string out;
  for (; value >= 128; value >>= 7) out += char(value | 128);
  return out + char(value);
}

std::string text(char tag, const std::string& bytes) { return tag + varint(bytes.size()) + bytes; }

// As TFRecord stores a checksum: rotated and shifted, so that a checksum of checksums is not degenerate.
uint32_t masked_crc(const std::string& bytes) {
  const uint32_t crc = base::crc32c(bytes.data(), bytes.size());
  return std::rotr(crc, 15) + 0xa282ead8u;
}

std::string record(const std::string& payload) {
  const std::string length = raw(uint64_t(payload.size()));
  return length + raw(masked_crc(length)) + payload + raw(masked_crc(payload));
}

std::string wall_time() {
  const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
  return kWallTime + raw(now.count());
}

// The step of an event as this file writes it; nothing where it is another's.
std::optional<int64_t> step_of(const std::string& payload) {
  if (payload.size() < 11 || payload[0] != kWallTime || payload[9] != kStep) return std::nullopt;
  uint64_t step = 0;
  for (size_t i = 10, shift = 0; i < payload.size() && shift < 64; ++i, shift += 7) {
    step |= uint64_t(payload[i] & 127) << shift;
    if (!(payload[i] & 128)) return int64_t(step);
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> read_records(const std::string& bytes) {
  std::vector<std::string> out;
  constexpr size_t kHead = 12, kTail = 4;
  const auto number = [&](size_t at, auto value) {
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
  };
  for (size_t at = 0; bytes.size() - at >= kHead;) {
    const auto length = number(at, uint64_t{});
    if (number(at + 8, uint32_t{}) != masked_crc(bytes.substr(at, 8))) break;
    at += kHead;
    if (bytes.size() - at < kTail || length > bytes.size() - at - kTail) break;
    out.push_back(bytes.substr(at, length));
    if (number(at + length, uint32_t{}) != masked_crc(out.back())) {
      out.pop_back();
      break;
    }
    at += length + kTail;
  }
  return out;
}

TensorBoardLog::TensorBoardLog(std::filesystem::path file, int64_t after_step) : file_(std::move(file)) {
  std::string kept = record(wall_time() + text(kFileVersion, "brain.Event:2"));
  if (after_step >= 0 && std::filesystem::exists(file_)) {
    const auto records = read_records(base::read_text(file_));
    for (size_t i = 1; i < records.size(); ++i)  // the first is the version
      if (const auto step = step_of(records[i]); step && *step <= after_step) kept += record(records[i]);
  }
  base::write_text(file_, kept);
}

void TensorBoardLog::write(int64_t step, const std::map<std::string, double>& values) {
  std::string summary;
  for (const auto& [name, value] : values)
    if (std::isfinite(value)) summary += text(kValue, text(kTag, name) + kSimpleValue + raw(float(value)));
  const std::string bytes = record(wall_time() + kStep + varint(uint64_t(step)) + text(kSummary, summary));
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(std::fopen(file_.c_str(), "ae"), &std::fclose);
  if (!out || std::fwrite(bytes.data(), 1, bytes.size(), out.get()) != bytes.size() || std::fflush(out.get()) != 0)
    base::data_error("{}: the event of step {} could not be written: {}.", file_.string(), step, std::strerror(errno));
}

}  // namespace asterism::train
