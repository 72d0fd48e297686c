// Every tokenizer on a device answers and learns as it does on the CPU.
#include <gtest/gtest.h>

#include <cmath>

#include "base/temporary_folder.h"
#include "pretend_device.h"
#include "tests/contracts/tokenizer_entries.h"

namespace asterism::tokenizers {
namespace {

class TokenizerDevice : public test::TokenizerEntryTest {};
INSTANTIATE_TEST_SUITE_P(, TokenizerDevice, testing::ValuesIn(test::tokenizer_entries()),
                         [](const auto& info) { return info.param.label; });

TEST_P(TokenizerDevice, ADeviceAnswersAsTheCpuDoes) {
  auto given = block(9);
  test::hide(given, 3);
  const auto here = tokenizer_->encode(given);
  const auto device = test::a_device();
  const auto moved = fresh();
  moved->to(device);
  const auto there = moved->encode(given);
  EXPECT_TRUE(there.ids.device().is_cpu());
  EXPECT_TRUE(at::equal(there.present, here.present));
  EXPECT_GT((there.ids == here.ids).to(at::kFloat).mean().item<double>(), 0.995);  // but for rounding at an edge
  const auto near = test::values_of(tokenizer_->decode(here, {})), far = test::values_of(moved->decode(here, {}));
  EXPECT_TRUE(at::allclose(far, near, 1e-3, 1e-4 * near.abs().max().item<double>()));
  if (const auto vectors = tokenizer_->vectors(here); vectors.defined()) {
    EXPECT_TRUE(moved->vectors(here).device().is_cpu());
    EXPECT_TRUE(at::allclose(moved->vectors(here), vectors, 1e-3, 1e-3));
  }
  auto first_fitted = make_tokenizer(GetParam().name, GetParam().settings, 5);
  first_fitted->to(device);
  first_fitted->fit(block(64));
  EXPECT_TRUE(at::equal(first_fitted->encode(given).ids, there.ids));
  const base::TemporaryFolder folder;
  moved->save(folder / "codec");
  EXPECT_TRUE(at::equal(load_tokenizer(folder / "codec")->encode(given).ids, here.ids));
}

TEST_P(TokenizerDevice, ADeviceLearnsAsTheCpuDoes) {
  auto given = block(9);
  test::hide(given, 3);
  const auto device = test::a_device();
  const auto moved = fresh();
  moved->to(device);
  const auto near = tokenizer_->loss(given), far = moved->loss(given);
  EXPECT_EQ(far.weight, near.weight);
  EXPECT_NEAR(far.loss.item<double>(), near.loss.item<double>(), 1e-3 * std::abs(near.loss.item<double>()));
  for (const auto& [name, value] : near.figures)
    EXPECT_NEAR(far.figures.at(name).item<double>(), value.item<double>(), 2e-3 * std::abs(value.item<double>()) + 1e-6)
        << name;
  if (moved->parameters().trainable().empty()) return;  // tables stay on the CPU
  EXPECT_EQ(far.loss.device(), device);
  near.loss.backward();
  far.loss.backward();
  for (const auto& [name, tensor] : moved->parameters().parameters()) {
    EXPECT_EQ(tensor.device(), device) << name;
    const auto mine = tokenizer_->parameters().parameters().at(name).grad();
    ASSERT_TRUE(tensor.grad().defined()) << name;
    if (name.ends_with("to_k.bias") || name == "encoder.norm.bias") continue;  // rounding: nothing depends on them
    EXPECT_TRUE(at::allclose(tensor.grad().to(at::kCPU), mine, 1e-2, 1e-5 + 1e-3 * mine.abs().max().item<double>()))
        << name;
  }
}

}  // namespace
}  // namespace asterism::tokenizers
