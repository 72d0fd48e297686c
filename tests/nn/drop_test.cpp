#include "nn/drop.h"

#include <gtest/gtest.h>

namespace asterism::nn {
namespace {

TEST(Drop, KeepsTheMeanAndTheShare) {
  const auto x = at::ones({100, 100});
  const auto y = dropout(x, 0.25, DropKey(3, 4));
  EXPECT_NEAR((y == 0).to(at::kFloat).mean().item<double>(), 0.25, 0.02);
  EXPECT_NEAR(y.mean().item<double>(), 1, 0.03);
}

TEST(Drop, OffIsTheSameTensor) {
  const auto x = at::ones({4});
  EXPECT_TRUE(dropout(x, 0.5, {}).is_same(x));
  EXPECT_TRUE(drop_path(x, 0.5, {}).is_same(x));
  EXPECT_TRUE(dropout(x, 0, DropKey(1, 1)).is_same(x));
}

TEST(Drop, PathsDropWholeRows) {
  const auto y = drop_path(at::ones({400, 3}), 0.5, DropKey(3, 4));
  EXPECT_TRUE(at::equal(y.amax(1), y.amin(1)));
  EXPECT_NEAR((y.select(1, 0) == 0).to(at::kFloat).mean().item<double>(), 0.5, 0.1);
}

TEST(Drop, PathsDropWholeGroupsOfRows) {
  Ranges groups;
  for (int64_t g = 0; g < 400; ++g) groups.add(g % 4);
  const auto y = drop_path(at::ones({600, 1}), groups, 0.5, DropKey(3, 4)).squeeze(1);
  int64_t dropped = 0;
  for (int64_t g = 0; g < 400; ++g) {
    if (groups.length(g) == 0) continue;
    const auto rows = y.narrow(0, groups.starts[size_t(g)], groups.length(g));
    EXPECT_EQ(rows.amax().item<float>(), rows.amin().item<float>());
    dropped += rows[0].item<float>() == 0;
  }
  EXPECT_NEAR(double(dropped) / 300, 0.5, 0.1);
}

TEST(Drop, PartsOfTheGroupsGetWhatTheyGetInTheWhole) {
  Ranges groups, last;
  for (int64_t g = 0; g < 40; ++g) groups.add(2);
  for (int64_t g = 0; g < 15; ++g) last.add(2);
  const auto x = at::ones({80, 3});
  const DropKey key(3, 4);
  const Branch twice = [](const at::Tensor& rows, const Ranges&) { return rows * 2; };
  EXPECT_TRUE(at::equal(drop_path(x.narrow(0, 50, 30), last, 0.5, key.from_group(25)),
                        drop_path(x, groups, 0.5, key).narrow(0, 50, 30)));
  EXPECT_TRUE(at::equal(add_branch(x.narrow(0, 50, 30), last, 0.5, key.from_group(25), twice),
                        add_branch(x, groups, 0.5, key, twice).narrow(0, 50, 30)));
}

// A group with a number of its own is dropped alike wherever it stands, and another number drops otherwise.
TEST(Drop, GroupsWithNumbersOfTheirOwnDoNotSeeTheirNeighbours) {
  Ranges groups, back;
  for (const int64_t length : {30, 0, 20, 30}) groups.add(length);
  for (const int64_t length : {30, 20, 30}) back.add(length);
  DropKey key(3, 4), turned(3, 4);
  key.own = std::make_shared<const std::vector<uint64_t>>(std::vector<uint64_t>{7, 8, 9, 10});
  turned.own = std::make_shared<const std::vector<uint64_t>>(std::vector<uint64_t>{10, 9, 7});
  const auto y = dropout(at::ones({80, 5}), groups, 0.5, key), z = dropout(at::ones({80, 5}), back, 0.5, turned);
  EXPECT_TRUE(at::equal(y.narrow(0, 0, 30), z.narrow(0, 50, 30)));
  EXPECT_TRUE(at::equal(y.narrow(0, 30, 20), z.narrow(0, 30, 20)));
  EXPECT_TRUE(at::equal(y.narrow(0, 50, 30), z.narrow(0, 0, 30)));
  EXPECT_FALSE(at::equal(y.narrow(0, 0, 30), y.narrow(0, 50, 30)));
  EXPECT_FALSE(at::equal(y, dropout(at::ones({80, 5}), groups, 0.5, key / 1)));
  EXPECT_NEAR(y.mean().item<double>(), 1, 0.3);
  EXPECT_TRUE(at::equal(dropout(y, groups, 0.5, DropKey(3, 4)), dropout(y, 0.5, DropKey(3, 4))));
}

TEST(Drop, BranchesThatAreDroppedAreNotWorkedOut) {
  Ranges groups;
  for (const int64_t length : {3, 0, 2, 4, 1, 5}) groups.add(length);
  const auto x = at::rand({15, 4}).set_requires_grad(true), weight = at::rand({4, 4});
  for (uint64_t step = 0; step < 20; ++step) {
    const DropKey key(3, step);
    int64_t worked = 0;
    const Branch branch = [&](const at::Tensor& rows, const Ranges& kept) {
      EXPECT_EQ(kept.rows(), rows.size(0));
      worked += rows.size(0);
      return at::matmul(rows, weight);
    };
    const auto wanted = x + drop_path(at::matmul(x, weight), groups, 0.5, key);
    const auto found = add_branch(x, groups, 0.5, key, branch);
    EXPECT_TRUE(at::allclose(found, wanted, 1e-5, 1e-6));
    EXPECT_EQ(worked, (wanted - x).abs().sum(1).gt(0).sum().item<int64_t>());
    const auto of = [&](const at::Tensor& y) {
      x.mutable_grad().reset();
      (y * at::arange(60, at::kFloat).view({15, 4})).sum().backward();
      return x.grad().clone();
    };
    EXPECT_TRUE(at::allclose(of(found), of(wanted), 1e-5, 1e-5));
  }
  EXPECT_TRUE(at::equal(add_branch(x, groups, 0.5, {}, [](const auto& rows, const auto&) { return rows; }), x + x));
}

TEST(Drop, PlacesAreIndependent) {
  const DropKey key(1, 2);
  const auto x = at::ones({1000});
  EXPECT_TRUE(at::equal(dropout(x, 0.5, key / 1), dropout(x, 0.5, key / 1)));
  EXPECT_FALSE(at::equal(dropout(x, 0.5, key / 1), dropout(x, 0.5, key / 2)));
  EXPECT_NE((key / 1 / 0).place, (key / 0 / 1).place);
}

}  // namespace
}  // namespace asterism::nn
