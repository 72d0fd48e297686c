#include "io/avro.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/io/files.h"
#include "tests/io/tables_golden.h"

namespace asterism::io {
namespace {

// Binary values by their lengths, as the golden has them.
nlohmann::json plain(const nlohmann::json& value) {
  if (value.is_binary()) return {{"bytes", value.get_binary().size()}};
  if (!value.is_structured()) return value;
  nlohmann::json out = value;
  for (auto& item : out) item = plain(item);
  return out;
}

std::vector<nlohmann::json> records(AvroFile file) {
  std::vector<nlohmann::json> out;
  while (auto record = file.next()) out.push_back(std::move(*record));
  EXPECT_EQ(file.records_read(), int64_t(out.size()));
  return out;
}

TEST(Avro, AlertsAsFastavroReadsThem) {
  const auto alerts = records(AvroFile::open(tables_path("alerts_deflate.avro")));
  ASSERT_EQ(alerts.size(), tables_golden()["alerts"].size());
  for (size_t i = 0; i < alerts.size(); ++i) EXPECT_EQ(plain(alerts[i]), tables_golden()["alerts"][i]) << i;
  const auto stored = records(AvroFile::open(tables_path("alert.avro")));
  ASSERT_EQ(stored.size(), 1U);
  EXPECT_EQ(stored[0], alerts[0]);
}

TEST(Avro, CutOrFlippedItIsADataError) {
  const auto whole = read_bytes(tables_path("alert.avro"));
  for (size_t keep = 0; keep < whole.size(); keep += 1 + keep / 40)
    message_of([&] { records(AvroFile::from_bytes({whole.begin(), whole.begin() + int64_t(keep)}, "cut")); });
  base::Random random(1, 0, 0, "flips");
  for (int trial = 0; trial < 500; ++trial) {
    auto bytes = whole;
    bytes[random.below(bytes.size())] ^= std::byte(1 << random.below(8));
    try {
      records(AvroFile::from_bytes(bytes, "flipped"));
    } catch (const base::DataError&) {
    }
  }
  EXPECT_NE(message_of([] { AvroFile::from_bytes(bytes_of("Obj\x02"), "old"); }).find("no Avro file"),
            std::string::npos);
}

std::vector<std::byte> avro_file(const std::string& schema, const std::string& codec, const std::string& block) {
  const auto number = [](size_t n) {  // zig-zag
    std::string out;
    for (uint64_t v = uint64_t(n) * 2;; v >>= 7) {
      out += char(v < 128 ? v : (v & 127) | 128);
      if (v < 128) return out;
    }
  };
  const auto text = [&](const std::string& t) { return number(t.size()) + t; };
  return bytes_of("Obj\x01" + number(2) + text("avro.schema") + text(schema) + text("avro.codec") + text(codec) +
                  number(0) + std::string(16, 'x') + number(1) + text(block) + std::string(16, 'x'));
}

TEST(Avro, ClaimsAreNotBelieved) {
  // An array of 2^31 nulls takes five bytes.
  const auto nulls =
      avro_file(R"({"type":"array","items":"null"})", "null", std::string("\x80\x80\x80\x80\x10\x00", 6));
  EXPECT_NE(message_of([&] { records(AvroFile::from_bytes(nulls, "x")); }).find("too many values"), std::string::npos);
  // A string of 2^40 bytes.
  const auto text = avro_file("\"string\"", "null", std::string("\x80\x80\x80\x80\x80\x80\x01", 7));
  EXPECT_NE(message_of([&] { records(AvroFile::from_bytes(text, "x")); }).find("a length of"), std::string::npos);
  // A type that holds itself.
  const auto self = avro_file(R"({"type":"record","name":"a","fields":[{"name":"b","type":"a"}]})", "null", "");
  EXPECT_NE(message_of([&] { records(AvroFile::from_bytes(self, "x")); }).find("nested too deeply"), std::string::npos);
  const auto snappy = avro_file("\"int\"", "snappy", "\x02");
  EXPECT_NE(message_of([&] { AvroFile::from_bytes(snappy, "x"); }).find("null and deflate"), std::string::npos);
  EXPECT_EQ(records(AvroFile::from_bytes(avro_file("\"int\"", "null", "\x03"), "x")).at(0), -2);
}

}  // namespace
}  // namespace asterism::io
