#include "models/feature_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/temporary_folder.h"

namespace asterism::models {
namespace {

namespace fs = std::filesystem;

const std::string kWeights(64, 'a');

at::Tensor features(double start, int64_t tokens = 3) {
  return at::arange(tokens * 4, at::kFloat).view({tokens, 4}) + start;
}

TEST(FeatureCache, GivesBackTheBitsThatWerePutAlsoLater) {
  const base::TemporaryFolder folder;
  {
    FeatureCache cache(folder.path(), kWeights, 4);
    EXPECT_FALSE(cache.get({1, 2}));
    cache.put({1, 2}, features(0.1));
    cache.put({1, 3}, features(7, 0));
    cache.put({1, 2}, features(99));  // is there already
    EXPECT_TRUE(at::equal(*cache.get({1, 2}), features(0.1)));
    EXPECT_EQ(cache.hits(), 1);
    EXPECT_EQ(cache.misses(), 1);
  }
  FeatureCache cache(folder.path(), kWeights, 4);
  EXPECT_EQ(cache.size(), 2);
  EXPECT_TRUE(at::equal(*cache.get({1, 2}), features(0.1)));
  EXPECT_EQ(cache.get({1, 3})->size(0), 0);
  cache.put({5, 5}, features(5));
  EXPECT_TRUE(at::equal(*cache.get({5, 5}), features(5)));
}

TEST(FeatureCache, OtherWeightsHaveAnotherFile) {
  const base::TemporaryFolder folder;
  FeatureCache mine(folder.path(), kWeights, 4), theirs(folder.path(), std::string(64, 'b'), 4);
  mine.put({1, 1}, features(1));
  EXPECT_FALSE(theirs.get({1, 1}));
  EXPECT_NE(mine.file(), theirs.file());
}

TEST(FeatureCache, ARecordThatWasNotWrittenWholeIsCutOff) {
  const base::TemporaryFolder folder;
  fs::path file;
  {
    FeatureCache cache(folder.path(), kWeights, 4);
    cache.put({1, 1}, features(1));
    cache.put({2, 2}, features(2));
    file = cache.file();
  }
  for (const uintmax_t lost : {1, 30, 60, 71}) {  // of 24 + 48 bytes
    const auto whole = fs::file_size(file);
    fs::resize_file(file, whole - lost);
    FeatureCache cache(folder.path(), kWeights, 4);
    EXPECT_EQ(cache.size(), 1) << lost;
    EXPECT_TRUE(at::equal(*cache.get({1, 1}), features(1)));
    cache.put({2, 2}, features(2));
    EXPECT_TRUE(at::equal(*cache.get({2, 2}), features(2)));
    EXPECT_EQ(fs::file_size(file), whole);
  }
}

TEST(FeatureCache, DamageIsNoticed) {
  const base::TemporaryFolder folder;
  fs::path file;
  {
    FeatureCache cache(folder.path(), kWeights, 4);
    cache.put({1, 1}, features(1));
    file = cache.file();
  }
  const auto change = [&](int64_t offset) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(offset);
    stream.put('\x55');
  };
  change(80 + 24 + 10);  // a number
  {
    FeatureCache cache(folder.path(), kWeights, 4);
    EXPECT_FALSE(cache.get({1, 1}));
    cache.put({1, 1}, features(1));
    EXPECT_TRUE(at::equal(*cache.get({1, 1}), features(1)));
  }
  EXPECT_THROW(FeatureCache(folder.path(), kWeights, 5), base::DataError) << "another width";
  change(80 + 12);  // how many tokens
  EXPECT_EQ(FeatureCache(folder.path(), kWeights, 4).size(), 0);
  change(3);
  EXPECT_THROW(FeatureCache(folder.path(), kWeights, 4), base::DataError) << "no such file";
}

TEST(FeatureCache, TwoProcessesDoNotShareAFile) {
  const base::TemporaryFolder folder;
  const FeatureCache cache(folder.path(), kWeights, 4);
  EXPECT_THROW(FeatureCache(folder.path(), kWeights, 4), base::UserError);
}

}  // namespace
}  // namespace asterism::models
