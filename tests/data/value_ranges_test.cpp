#include "data/value_ranges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "modalities/image.h"
#include "modalities/scalar.h"

namespace asterism::data {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// Evenly from `low` on.
modalities::Batch fluxes(int64_t n, double low, double step, double error = 0.1) {
  modalities::Batch out;
  auto block = modalities::make_scalars(n, "nanomaggy", true);
  for (size_t i = 0; i < size_t(n); ++i) {
    out.objects.push_back({.survey = "test", .id = std::to_string(i)});
    block.present[i] = 1;
    block.value[i] = low + double(i) * step;
    block.error[i] = error;
  }
  out.blocks["flux_g"] = block;
  return out;
}

std::vector<std::string> lines_for(const ValueRanges& ranges, const modalities::Batch& batch,
                                   const std::vector<std::string>& modalities = {"flux_g"}) {
  UnlikeObjects unlike(ranges, modalities);
  unlike.add(batch);
  return unlike.lines();
}

TEST(ValueRanges, HoldNineHundredNinetyOfAThousand) {
  const auto ranges = ranges_of(fluxes(1001, 0, 1));
  const auto& range = ranges.at("flux_g").at("value");
  EXPECT_EQ(range.unit, "nanomaggy");
  EXPECT_EQ(range.objects, 1001);
  EXPECT_DOUBLE_EQ(range.low, 5);
  EXPECT_DOUBLE_EQ(range.median, 500);
  EXPECT_DOUBLE_EQ(range.high, 995);
}

TEST(ValueRanges, SurviveTheFileAndADamagedOneIsNamed) {
  const base::TemporaryFolder folder;
  EXPECT_TRUE(read_ranges(folder.path()).empty());
  write_ranges(folder.path(), ranges_of(fluxes(11, 0, 0.1)));
  const auto again = read_ranges(folder.path());
  EXPECT_EQ(again.at("flux_g").at("value").high, ranges_of(fluxes(11, 0, 0.1)).at("flux_g").at("value").high);
  EXPECT_EQ(again.at("flux_g").at("error").unit, "nanomaggy");
  for (const char* text : {"[]", R"({"flux_g": 3})", R"({"flux_g": {"value": {"unit": "", "objects": 1, "low": "x"}}})",
                           R"({"flux_g": {"value": {"unit": 3}}})"}) {
    base::write_text(folder / kRangesFile, text);
    try {
      read_ranges(folder.path());
      ADD_FAILURE() << text;
    } catch (const base::DataError& error) {
      EXPECT_THAT(error.what(), HasSubstr(kRangesFile));
    }
  }
}

TEST(UnlikeObjects, OtherValuesAndOtherErrorsAreSaid) {
  const auto ranges = ranges_of(fluxes(1001, 0, 1));
  EXPECT_THAT(lines_for(ranges, fluxes(100, 100, 1)), IsEmpty());
  const auto bright = lines_for(ranges, fluxes(100, 950, 1));
  ASSERT_EQ(bright.size(), 1u);
  EXPECT_EQ(bright[0],
            "flux_g: 45 of 100 objects lie beyond what the model learned from (5 to 995 nanomaggy, median 500; here "
            "999.5)");
  const auto deep = lines_for(ranges, fluxes(100, 100, 1, 0.01));
  ASSERT_EQ(deep.size(), 1u);
  EXPECT_THAT(deep[0], HasSubstr("flux_g, error: 100 of 100"));
  EXPECT_THAT(lines_for(ranges, fluxes(100, 5000, 1), {"flux_r"}), IsEmpty()) << "it is not given to the model";
  EXPECT_THAT(lines_for({}, fluxes(100, 5000, 1)), IsEmpty()) << "nothing is known of what it learned from";
}

TEST(UnlikeObjects, ErrorsThatAreMissingAreSaid) {
  const auto ranges = ranges_of(fluxes(1001, 0, 1));
  const std::string wanted = "flux_g: 100 of 100 objects have no error, and what the model learned from had one";
  auto batch = fluxes(100, 100, 1);
  auto& block = std::get<modalities::ScalarBlock>(batch.blocks.at("flux_g"));
  block.error.assign(100, 0);  // unknown
  EXPECT_EQ(lines_for(ranges, batch), std::vector<std::string>{wanted});
  block.has_error = false;
  EXPECT_EQ(lines_for(ranges, batch), std::vector<std::string>{wanted});
  EXPECT_THAT(lines_for(ranges_of(batch), batch), IsEmpty()) << "the model never saw one";
  EXPECT_THAT(lines_for(ranges_of(batch), fluxes(100, 100, 1)), IsEmpty());
}

// Read as if their noise were 1, images without variances are those of an object that hardly shows.
TEST(UnlikeObjects, VariancesThatAreMissingAreSaid) {
  const auto images = [](bool has_ivar) {
    modalities::Batch out;
    auto block = modalities::make_images(20, {{"des-g", 4800, 1500}}, 8, 8, "nanomaggy", 0.262, has_ivar);
    std::fill(block.present.begin(), block.present.end(), uint8_t{1});
    std::fill(block.mask.begin(), block.mask.end(), uint8_t{0});
    std::fill(block.flux.begin(), block.flux.end(), 1.0f);
    std::fill(block.ivar.begin(), block.ivar.end(), has_ivar ? 1000.0f : 1.0f);
    out.objects.resize(20);
    out.blocks["image_legacy"] = block;
    return out;
  };
  const auto with = ranges_of(images(true)), without = ranges_of(images(false));
  const auto said = lines_for(with, images(false), {"image_legacy"});
  ASSERT_EQ(said.size(), 1u);
  EXPECT_THAT(said[0], HasSubstr("image_legacy: 20 of 20 objects have no variance"));
  EXPECT_THAT(lines_for(with, images(true), {"image_legacy"}), IsEmpty());
  EXPECT_THAT(lines_for(without, images(false), {"image_legacy"}), IsEmpty());
}

TEST(UnlikeObjects, TheWorstComesFirst) {
  auto batch = fluxes(100, 950, 1, 7);
  const auto lines = lines_for(ranges_of(fluxes(1001, 0, 1)), batch);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_THAT(lines[0], HasSubstr("flux_g, error: 100 of"));
}

// One in a hundred is beyond by itself, and of five objects one is no sign.
TEST(UnlikeObjects, ChanceIsNoSign) {
  const auto ranges = ranges_of(fluxes(1001, 0, 1));
  EXPECT_THAT(lines_for(ranges, fluxes(1000, 0, 1)), IsEmpty());
  EXPECT_THAT(lines_for(ranges, fluxes(5, -100, 150)), IsEmpty());
  EXPECT_EQ(lines_for(ranges, fluxes(1, 5000, 1)).size(), 1u) << "one object far away is";
  EXPECT_THAT(lines_for(ranges_of(fluxes(4, 0, 1)), fluxes(10, -0.5, 0.5)), IsEmpty())
      << "four objects say little of what there is";
}

TEST(UnlikeObjects, ABandThatWasNeverSeen) {
  const auto images = [](const std::string& band) {
    modalities::Batch out;
    auto block = modalities::make_images(3, {{band, 4800, 1300}}, 2, 2, "nanomaggy", 0.25, false);
    block.present.assign(3, 1);
    block.mask.assign(12, 0);
    block.ivar.assign(12, 1);
    block.flux.assign(12, 2);
    out.objects.resize(3);
    out.blocks["image"] = block;
    return out;
  };
  EXPECT_THAT(lines_for(ranges_of(images("g")), images("g"), {"image"}), IsEmpty());
  const auto lines = lines_for(ranges_of(images("g")), images("y"), {"image"});
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0], "image, flux in y: no object that the model learned from had it, 3 of these have");
}

}  // namespace
}  // namespace asterism::data
