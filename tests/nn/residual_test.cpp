#include "nn/residual.h"

#include "gradient_check.h"

namespace asterism::nn {
namespace {

TEST(Residual, StartsAsTheIdentity) {
  Parameters p;
  const ResidualUnit unit(Scope(p, 1), 4);
  const auto x = test::random_input({2, 4, 6, 6}, false, "x", at::kFloat);
  EXPECT_LT((unit(x) - x).abs().max().item<double>(), 1e-3);
  EXPECT_GT((unit(x) - x).abs().max().item<double>(), 0);
}

TEST(Residual, KeysAreThoseOfPublishedFiles) {
  Parameters p;
  ResidualUnit(Scope(p) / "model.encoder_layers.0", 128);
  PixelShuffleUp(Scope(p) / "model.decoder_layers.3", 512, 256);
  EXPECT_EQ(p.all().at("model.encoder_layers.0.net.0.conv.weight").sizes(), at::IntArrayRef({128, 128, 3, 3}));
  EXPECT_EQ(p.all().at("model.encoder_layers.0.net.2.weight").sizes(), at::IntArrayRef({128, 128, 1, 1}));
  EXPECT_EQ(p.all().at("model.encoder_layers.0.net.4.to_k.weight").sizes(), at::IntArrayRef({1, 128, 1, 1}));
  EXPECT_EQ(p.all().at("model.encoder_layers.0.net.4.net.0.weight").sizes(), at::IntArrayRef({64, 128, 1, 1}));
  EXPECT_EQ(p.all().at("model.encoder_layers.0.net.4.net.2.bias").sizes(), at::IntArrayRef({128}));
  EXPECT_EQ(p.all().at("model.decoder_layers.3.net.0.weight").sizes(), at::IntArrayRef({1024, 512, 1, 1}));
}

TEST(Residual, ShuffleOrderIsChannelThenRowThenColumn) {
  Parameters p;
  const PixelShuffleUp up(Scope(p, 1), 3, 2);
  const auto x = test::random_input({1, 3, 2, 2}, false, "x", at::kFloat);
  const auto flat = at::silu(up.conv(x));
  const auto y = up(x);
  EXPECT_EQ(y.sizes(), at::IntArrayRef({1, 2, 4, 4}));
  // output channel 1, row 2 * 1 + 0, column 2 * 0 + 1 comes from channel (1, 0, 1) of pixel (1, 0)
  EXPECT_EQ(y[0][1][2][1].item<float>(), flat[0][1 * 4 + 0 * 2 + 1][1][0].item<float>());
}

TEST(Residual, Gradients) {
  Parameters p;
  const Scope scope(p, 3, "", at::kDouble);
  const ResidualUnit unit(scope / "unit", 3, true);
  const PixelShuffleUp up(scope / "up", 3, 2);
  test::shake(p);
  const auto x = test::random_input({2, 3, 4, 4});
  test::expect_gradients([&] { return up(unit(x)); }, p, x);
}

}  // namespace
}  // namespace asterism::nn
