#include "io/safetensors.h"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/atomic_file.h"
#include "base/bytes.h"
#include "base/error.h"
#include "io/safetensors_header.h"

namespace asterism::io {
namespace {

constexpr size_t kLengthBytes = 8;
constexpr size_t kDataAlignment = 64;

struct DTypeEntry {
  DType dtype;
  const char* name;
  size_t size;
};
constexpr std::array<DTypeEntry, 13> kDTypes{{{DType::kF64, "F64", 8},
                                              {DType::kF32, "F32", 4},
                                              {DType::kF16, "F16", 2},
                                              {DType::kBF16, "BF16", 2},
                                              {DType::kI64, "I64", 8},
                                              {DType::kI32, "I32", 4},
                                              {DType::kI16, "I16", 2},
                                              {DType::kI8, "I8", 1},
                                              {DType::kU64, "U64", 8},
                                              {DType::kU32, "U32", 4},
                                              {DType::kU16, "U16", 2},
                                              {DType::kU8, "U8", 1},
                                              {DType::kBool, "BOOL", 1}}};

const DTypeEntry& entry_of(DType dtype) {
  for (const auto& entry : kDTypes) {
    if (entry.dtype == dtype) return entry;
  }
  ASTERISM_CHECK(false, "no dtype of number {}", static_cast<int>(dtype));
  return kDTypes[0];
}

DType dtype_named(const HeaderEntry& entry, const std::string& source) {
  std::vector<std::string> names;
  for (const auto& known : kDTypes) {
    if (entry.dtype == known.name) return known.dtype;
    names.emplace_back(known.name);
  }
  base::data_error("{}: tensor '{}' has the type '{}', which is not read here; convert it to one of {}", source,
                   entry.name, entry.dtype, base::quoted_list(names));
}

// Bytes of a tensor of this shape; nullopt when they do not fit 63 bits.
std::optional<uint64_t> bytes_of(const std::vector<uint64_t>& shape, size_t element) {
  uint64_t bytes = element;
  bool empty = false;
  for (const uint64_t n : shape) {
    if (n > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
    if (n == 0) empty = true;
    if (n != 0 && !base::checked_multiply(bytes, n, bytes)) return std::nullopt;
  }
  if (bytes > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
  return empty ? 0 : bytes;
}

// One tensor of the header, checked against the data that are there.
TensorView checked_view(const HeaderEntry& entry, std::span<std::byte> data, size_t data_start,
                        const std::string& source) {
  const DType dtype = dtype_named(entry, source);
  const uint64_t begin = entry.begin, end = entry.end;
  if (end < begin || end > data.size()) {
    base::data_error("{}: tensor '{}' lies at bytes {} to {} of the data, which have {}; copy or download it again",
                     source, entry.name, begin, end, data.size());
  }
  const auto bytes = bytes_of(entry.shape, size_of(dtype));
  if (!bytes) {
    base::data_error("{}: tensor '{}' of shape [{}] has more bytes than can be counted", source, entry.name,
                     fmt::join(entry.shape, ", "));
  }
  if (*bytes != end - begin) {
    base::data_error("{}: tensor '{}' of shape [{}] and type {} needs {} bytes, but has {} at offset {}", source,
                     entry.name, fmt::join(entry.shape, ", "), entry.dtype, *bytes, end - begin, begin);
  }
  if ((data_start + begin) % size_of(dtype) != 0) {
    base::data_error(
        "{}: tensor '{}' begins at byte {} of the file, which is no multiple of its {} bytes an element; save it again",
        source, entry.name, data_start + begin, size_of(dtype));
  }
  TensorView view;
  view.name = entry.name;
  view.dtype = dtype;
  view.shape.assign(entry.shape.begin(), entry.shape.end());
  view.bytes = data.subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
  return view;
}

// The tensors must fill the data from the first byte to the last, each byte once.
void check_coverage(std::vector<HeaderEntry>& entries, size_t data_bytes, const std::string& source) {
  std::sort(entries.begin(), entries.end(), [](const HeaderEntry& a, const HeaderEntry& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  uint64_t at = 0;
  for (const auto& entry : entries) {
    if (entry.begin != at) {
      base::data_error("{}: tensor '{}' begins at offset {}, but the tensors before it end at {}: {}", source,
                       entry.name, entry.begin, at, entry.begin < at ? "they overlap" : "there is a hole");
    }
    at = entry.end;
  }
  if (at != data_bytes) {
    base::data_error("{}: {} bytes follow the last tensor, which ends at offset {}", source, data_bytes - at, at);
  }
}

// The header as text, padded by blanks so that the data begin on kDataAlignment.
std::string header_text(const std::vector<TensorBytes>& tensors, const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header[std::string(kMetadataKey)] = metadata;
  uint64_t at = 0;
  for (const auto& tensor : tensors) {
    header[tensor.name] = {
        {"dtype", name_of(tensor.dtype)}, {"shape", tensor.shape}, {"data_offsets", {at, at + tensor.bytes.size()}}};
    at += tensor.bytes.size();
  }
  std::string text = header.dump();
  text.resize((kLengthBytes + text.size() + kDataAlignment - 1) / kDataAlignment * kDataAlignment - kLengthBytes, ' ');
  return text;
}

// Largest elements first, then by name: every tensor then begins at a multiple of its element's size, as the readers
// want.
void sort_for_writing(std::vector<TensorBytes>& tensors, const std::filesystem::path& path) {
  std::sort(tensors.begin(), tensors.end(), [](const TensorBytes& a, const TensorBytes& b) {
    const size_t size_a = size_of(a.dtype), size_b = size_of(b.dtype);
    return size_a != size_b ? size_a > size_b : a.name < b.name;
  });
  std::map<std::string, int> seen;
  for (const auto& tensor : tensors) {
    if (seen[tensor.name]++ > 0) base::user_error("'{}': two tensors are named '{}'", path.string(), tensor.name);
    if (tensor.name == kMetadataKey)
      base::user_error("'{}': a tensor cannot be named '{}'", path.string(), kMetadataKey);
    const std::vector<uint64_t> shape(tensor.shape.begin(), tensor.shape.end());
    const auto bytes = bytes_of(shape, size_of(tensor.dtype));
    ASTERISM_CHECK(bytes && *bytes == tensor.bytes.size(), "tensor {} of shape [{}] with {} bytes", tensor.name,
                   fmt::join(tensor.shape, ", "), tensor.bytes.size());
  }
}

}  // namespace

size_t size_of(DType dtype) { return entry_of(dtype).size; }
const char* name_of(DType dtype) { return entry_of(dtype).name; }

SafetensorsHeader read_safetensors(std::span<std::byte> bytes, const std::string& source) {
  const auto length = base::read_le<uint64_t>(bytes, 0);
  if (!length)
    base::data_error("{}: {} bytes are too few for a safetensors file; copy or download it again", source,
                     bytes.size());
  if (*length > kMaxSafetensorsHeader) {
    base::data_error("{}: the header is said to have {} bytes; at most {} are accepted", source, *length,
                     kMaxSafetensorsHeader);
  }
  if (*length > bytes.size() - kLengthBytes) {
    base::data_error("{}: the header is said to have {} bytes, but only {} follow; copy the file again", source,
                     *length, bytes.size() - kLengthBytes);
  }
  const size_t data_start = kLengthBytes + static_cast<size_t>(*length);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + kLengthBytes, static_cast<size_t>(*length));
  HeaderEntries header = parse_safetensors_header(text, source);
  const auto data = bytes.subspan(data_start);
  SafetensorsHeader result;
  for (const auto& entry : header.tensors) result.tensors.push_back(checked_view(entry, data, data_start, source));
  check_coverage(header.tensors, data.size(), source);
  std::sort(result.tensors.begin(), result.tensors.end(),
            [](const TensorView& a, const TensorView& b) { return a.name < b.name; });
  result.metadata = std::move(header.metadata);
  return result;
}

SafetensorsFile SafetensorsFile::open(const std::filesystem::path& path) {
  SafetensorsFile file;
  file.mapping_ = PrivateMapping::open(path);
  auto header = read_safetensors(file.mapping_->bytes(), "'" + path.string() + "'");
  file.tensors_ = std::move(header.tensors);
  file.metadata_ = std::move(header.metadata);
  return file;
}

bool SafetensorsFile::contains(const std::string& name) const {
  const auto by_name = [](const TensorView& tensor, const std::string& wanted) { return tensor.name < wanted; };
  const auto found = std::lower_bound(tensors_.begin(), tensors_.end(), name, by_name);
  return found != tensors_.end() && found->name == name;
}

const TensorView& SafetensorsFile::at(const std::string& name) const {
  const auto by_name = [](const TensorView& tensor, const std::string& wanted) { return tensor.name < wanted; };
  const auto found = std::lower_bound(tensors_.begin(), tensors_.end(), name, by_name);
  if (found != tensors_.end() && found->name == name) return *found;
  std::vector<std::string> names;
  for (const auto& tensor : tensors_) names.push_back(tensor.name);
  if (names.empty()) base::data_error("'{}' has no tensors at all, so no '{}'", mapping_->path().string(), name);
  base::data_error("'{}' has no tensor '{}'; the nearest is '{}'", mapping_->path().string(), name,
                   base::nearest(name, names));
}

void write_safetensors(const std::filesystem::path& path, std::vector<TensorBytes> tensors,
                       const std::map<std::string, std::string>& metadata) {
  sort_for_writing(tensors, path);
  std::string header;
  try {
    header = header_text(tensors, metadata);
  } catch (const nlohmann::json::exception&) {  // its only complaint here
    base::user_error("'{}': a tensor's name or the metadata are not valid UTF-8", path.string());
  }
  if (header.size() > kMaxSafetensorsHeader)
    base::user_error("'{}': names and metadata need {} bytes; at most {} are allowed", path.string(), header.size(),
                     kMaxSafetensorsHeader);
  base::AtomicFile file(path);
  std::byte length[kLengthBytes];
  base::store_le<uint64_t>(length, header.size());
  file.write(length, sizeof length);
  file.write(header);
  for (const auto& tensor : tensors) file.write(tensor.bytes.data(), tensor.bytes.size());
  file.commit();
}

}  // namespace asterism::io
