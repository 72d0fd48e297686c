#include "tour/tour.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "tests/where.h"

namespace asterism::tour {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

// The whole main path at its smallest: data, five trainings, vectors, index, search, predictions, questions, one page.
TEST(Tour, LivesAWholeLifeAndWritesOnePage) {
  const base::TemporaryFolder folder;
  const auto report = tour({.out = folder / "tour", .minutes = 0.1, .seed = 3});
  const std::string html = base::read_text(report);
  for (const char* text :
       {"Data: sky", "Training", "redshift", "image_codec", "spectrum_codec", "any_to_any", "contrastive",
        "A map of the vectors", "Neighbours across modalities", "Objects like these", "Redshift distributions"})
    EXPECT_THAT(html, HasSubstr(text)) << text;
  EXPECT_THAT(html, Not(ContainsRegex("Figure [0-9]+\\.</b> </figcaption>"))) << "a figure without a caption";
  // The browser itself refuses whatever the page might ask for from outside.
  EXPECT_THAT(html, HasSubstr("content=\"default-src 'none';"));
  for (const char* made : {"sky/collection.properties", "any_to_any/model/model.safetensors",
                           "vectors/collection.properties", "index/objects.parquet"})
    EXPECT_TRUE(std::filesystem::exists(folder / "tour" / made)) << made;
}

// The same life on real sets; the stars' stamps and spectra find one another.
TEST(Tour, LivesItOnRealObjectsToo) {
  const char* named = std::getenv("ASTERISM_SHARED");
  const auto shared = named != nullptr ? std::filesystem::path(named)
                                       : std::filesystem::path(asterism::tests::kSourceFolder) / ".." / "shared";
  if (!std::filesystem::is_directory(shared / "realdata")) GTEST_SKIP() << "no " << shared << ": set ASTERISM_SHARED";
  const base::TemporaryFolder folder;
  const auto report = tour({.out = folder / "tour", .data = shared / "realdata", .minutes = 0.1, .seed = 3});
  const std::string html = base::read_text(report);
  for (const char* text : {"Data: zcosmos", "Data: boss", "Data: sdss_stars", "Data: legacy_galaxy_zoo", "photoz",
                           "spectrum_codec", "galaxy_zoo", "contrastive", "Neighbours across modalities",
                           "image_sdss finds spectrum_sdss", "nearest of 30 test objects", "Objects like these"})
    EXPECT_THAT(html, HasSubstr(text)) << text;
  // What says how far to trust a redshift is no redshift, and no question.
  EXPECT_THAT(html, HasSubstr("not asked about"));
  EXPECT_THAT(html, Not(HasSubstr("true redshift_confidence")));
  EXPECT_THAT(html, Not(HasSubstr("0.00000000")));
}

TEST(Tour, RefusesWhatItCannotDo) {
  const base::TemporaryFolder folder;
  std::filesystem::create_directory(folder / "there");
  EXPECT_THROW(tour({.out = folder / "there"}), base::UserError);
  EXPECT_THROW(tour({.out = folder / "new", .minutes = 0}), base::UserError);
  EXPECT_THROW(tour({.out = folder / "new", .data = folder / "there"}), base::UserError);
  EXPECT_FALSE(std::filesystem::exists(folder / "new"));
  base::write_text(folder / "there" / "mine.txt", "kept");
  EXPECT_THROW(tour({.out = folder / "there", .replace = true}), base::UserError);
  EXPECT_EQ(base::read_text(folder / "there" / "mine.txt"), "kept");
}

}  // namespace
}  // namespace asterism::tour
