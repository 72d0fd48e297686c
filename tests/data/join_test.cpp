#include "data/join.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/batch_table.h"
#include "data/hats_read.h"
#include "data/split.h"
#include "io/arrow_status.h"
#include "io/parquet.h"
#include "modalities/image.h"
#include "modalities/scalar.h"
#include "tests/data/sample_batch.h"

namespace asterism::data {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

void write(const std::filesystem::path& out, const modalities::Batch& batch) {
  const auto name = out.filename().string();
  HatsWriter writer(out,
                    {.name = name,
                     .licence = "of " + name,
                     .columns = {{"redshift", {"as told by " + name, ""}}, {"image_first", {"at 21 cm", "phot"}}}});
  writer.add(batch);
  writer.finish();
}

modalities::Batch read(const std::filesystem::path& path) {
  std::vector<modalities::Batch> parts;
  HatsReader::open(path).for_each({}, 1000, [&](modalities::Batch&& batch, int64_t) {
    parts.push_back(std::move(batch));
    return true;
  });
  return modalities::concatenate(parts);
}

// Radio images, a redshift and half an arcsecond of shift of every second object of `batch`, in another order and under
// other ids; and one of nobody.
modalities::Batch seen_by_radio(const modalities::Batch& batch) {
  modalities::Batch out;
  for (int64_t i = batch.size() - 1; i >= 0; --i) {
    auto object = batch.objects[size_t(i)];
    if (i % 2 != 0) continue;
    object.survey = "radio";
    object.id = "r" + std::to_string(i);
    object.dec_deg += object.dec_deg > 0 ? -0.5 / 3600 : 0.5 / 3600;
    out.objects.push_back(object);
  }
  out.objects.push_back({"radio", "nobody", true, 11, 89.9});
  auto images = modalities::make_images(out.size(), {{"first-l", 2.1e9, 6e7}}, 4, 4, "nanomaggy", 1.8, true);
  auto redshifts = modalities::make_scalars(out.size(), "", false);
  for (size_t i = 0; i < size_t(out.size()); ++i) {
    images.present[i] = redshifts.present[i] = 1;
    const auto& id = out.objects[i].id;
    const float number = id == "nobody" ? -1 : std::stof(id.substr(1));
    for (size_t p = 16 * i; p < 16 * i + 16; ++p) images.flux[p] = number, images.ivar[p] = 1, images.mask[p] = 0;
  }
  out.blocks.emplace("image_first", images);
  out.blocks.emplace("redshift", redshifts);
  return out;
}

class Join : public testing::Test {
 protected:
  Join() : batch_(sample_batch(600)) {
    auto side = modalities::make_scalars(batch_.size(), "", false);
    for (int64_t i = 0; i < batch_.size(); ++i) side.present[size_t(i)] = 1, side.value[size_t(i)] = double(i % 100);
    batch_.blocks.emplace(kSplitColumn, side);
    write(folder_ / "a", batch_);
    write(folder_ / "b", seen_by_radio(batch_));
  }
  // That every object has its own of both; how many have an image of b.
  int64_t checked(const modalities::Batch& joined) const {
    std::map<std::string, int64_t> row;
    for (int64_t i = 0; i < batch_.size(); ++i) row[batch_.objects[size_t(i)].id] = i;
    std::vector<int64_t> rows;
    for (const auto& object : joined.objects) rows.push_back(row.at(object.id));
    const auto expected = modalities::select(batch_, rows);
    for (const auto& [name, block] : expected.blocks)
      EXPECT_TRUE(same_block(joined.blocks.at(name), block)) << name << ", a's own";
    const auto& images = std::get<modalities::ImageBlock>(joined.blocks.at("image_first"));
    int64_t found = 0;
    for (size_t i = 0; i < rows.size(); ++i) {
      EXPECT_TRUE(same_object(joined.objects[i], expected.objects[i]));
      const bool has = rows[i] % 2 == 0 && expected.objects[i].has_position;
      EXPECT_EQ(images.present[i] != 0, has) << rows[i];
      if (has) EXPECT_EQ(images.flux[16 * i], float(rows[i]));
      found += has;
    }
    return found;
  }
  base::TemporaryFolder folder_;
  modalities::Batch batch_;
};

TEST_F(Join, ObjectsOfBothHaveWhatEitherObserved) {
  const auto joined = join_datasets(folder_ / "a", folder_ / "b", folder_ / "ab");
  const auto batch = read(folder_ / "ab");
  EXPECT_EQ(batch.size(), joined.matched);
  EXPECT_EQ(checked(batch), joined.matched);
  EXPECT_EQ(joined.of_a, std::vector<std::string>{"redshift"});
  EXPECT_EQ(HatsReader::open(folder_ / "ab").info().licence, "of a; of b");
}

TEST_F(Join, AllKeepsThoseWithoutAMatch) {
  const auto joined =
      join_datasets(folder_ / "a", folder_ / "b", folder_ / "ab", {.all = true, .modalities = {"image_first"}});
  const auto batch = read(folder_ / "ab");
  EXPECT_EQ(batch.size(), 600);
  EXPECT_EQ(checked(batch), joined.matched);
}

TEST_F(Join, ColumnsKeepWhatIsSaidOfThem) {
  join_datasets(folder_ / "a", folder_ / "b", folder_ / "ab");
  const auto joined = HatsReader::open(folder_ / "ab");
  const auto word = [&](const char* modality, const char* key) {
    const auto field = joined.schema()->GetFieldByName(joined.layout().find(modality)->column);
    return field->metadata()->Get(key).ValueOr("");
  };
  EXPECT_EQ(word("redshift", "description"), "as told by a");
  EXPECT_EQ(word("image_first", "description"), "at 21 cm");
  EXPECT_EQ(word("image_first", "ucd"), "phot");
}

TEST_F(Join, TellsOfColumnsThatAreNoModalities) {
  const auto of_b = seen_by_radio(batch_);
  const auto table = to_table(of_b, schema_for(of_b, {.name = "b"}));
  const auto more = io::need_arrow(
      table->AddColumn(0, arrow::field("redshift_posterior", arrow::utf8()), table->GetColumnByName("object_id")), "b");
  io::write_parquet(folder_ / "more.parquet", *more);
  const std::vector<std::string> none, posterior = {"redshift_posterior"};
  EXPECT_EQ(join_datasets(folder_ / "a", folder_ / "b", folder_ / "1").left_out, none);
  EXPECT_EQ(join_datasets(folder_ / "a", folder_ / "more.parquet", folder_ / "2").left_out, posterior);
  EXPECT_EQ(join_datasets(folder_ / "more.parquet", folder_ / "a", folder_ / "3").left_out, posterior);
  const JoinOptions images{.modalities = {"image_first"}};  // who names what is wanted is not told of the rest
  EXPECT_EQ(join_datasets(folder_ / "a", folder_ / "more.parquet", folder_ / "4", images).left_out, none);
}

TEST_F(Join, SaysWhatIsWrong) {
  const auto says = [&](const JoinOptions& options, const char* text) {
    EXPECT_THAT([&] { join_datasets(folder_ / "a", folder_ / "b", folder_ / "ab", options); },
                ThrowsMessage<base::UserError>(HasSubstr(text)));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "ab"));
  };
  says({.modalities = {"image_frist"}}, "nearest is 'image_first'");
  says({.modalities = {"redshift"}}, "has 'redshift' as well");
  says({.radius_arcsec = 0.1}, "not one object within 0.1 arcsec");
  EXPECT_THAT([&] { join_datasets(folder_ / "a", folder_ / "a", folder_ / "ab"); },
              ThrowsMessage<base::UserError>(HasSubstr("has nothing that")));
}

}  // namespace
}  // namespace asterism::data
