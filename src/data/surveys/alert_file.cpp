#include "data/surveys/alert_file.h"

#include <algorithm>

#include "base/error.h"
#include "io/avro.h"
#include "io/file_bytes.h"
#include "io/json.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

class JsonLines : public AlertFile {
 public:
  JsonLines(const fs::path& path, std::string text) : name_(path.string()), text_(std::move(text)) {}

  std::optional<nlohmann::json> next() override {
    while (at_ < text_.size()) {
      const size_t end = std::min(text_.find('\n', at_), text_.size());
      const std::string_view line(text_.data() + at_, end - at_);
      at_ = end + 1;
      ++line_;
      if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      return io::parse_json(line, fmt::format("{}, line {}", name_, line_));
    }
    return std::nullopt;
  }
  std::string place() const override { return "line " + std::to_string(line_); }

 private:
  std::string name_, text_;
  size_t at_ = 0;
  int64_t line_ = 0;
};

class AvroRecords : public AlertFile {
 public:
  AvroRecords(std::vector<std::byte> bytes, const fs::path& path)
      : file_(io::AvroFile::from_bytes(std::move(bytes), path.string())) {}

  std::optional<nlohmann::json> next() override {
    if (ended_) return std::nullopt;
    ended_ = true;  // unless a record comes out whole
    ++record_;
    auto out = file_.next();
    ended_ = !out;
    return out;
  }
  std::string place() const override { return "record " + std::to_string(record_); }

 private:
  io::AvroFile file_;
  bool ended_ = false;
  int64_t record_ = -1;
};

}  // namespace

std::unique_ptr<AlertFile> open_alert_file(const fs::path& path) {
  auto bytes = io::read_bytes(path);
  if (bytes.size() >= 3 && bytes[0] == std::byte{'O'} && bytes[1] == std::byte{'b'} && bytes[2] == std::byte{'j'})
    return std::make_unique<AvroRecords>(std::move(bytes), path);
  if (io::is_gzip(bytes)) bytes = io::gunzip(bytes, path.string());
  return std::make_unique<JsonLines>(path, std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

}  // namespace asterism::data
