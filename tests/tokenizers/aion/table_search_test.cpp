#include "tokenizers/aion/table_search.h"

#include <gtest/gtest.h>

#include <limits>

namespace asterism::tokenizers::aion {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

at::Tensor sorted(int64_t count, int64_t values) { return std::get<0>(at::sort(at::randn({count, values}), 1)); }

TEST(TableSearch, AgreesWithTorchForTablesOfAnySize) {
  at::manual_seed(1);
  for (const int64_t K : {2, 3, 8, 9, 100, 1024, 1025}) {
    const auto tables = sorted(3, K);
    auto x = at::randn({1100, 3}) * 1.5;
    x.narrow(0, 0, 2) = tables.narrow(1, 0, 2).t();  // exactly an entry: the code of the first that is not below
    const auto codes = TableSearch(tables)(x);
    for (int64_t c = 0; c < 3; ++c)
      EXPECT_TRUE(at::equal(codes.select(1, c),
                            at::bucketize(x.select(1, c).contiguous(), tables[c].narrow(0, 0, K - 1).contiguous())))
          << K << " " << c;
  }
}

TEST(TableSearch, EqualEntriesInfinitiesAndNotANumber) {
  const auto table = at::tensor({-1.0F, 0.0F, 0.0F, 0.0F, 2.0F, 3.0F}).unsqueeze(0);
  const auto x = at::tensor(
      {-kInfinity, -1.0F, -0.5F, 0.0F, -0.0F, 0.1F, 2.5F, 9.0F, kInfinity, std::numeric_limits<float>::quiet_NaN()});
  const auto wanted = at::tensor({0, 0, 1, 1, 1, 4, 5, 5, 5, 5}, at::kLong);
  EXPECT_TRUE(at::equal(TableSearch(table)(x.unsqueeze(1)).squeeze(1), wanted));
  EXPECT_EQ(TableSearch(table)(at::zeros({0, 1})).sizes(), at::IntArrayRef({0, 1}));
}

TEST(TableSearch, ThroughAFunctionItFindsWhatTheFunctionsValuesDo) {
  at::manual_seed(2);
  const auto f = [](const at::Tensor& x) { return at::asinh(at::asinh(x)); };
  const auto tables = sorted(4, 300) * 3;
  const auto whole = at::sinh(at::sinh(tables));  // entries themselves, and numbers beside them
  const auto infinite = at::full({1, 4}, kInfinity);
  const auto x = at::cat({at::randn({2000, 4}) * 20, whole.t(), at::nextafter(whole, at::full({}, kInfinity)).t(),
                          infinite, -infinite, at::full({1, 4}, std::numeric_limits<float>::quiet_NaN())});
  EXPECT_TRUE(at::equal(TableSearch(tables, f)(x), TableSearch(tables)(f(x))));
}

TEST(TableSearch, AFunctionThatIsNeverBelowOrAlwaysIs) {
  const auto x = at::tensor({-kInfinity, -1.0F, 0.0F, 7.0F, kInfinity}).unsqueeze(1);
  const auto table = at::tensor({-5.0F, 5.0F, 9.0F}).unsqueeze(0);
  const auto f = [](const at::Tensor& v) { return at::atan(v); };
  EXPECT_TRUE(at::equal(TableSearch(table, f)(x), at::ones({5, 1}, at::kLong)));
}

TEST(TableSearch, AColumnOfDoublesWithoutWhatIsMissing) {
  at::manual_seed(3);
  const int64_t n = 70001;  // more than one thread's share, and no multiple of what goes abreast
  const auto table = sorted(1, 1024);
  auto x = at::randn({n}, at::kDouble);
  const double infinity = std::numeric_limits<double>::infinity();
  x[1] = infinity, x[2] = -infinity, x[3] = std::numeric_limits<double>::quiet_NaN(), x[4] = 1e300;
  auto given = at::rand({n}).gt(0.1).to(at::kByte);
  given.narrow(0, 0, 10).fill_(1);
  given[6] = 0;
  for (const bool finite : {true, false}) {
    auto codes = at::full({n}, -1, at::kLong), kept = at::empty({n}, at::kBool);
    TableSearch(table).column(x.const_data_ptr<double>(), given.const_data_ptr<uint8_t>(), finite, n,
                              codes.mutable_data_ptr<int64_t>(), kept.mutable_data_ptr<bool>());
    auto wanted = given.to(at::kBool);
    if (finite) wanted = at::logical_and(wanted, at::isfinite(x));
    EXPECT_TRUE(at::equal(kept, wanted)) << finite;
    EXPECT_TRUE(at::equal(codes, TableSearch(table)(x.to(at::kFloat).unsqueeze(1)).squeeze(1) * wanted)) << finite;
    EXPECT_EQ(codes[4].item<int64_t>(), 1023);
  }
}

}  // namespace
}  // namespace asterism::tokenizers::aion
