#include "nn/kept_form.h"

#include <gtest/gtest.h>

namespace asterism::nn {
namespace {

TEST(KeptForms, AreMadeAnewWhereAWeightChangedOrIsAnother) {
  KeptForms<int> forms;
  int made = 0;
  const auto make = [&] { return ++made; };
  auto weight = at::zeros({3}), bias = at::zeros({3});
  EXPECT_EQ(forms.of(weight, {}, make), 1);
  EXPECT_EQ(forms.of(weight, {}, make), 1);
  weight.add_(1);
  EXPECT_EQ(forms.of(weight, {}, make), 2);
  const int with_bias = forms.of(weight, bias, make);
  EXPECT_EQ(forms.of(weight, bias, make), with_bias);
  bias.add_(1);
  EXPECT_EQ(forms.of(weight, bias, make), with_bias + 1);
  for (int i = 2; i < 8; ++i) {  // one that is gone, maybe at the same place in memory
    const auto other = at::zeros({3});
    EXPECT_EQ(forms.of(other, {}, make), with_bias + i);
  }
}

TEST(KeptForms, OfOneWeightWithTwoBiasesAreTwo) {
  KeptForms<float> forms;
  const auto weight = at::zeros({1}), one = at::ones({1}), two = at::full({1}, 2);
  const auto form = [&](const at::Tensor& bias) {
    return forms.of(weight, bias, [&] { return bias.defined() ? bias.item<float>() : 0.F; });
  };
  for (int times = 0; times < 2; ++times) {
    EXPECT_EQ(form(one), 1);
    EXPECT_EQ(form(two), 2) << "of the same weight, written as often";
    EXPECT_EQ(form({}), 0);
  }
}

}  // namespace
}  // namespace asterism::nn
