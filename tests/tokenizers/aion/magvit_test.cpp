#include "tokenizers/aion/magvit.h"

#include <gtest/gtest.h>

namespace asterism::tokenizers::aion {
namespace {

struct Small {
  nn::Parameters parameters;
  MagVit network{nn::Scope(parameters, 3), {6, 16, 2, 1}};
};

TEST(MagVit, NamesAsPublished) {
  Small small;
  const auto all = small.parameters.all();
  for (const char* name :
       {"conv_in.conv.weight", "conv_out.conv.bias", "encoder_layers.0.net.0.conv.weight",
        "encoder_layers.1.conv.weight", "encoder_layers.2.0.net.4.to_k.weight", "encoder_layers.5.conv.weight",
        "encoder_layers.6.0.net.2.bias", "encoder_layers.7.1.weight", "decoder_layers.0.0.net.4.net.2.weight",
        "decoder_layers.1.conv.weight", "decoder_layers.3.net.0.weight", "decoder_layers.5.net.0.bias",
        "decoder_layers.6.net.0.conv.weight"})
    EXPECT_TRUE(all.contains(name)) << name;
}

// The first convolution holds the band mixing: the same as mixing first, at the edges of the image too.
TEST(MagVit, MixingBeforeTheFirstConvolutionIsExact) {
  Small small;
  at::NoGradGuard no_grad;
  const auto x = at::randn({2, 3, 12, 12}), mix = at::randn({6, 3}), bias = at::randn({6});
  const auto mixed = at::einsum("ec,bchw->behw", {mix, x}) + bias.view({1, 6, 1, 1});
  const auto identity = at::eye(6);
  const auto direct = small.network.encode(mixed, identity, at::zeros({6}));
  EXPECT_EQ(direct.sizes(), at::IntArrayRef({2, 16, 3, 3}));
  EXPECT_TRUE(at::allclose(small.network.encode(x, mix, bias), direct, 1e-3, 1e-4));
}

TEST(MagVit, UnmixingAfterTheLastConvolutionIsExact) {
  Small small;
  at::NoGradGuard no_grad;
  const auto z = at::randn({2, 16, 3, 3}), mix = at::randn({4, 6}), bias = at::randn({4});
  const auto all = small.network.decode(z, at::eye(6), at::zeros({6}));
  EXPECT_EQ(all.sizes(), at::IntArrayRef({2, 6, 12, 12}));
  const auto expected = at::einsum("ke,behw->bkhw", {mix, all}) + bias.view({1, 4, 1, 1});
  EXPECT_TRUE(at::allclose(small.network.decode(z, mix, bias), expected, 1e-4, 1e-5));
}

}  // namespace
}  // namespace asterism::tokenizers::aion
