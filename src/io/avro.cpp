#include "io/avro.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <span>

#include "base/error.h"
#include "io/avro_schema.h"
#include "io/file_bytes.h"
#include "io/json.h"
#include "io/utf8.h"

namespace asterism::io {
namespace {

constexpr char kMagic[4] = {'O', 'b', 'j', 1};
constexpr size_t kSyncBytes = 16;
constexpr size_t kSpareBytes = 4;  // that may follow deflated data
constexpr int kMostDepth = 64;
constexpr int64_t kMostValues = int64_t{1} << 24;  // of one record: an array of nulls takes no bytes

// Reads Avro's binary encoding from a span; never beyond its end.
class Decoder {
 public:
  Decoder(std::span<const std::byte> bytes, const std::string& where)
      : bytes_(bytes), where_(where) {}  // both outlive it

  void begin_record() { values_ = 0; }
  bool at_end() const { return at_ == bytes_.size(); }
  [[noreturn]] void fail(const std::string& what) const {
    base::data_error("{}: {} at byte {} of its block; the file is damaged", where_, what, at_);
  }

  std::span<const std::byte> raw(int64_t n) {
    if (n < 0 || uint64_t(n) > bytes_.size() - at_) fail("a length of " + std::to_string(n));
    at_ += size_t(n);
    return bytes_.subspan(at_ - size_t(n), size_t(n));
  }

  int64_t integer() {  // zig-zag, seven bits a byte
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = std::to_integer<uint64_t>(raw(1)[0]);
      value |= (byte & 127) << shift;
      if (byte < 128) return int64_t(value >> 1) ^ -int64_t(value & 1);
    }
    fail("a number of more than 64 bits");
  }

