#pragma once
// Avro object container files (Avro 1.11: blocks stored or deflated) as JSON values, record by record: an alert out of
// Avro and one out of a line of JSON are then the same thing to whoever reads alerts. Our own reader because the files
// come from anywhere: libavro asks for as much memory as a length in the file claims.
//
//   AvroFile file = AvroFile::open("2026-11-26.avro");
//   while (auto record = file.next()) use((*record)["candidate"]["jd"].get<double>());
//
// Records, maps: objects. Arrays: arrays. int, long: integers. float, double: numbers, null where not finite. string,
// enum: texts. bytes, fixed: binary values (nlohmann::json::binary). The branch of a union: its value alone.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace asterism::io {

struct AvroType;

class AvroFile {
 public:
  // UserError when the file cannot be opened, DataError when it is no Avro file or its schema is none.
  static AvroFile open(const std::filesystem::path& path, uint64_t limit = uint64_t{4} << 30);
  static AvroFile from_bytes(std::vector<std::byte> bytes, const std::string& name, uint64_t limit = uint64_t{4} << 30);
  AvroFile(AvroFile&&) noexcept;
  ~AvroFile();

  const nlohmann::json& schema() const;
  // The next record; nothing at the end. DataError naming file and record where the data are damaged or cut short.
  std::optional<nlohmann::json> next();
  int64_t records_read() const;

 private:
  struct State;
  explicit AvroFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace asterism::io
