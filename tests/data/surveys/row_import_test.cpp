#include "data/surveys/row_import.h"

#include "tests/data/sample_batch.h"
#include "tests/data/surveys/survey_rows.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

// Rows 0 to 9; 3 cannot be read, 5 is of another size than the others.
class TenRows : public RowImport {
 public:
  explicit TenRows(BadRows& bad) : RowImport(bad, 4) { set_rows(10); }
  DatasetInfo info() const override { return {.name = "ten"}; }

 protected:
  modalities::Batch read_row(int64_t row) override {
    if (row == 3) base::data_error("row three is damaged");
    modalities::Batch batch;
    batch.objects.push_back({"test", std::to_string(row), false, 0, 0});
    batch.blocks.emplace("maps_fields",
                         modalities::make_maps(1, {{"fields", ""}}, row == 5 ? 3 : 2, 2, 0, true, false));
    return batch;
  }
  Place place_of(int64_t row) const override { return {"ten.dat", std::to_string(row)}; }
};

TEST(RowImport, ABadRowCostsItselfAlone) {
  BadRows bad(2);
  TenRows import(bad);
  EXPECT_EQ(import.expected_rows(), 10);
  std::string ids;
  while (const auto batch = import.next()) {
    for (const auto& object : batch->objects) ids += object.id;
  }
  EXPECT_EQ(ids, "01246789");
  EXPECT_EQ(bad.count(), 2);
  EXPECT_NE(bad.csv().find("ten.dat,3,"), std::string::npos) << bad.csv();
  EXPECT_NE(bad.csv().find("ten.dat,5,"), std::string::npos) << bad.csv();
  BadRows none(0);
  TenRows strict(none);
  EXPECT_THROW(while (strict.next()){}, base::DataError);
}

TEST(RowImport, FindsFiles) {
  const base::TemporaryFolder folder;
  fs::create_directories(folder / "in" / "deep");
  for (const char* name : {"b.txt", "a.txt", "c.dat", "deep/d.txt"}) write_bytes(folder / "in" / name, "x");
  const auto is_text = [](const std::string& name) { return name.ends_with(".txt"); };
  const auto found = files_of({folder / "in", folder / "in" / "a.txt"}, is_text, "texts");
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].filename(), "a.txt");
  EXPECT_EQ(found[2].filename(), "d.txt");
  EXPECT_THROW(files_of({folder / "nowhere"}, is_text, "texts"), base::UserError);
  fs::create_directories(folder / "empty");
  EXPECT_THROW(files_of({folder / "empty"}, is_text, "texts"), base::UserError);
}

TEST(RowImport, Positions) {
  EXPECT_DOUBLE_EQ(checked_position(-10, 5, "x").ra_deg, 350);
  EXPECT_DOUBLE_EQ(checked_position(360, 5, "x").ra_deg, 0);
  for (const auto& [ra, dec] : std::vector<std::pair<double, double>>{
           {std::nan(""), 0}, {0, std::nan("")}, {1000, 0}, {0, 90.1}, {std::numeric_limits<double>::infinity(), 0}})
    EXPECT_THROW(checked_position(ra, dec, "x"), base::DataError) << ra << " " << dec;
}

TEST(RowImport, TablesDoNotLeadOutOfTheirFolder) {
  const base::TemporaryFolder folder;
  fs::create_directories(folder / "in");
  write_bytes(folder / "in" / "a", "x");
  write_bytes(folder / "secret", "x");
  EXPECT_EQ(file_inside(folder / "in", "a", "t"), folder / "in" / "a");
  for (const std::string name : {"../secret", "", "b", "/etc/passwd", "x/../../secret"})
    EXPECT_THROW(file_inside(folder / "in", name, "t"), base::DataError) << name;
}

TEST(RowImport, PlainIds) {
  EXPECT_EQ(plain_id("b'   2575025233207519232'"), "2575025233207519232");
  EXPECT_EQ(plain_id("b\"7\""), "7");
  EXPECT_EQ(plain_id("  x "), "x");
  EXPECT_EQ(plain_id("b'"), "b'");
  EXPECT_EQ(plain_id(""), "");
}

}  // namespace
}  // namespace asterism::data
