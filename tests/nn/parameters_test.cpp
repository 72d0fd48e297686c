#include "nn/parameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace asterism::nn {
namespace {

using testing::HasSubstr;

template <class F>
std::string data_error_of(F&& f) {
  try {
    f();
  } catch (const base::DataError& e) {
    return e.what();
  }
  return "no DataError";
}

TEST(Parameters, LoadsInPlaceAndByName) {
  Parameters p;
  const auto weight = p.add("a.weight", at::zeros({2, 3}));
  const auto mean = p.add_buffer("a.mean", at::zeros({3}));
  p.load({{"a.weight", at::ones({2, 3})}, {"a.mean", at::full({3}, 2.0)}}, "test");
  EXPECT_EQ(weight.sum().item<double>(), 6);
  EXPECT_EQ(mean.sum().item<double>(), 6);
  EXPECT_TRUE(weight.requires_grad());
  EXPECT_FALSE(mean.requires_grad());
  EXPECT_EQ(p.count(), 6);
  EXPECT_EQ(p.all().size(), 2u);
}

TEST(Parameters, RefusesWhatDoesNotFit) {
  Parameters p;
  p.add("encoder.weight", at::zeros({2}));
  EXPECT_THAT(data_error_of([&] { p.load({}, "m.safetensors"); }), HasSubstr("encoder.weight"));
  EXPECT_THAT(data_error_of([&] {
                p.load({{"encoder.weights", at::zeros({2})}}, "m.safetensors");
              }),
              HasSubstr("nearest name is 'encoder.weight'"));
  EXPECT_THAT(data_error_of([&] {
                p.load({{"encoder.weight", at::zeros({3})}}, "m.safetensors");
              }),
              HasSubstr("shape 3"));
  EXPECT_THAT(data_error_of([&] {
                p.load({{"encoder.weight", at::full({2}, NAN)}}, "m.safetensors");
              }),
              AllOf(HasSubstr("encoder.weight"), HasSubstr("not finite")));
  EXPECT_THROW(p.add("encoder.weight", at::zeros({2})), base::CheckError);
  EXPECT_THROW(p.add_buffer("encoder.weight", at::zeros({2})), base::CheckError);
}

TEST(Parameters, FreezesAndAdopts) {
  Parameters inner, outer;
  const auto shared = inner.add("weight", at::zeros({2}));
  outer.adopt("codec.", inner);
  outer.add("head", at::zeros({2}));
  outer.set_trainable([](const std::string& name) { return name == "head"; });
  EXPECT_EQ(outer.trainable().size(), 1u);
  EXPECT_FALSE(shared.requires_grad());
  EXPECT_TRUE(outer.parameters().at("codec.weight").is_same(shared));
}

}  // namespace
}  // namespace asterism::nn
