#include "modalities/block.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "modalities/all.h"
#include "modalities/scalar.h"
#include "modalities/spectrum.h"

namespace asterism::modalities {
namespace {

Batch batch(const std::string& prefix, int64_t n, const std::string& modality) {
  Batch b;
  ScalarBlock values = make_scalars(n, "nanomaggy", false);
  for (int64_t i = 0; i < n; ++i) {
    b.objects.push_back({"legacy", prefix + std::to_string(i), true, 10.0 + double(i), -3});
    values.present[size_t(i)] = 1;
    values.value[size_t(i)] = double(i);
  }
  b.blocks.emplace(modality, std::move(values));
  return b;
}

TEST(Batch, JoiningFillsWhatIsMissing) {
  const Batch joined = concatenate(std::vector<Batch>{batch("a", 2, "flux_g"), batch("b", 3, "flux_r")});
  check(joined);
  EXPECT_EQ(joined.size(), 5);
  const auto& g = std::get<ScalarBlock>(joined.blocks.at("flux_g"));
  EXPECT_EQ(std::vector<int>(g.present.begin(), g.present.end()), (std::vector<int>{1, 1, 0, 0, 0}));
  const Batch picked = select(joined, {4, 0, 4});
  check(picked);
  EXPECT_EQ(picked.objects[0].id, "b2");
  EXPECT_EQ(std::get<ScalarBlock>(picked.blocks.at("flux_r")).value[2], 2);
  EXPECT_THROW(select(joined, {5}), base::CheckError);
}

TEST(Batch, WrongBatchesAreRefused) {
  Batch b = batch("a", 2, "flux_g");
  b.objects.pop_back();
  EXPECT_THROW(check(b), base::DataError);
  b = batch("a", 2, "flux_g");
  b.objects[0].dec_deg = 91;
  EXPECT_THROW(check(b), base::DataError);
  b = batch("a", 2, "flux_g");
  b.objects[0].id = "";
  EXPECT_THROW(check(b), base::DataError);
  EXPECT_THROW(concatenate(std::vector<Block>{make_scalars(1, "", false), make_spectra(1, 2, "")}), base::DataError);
}

TEST(ObjectKey, HashTellsSurveysAndIdsApart) {
  std::set<uint64_t> seen;
  for (const char* survey : {"sdss", "desi", "a", "ab"})
    for (const char* id : {"1", "2", "bc", "c"}) seen.insert(ObjectKey{survey, id, false, 0, 0}.hash());
  EXPECT_EQ(seen.size(), 16u);
  EXPECT_EQ((ObjectKey{"sdss", "1", false, 0, 0}.hash()), (ObjectKey{"sdss", "1", true, 5, 6}.hash()));
}

TEST(All, NamesAreUniqueAndOfAKnownKind) {
  std::set<std::string_view> names;
  for (const Known& known : all()) {
    EXPECT_TRUE(names.insert(known.name).second) << known.name;
    EXPECT_EQ(
        (std::set<std::string_view>{"image", "spectrum", "scalar", "vector", "light_curve", "catalog", "map", "cube"}
             .count(known.kind)),
        1u)
        << known.name;
    EXPECT_FALSE(known.sentence.empty()) << known.name;
    EXPECT_EQ(find(known.name), &known);
  }
  EXPECT_EQ(find("flux_q"), nullptr);
  EXPECT_GE(survey_ids().size(), 7u);
}

}  // namespace
}  // namespace asterism::modalities
