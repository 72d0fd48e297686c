#include "data/surveys/pictures.h"

#include "io/image_file.h"
#include "tests/data/sample_batch.h"
#include "tests/data/surveys/survey_rows.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

io::Picture8 picture(int64_t size, uint8_t red) {
  io::Picture8 out;
  out.height = out.width = size;
  out.channels = 3;
  out.values.assign(size_t(size * size * 3), 0);
  for (size_t i = 0; i < out.values.size(); i += 3) out.values[i] = red;
  return out;
}

class PicturesTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder_ / "set" / "images");
    io::write_png(folder_ / "set" / "images" / "a.png", picture(8, 255));
    io::write_jpeg(folder_ / "set" / "images" / "b.jpg", picture(8, 128), 95);
  }
  Counts table(const std::string& text) {
    write_bytes(folder_ / "set" / "labels.csv", text);
    return counts(open_pictures, {folder_ / "set"});
  }
  base::TemporaryFolder folder_;
};

TEST_F(PicturesTest, NumbersAndWordsBecomeScalars) {
  table("id,path,RA,Dec,votes,Class,remark\n7,images/a.png,10,-5,33,spiral,\n8,images/b.jpg,,,,elliptical,\n");
  const auto batch = all_rows(open_pictures, {folder_ / "set"});
  ASSERT_EQ(batch.size(), 2);
  EXPECT_EQ(batch.objects[0].id, "7");
  EXPECT_TRUE(batch.objects[0].has_position);
  EXPECT_FALSE(batch.objects[1].has_position);
  const auto& block = std::get<modalities::ImageBlock>(batch.blocks.at("rgb_image"));
  EXPECT_EQ(block.unit, "display");
  EXPECT_FLOAT_EQ(block.flux[0], 1);
  EXPECT_NEAR(block.flux[3 * 64], 128 / 255.0, 0.02);
  EXPECT_EQ(scalar(batch, "votes").value[0], 33);
  EXPECT_EQ(scalar(batch, "votes").present[1], 0);
  EXPECT_EQ(scalar(batch, "class").value[0], 1);  // elliptical 0, spiral 1
  EXPECT_EQ(batch.blocks.count("remark"), 0u);    // empty everywhere
  BadRows bad(0);
  EXPECT_NE(
      open_pictures({folder_ / "set"}, {}, bad)->info().columns.at("class").description.find("0 elliptical, 1 spiral"),
      std::string::npos);
}

TEST_F(PicturesTest, BadRowsAreBadRows) {
  for (const char* row :
       {"9,images/none.png,1,2,3", "9,../set/images/a.png,1,2,3", "9,,1,2,3", ",images/a.png,1,2,3",
        "9,images/a.png,nan,2,3", "9,images/a.png,1,200,3", "9,images/a.png,1,,3", "9,images/labels.txt,1,2,3"}) {
    write_bytes(folder_ / "set" / "images" / "labels.txt", "no picture");
    const Counts found = table(std::string("id,file,ra,dec,votes\n7,images/a.png,10,-5,33\n") + row + "\n");
    EXPECT_EQ(found.rows, 1) << row;
    EXPECT_EQ(found.bad, 1) << row;
  }
  const std::string bytes = bytes_of(folder_ / "set" / "images" / "b.jpg");
  for (const size_t length : {size_t{0}, size_t{20}, bytes.size() / 2}) {
    write_bytes(folder_ / "set" / "images" / "c.jpg", bytes.substr(0, length));
    EXPECT_EQ(table("file\nimages/a.png\nimages/c.jpg\n").bad, 1) << length;
  }
}

TEST_F(PicturesTest, SizesMustAgreeOrBeMadeToAgree) {
  io::write_png(folder_ / "set" / "images" / "large.png", picture(16, 10));
  EXPECT_EQ(table("file\nimages/a.png\nimages/large.png\n").bad, 1);
  EXPECT_EQ(all_rows(open_pictures, {folder_ / "set"}, {.picture_size = 4}).size(), 2);
  write_bytes(folder_ / "set" / "labels.csv", "name,votes\na,3\n");
  EXPECT_THROW(all_rows(open_pictures, {folder_ / "set"}), base::DataError);  // no column of pictures
}

}  // namespace
}  // namespace asterism::data
