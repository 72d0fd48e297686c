#include "data/surveys/alert_file.h"

#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "io/file_bytes.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

std::filesystem::path golden_alert(const std::string& name) {
  return std::filesystem::path(asterism::tests::kSourceFolder) / "tests/golden/tables" / name;
}

TEST(AlertFile, ABadLineCostsThatLineOnly) {
  const base::TemporaryFolder folder;
  base::write_text(folder / "a.jsonl", "{\"a\": 1}\n\n{\"a\": \n{\"a\": 3}");
  const auto file = open_alert_file(folder / "a.jsonl");
  EXPECT_EQ((*file->next())["a"], 1);
  EXPECT_THROW(file->next(), base::DataError);
  EXPECT_EQ(file->place(), "line 3");
  EXPECT_EQ((*file->next())["a"], 3);
  EXPECT_FALSE(file->next());
}

TEST(AlertFile, AvroIsKnownByItsFirstBytes) {
  const auto file = open_alert_file(golden_alert("alerts_deflate.avro"));
  int records = 0;
  while (const auto alert = file->next()) ++records;
  EXPECT_EQ(records, 3);
}

TEST(AlertFile, DamagedAvroEndsItsFile) {
  const base::TemporaryFolder folder;
  auto bytes = io::read_bytes(golden_alert("alert.avro"));
  bytes.resize(bytes.size() - 100);
  base::write_text(folder / "cut.avro", std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  const auto file = open_alert_file(folder / "cut.avro");
  EXPECT_THROW(file->next(), base::DataError);
  EXPECT_EQ(file->place(), "record 0");
  EXPECT_FALSE(file->next());
}

}  // namespace
}  // namespace asterism::data
