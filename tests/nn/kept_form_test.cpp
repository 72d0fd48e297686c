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

}  // namespace
}  // namespace asterism::nn
