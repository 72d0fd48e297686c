#include "nn/embedding.h"

#include "gradient_check.h"

namespace asterism::nn {
namespace {

TEST(Embedding, PicksRows) {
  Parameters p;
  const Embedding table(Scope(p), 5, 3);
  const auto ids = at::tensor({4, 0}, at::kLong);
  EXPECT_TRUE(at::equal(table(ids)[0], table.weight[4]));
  EXPECT_TRUE(at::equal(table(ids)[1], table.weight[0]));
}

TEST(DigitEmbedding, SumsOneTablePerDigit) {
  Parameters p;
  const DigitEmbedding table(Scope(p), {3, 2}, 4);
  const auto out = table(at::tensor({2, 1}, at::kLong));
  EXPECT_TRUE(at::allclose(out, table.tables[0].weight[2] + table.tables[1].weight[1]));
  EXPECT_TRUE(p.parameters().contains("1.weight"));
}

TEST(Embedding, Gradients) {
  Parameters p;
  const Scope scope(p, 2, "", at::kDouble);
  const Embedding table(scope / "table", 5, 3);
  const DigitEmbedding digits(scope / "digits", {3, 2}, 3);
  const auto ids = at::tensor({4, 0, 4}, at::kLong);
  const auto two = at::tensor({0, 1, 2, 0, 1, 1}, at::kLong).view({3, 2});
  test::expect_gradients([&] { return (table(ids) + digits(two)).square(); }, p, {});
}

}  // namespace
}  // namespace asterism::nn
