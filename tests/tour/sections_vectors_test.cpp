#include "tour/sections_vectors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "similar/object_index.h"
#include "tests/similar/tiny_dataset.h"

namespace asterism::tour {
namespace {

TEST(SectionsVectors, DrawsTheMapOfTestObjectsAlone) {
  eval::Collected collected;
  const auto batch = similar::ring();
  collected.subject.objects = batch.objects;
  eval::Vectors vectors;
  vectors.vectors_ND = at::arange(24, at::kFloat).view({12, 2}).sin();
  vectors.present.assign(12, 1);
  collected.subject.vectors["all"] = vectors;
  for (int64_t i = 1; i < 12; ++i) collected.split.test.push_back(i);
  collected.split.train = {0};
  report::Page page("test");
  add_vector_section(page, collected, "unused");
  EXPECT_THAT(page.html(), ::testing::HasSubstr("The vectors of 11 test objects"));
  EXPECT_THAT(page.html(), ::testing::Not(::testing::HasSubstr("ring-0,")));
}

TEST(SectionsVectors, SearchSectionAnswersFromTheIndex) {
  const base::TemporaryFolder folder;
  const auto ring = similar::write_ring(folder / "ring");
  similar::build_object_index({.vectors = ring, .pictures = ring}, folder / "index");
  report::Page page("test");
  add_search_section(page, folder / "index");
  EXPECT_THAT(page.html(), ::testing::HasSubstr("the query"));
}

}  // namespace
}  // namespace asterism::tour
