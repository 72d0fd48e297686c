#include "models/packing.h"

#include <gtest/gtest.h>

#include <numeric>

namespace asterism::models {
namespace {

Rows rows_of(const std::vector<int64_t>& objects) {
  Rows r;
  r.object = objects;
  r.position.assign(objects.size(), 0);
  return r;
}

TEST(Packing, EveryRowHasASlotOfItsObject) {
  const std::vector<Rows> rows{rows_of({0, 2}), rows_of({0, 0, 2, 3}), rows_of({2})};
  const auto counts = row_counts(rows, 4);
  EXPECT_EQ(counts, (std::vector<int64_t>{3, 0, 3, 1}));
  const auto packing = pack(rows, bucket_objects(counts, {1, 1, 1, 1}), 4);
  const auto x = at::arange(1, 8, at::kFloat).unsqueeze(1);
  const auto bucket = packing.buckets.at(0);
  const auto view = Packing::view(packing.scatter(x), bucket).squeeze(2);
  const std::map<int64_t, std::vector<float>> expected{{0, {1, 3, 4}}, {1, {0, 0, 0}}, {2, {2, 5, 7}}, {3, {6, 0, 0}}};
  for (size_t b = 0; b < bucket.objects.size(); ++b)
    EXPECT_TRUE(at::equal(view[int64_t(b)], at::tensor(expected.at(bucket.objects[b])))) << bucket.objects[b];
  const auto mean = packing.mean(packing.scatter(x), 4);
  EXPECT_FLOAT_EQ(mean[0].item<float>(), 8.0f / 3);
  EXPECT_FLOAT_EQ(mean[3].item<float>(), 6.0f);
}

TEST(Packing, ObjectsThatAreNotKeptGoNowhere) {
  const auto groups = bucket_objects({5, 3, 9}, {1, 0, 1});
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0], (std::vector<int64_t>{2, 0}));
}

TEST(Packing, BucketsKeepPaddingLow) {
  std::vector<int64_t> lengths;
  for (int64_t i = 0; i < 256; ++i) lengths.push_back(1 + (i * 37) % 200);
  const auto groups = bucket_objects(lengths, std::vector<uint8_t>(256, 1));
  int64_t slots = 0, objects = 0;
  for (const auto& g : groups) {
    slots += int64_t(g.size()) * lengths[size_t(g.front())];
    objects += int64_t(g.size());
  }
  EXPECT_EQ(objects, 256);
  EXPECT_GT(groups.size(), 1u);
  EXPECT_LT(double(slots), 1.3 * double(std::accumulate(lengths.begin(), lengths.end(), int64_t{0})));
}

}  // namespace
}  // namespace asterism::models