  std::string text() {
    const auto bytes = raw(integer());
    std::string out(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (!is_utf8(out)) fail("text that is not UTF-8");
    return out;
  }

  nlohmann::json value(const AvroType& type, int depth = 0) {
    if (depth > kMostDepth) fail("values nested too deeply");
    if (++values_ > kMostValues) fail("too many values in one record");
    switch (type.kind) {
      case AvroKind::kNull:
        return nullptr;
      case AvroKind::kBoolean:
        return std::to_integer<int>(raw(1)[0]) != 0;
      case AvroKind::kInt:
      case AvroKind::kLong:
        return integer();
      case AvroKind::kFloat:
        return real<float>();
      case AvroKind::kDouble:
        return real<double>();
      case AvroKind::kBytes:
        return binary(integer());
      case AvroKind::kFixed:
        return binary(type.size);
      case AvroKind::kString:
        return text();
      case AvroKind::kEnum: {
        const int64_t i = integer();
        if (i < 0 || size_t(i) >= type.symbols.size()) fail("symbol " + std::to_string(i));
        return type.symbols[size_t(i)];
      }
      case AvroKind::kUnion: {
        const int64_t i = integer();
        if (i < 0 || size_t(i) >= type.branches.size()) fail("branch " + std::to_string(i) + " of a union");
        return value(*type.branches[size_t(i)], depth + 1);
      }
      case AvroKind::kRecord: {
        nlohmann::json out = nlohmann::json::object();
        for (const auto& [name, field] : type.fields) out[name] = value(*field, depth + 1);
        return out;
      }
      default:
        return blocks(type, depth);
    }
  }

 private:
  template <class T>
  nlohmann::json real() {
    T number;
    std::memcpy(&number, raw(sizeof(T)).data(), sizeof(T));
    return std::isfinite(number) ? nlohmann::json(number) : nlohmann::json();
  }
  nlohmann::json binary(int64_t n) {
    const auto bytes = raw(n);
    const auto* begin = reinterpret_cast<const uint8_t*>(bytes.data());
    return nlohmann::json::binary(std::vector<uint8_t>(begin, begin + bytes.size()));
  }
  // Arrays and maps come in blocks: a count of items (negative: their bytes follow), the items, and a count of 0.
  nlohmann::json blocks(const AvroType& type, int depth) {
    const bool map = type.kind == AvroKind::kMap;
    nlohmann::json out = map ? nlohmann::json::object() : nlohmann::json::array();
    for (int64_t count = integer(); count != 0; count = integer()) {
      if (++values_ > kMostValues) fail("too many values in one record");
      if (count < 0) {
        if (count == INT64_MIN) fail("an impossible count");
        count = -count;
        integer();
      }
      for (int64_t i = 0; i < count; ++i) {
        if (map) {
          std::string key = text();
          out[std::move(key)] = value(*type.items, depth + 1);
        } else {
          out.push_back(value(*type.items, depth + 1));
        }
      }
    }
    return out;
  }

  std::span<const std::byte> bytes_;
  const std::string& where_;
  size_t at_ = 0;
  int64_t values_ = 0;
};

}  // namespace

struct AvroFile::State {
  State(std::vector<std::byte> whole, const std::string& file_name, uint64_t most)
      : bytes(std::move(whole)), where("'" + file_name + "'"), limit(most), frame(bytes, where) {
    read_header();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void read_header();
  bool open_block();

  std::vector<std::byte> bytes, block;
  std::string where;
  uint64_t limit;
  Decoder frame;                   // of the file: header and blocks
  std::optional<Decoder> records;  // of the block that is being read
  nlohmann::json schema_json;
  std::optional<AvroSchema> schema;
  bool deflated = false;
  std::array<std::byte, kSyncBytes> sync{};
  int64_t left = 0, read = 0;  // records of the block not read yet; records read
};

void AvroFile::State::read_header() {
  if (bytes.size() < sizeof(kMagic) || std::memcmp(frame.raw(sizeof(kMagic)).data(), kMagic, sizeof(kMagic)) != 0)
    base::data_error("{} is no Avro file: it does not begin with Obj and a 1", where);
  std::string codec = "null", text;
  AvroType any, map;
  any.kind = AvroKind::kBytes;
  map.kind = AvroKind::kMap;
  map.items = &any;
  const nlohmann::json about = frame.value(map);
  for (const auto& [key, value] : about.items()) {
    const auto& binary = value.get_binary();
    if (key == "avro.codec") codec.assign(binary.begin(), binary.end());
    if (key == "avro.schema") text.assign(binary.begin(), binary.end());
  }
  if (codec != "null" && codec != "deflate")
    base::data_error("{}: blocks packed by '{}'; null and deflate are read: write the file again with one of them",
                     where, codec.substr(0, 20));
  deflated = codec == "deflate";
  schema_json = parse_json(text, where + ", its schema");
  schema.emplace(schema_json, where);
  const auto marker = frame.raw(kSyncBytes);
  std::copy(marker.begin(), marker.end(), sync.begin());
}

// The next block that holds records; false at the end of the file.
bool AvroFile::State::open_block() {
  while (left == 0) {
    if (records && !records->at_end()) records->fail("bytes behind the last record");
    if (frame.at_end()) return false;
    left = frame.integer();
    const auto packed = frame.raw(frame.integer());
    if (left < 0) frame.fail("a block of " + std::to_string(left) + " records");
    const auto marker = frame.raw(kSyncBytes);
    if (!std::equal(marker.begin(), marker.end(), sync.begin())) frame.fail("a wrong marker behind a block");
    if (deflated) {
      block = inflate_raw(packed, where, limit, kSpareBytes);
    } else {
      block.assign(packed.begin(), packed.end());
    }
    records.emplace(block, where);
  }
  return true;
}

AvroFile::AvroFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
AvroFile::AvroFile(AvroFile&&) noexcept = default;
AvroFile::~AvroFile() = default;

AvroFile AvroFile::open(const std::filesystem::path& path, uint64_t limit) {
  return from_bytes(read_bytes(path, limit), path.string(), limit);
}

AvroFile AvroFile::from_bytes(std::vector<std::byte> bytes, const std::string& name, uint64_t limit) {
  return AvroFile(std::make_unique<State>(std::move(bytes), name, limit));
}

const nlohmann::json& AvroFile::schema() const { return state_->schema_json; }

int64_t AvroFile::records_read() const { return state_->read; }

std::optional<nlohmann::json> AvroFile::next() {
  State& s = *state_;
  if (!s.open_block()) return std::nullopt;
  s.records->begin_record();
  nlohmann::json out;
  try {
    out = s.records->value(s.schema->root());
  } catch (const base::DataError& error) {
    base::data_error("{} (record {})", error.what(), s.read);
  }
  --s.left;
  ++s.read;
  return out;
}

}  // namespace asterism::io
