#pragma once
// The alerts of a file one after the other, whatever its format.

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace asterism::data {

class AlertFile {
 public:
  virtual ~AlertFile() = default;
  // The next alert; nothing at the end. A line of JSON that is none throws DataError, and the next call goes on behind
  // it; damaged Avro throws DataError, and the file ends there.
  virtual std::optional<nlohmann::json> next() = 0;
  virtual std::string place() const = 0;  // of the alert that next() came to last: "line 3", "record 0"
};

// Avro by its first bytes; else JSON lines, gunzipped where they are gzip. Errors as of io/avro.h and io/file_bytes.h.
std::unique_ptr<AlertFile> open_alert_file(const std::filesystem::path& path);

}  // namespace asterism::data
