#include "nn/device.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace asterism::nn {
namespace {

std::string refusal_of_device(const std::string& setting) {
  try {
    choose_device(setting);
  } catch (const base::UserError& e) {
    return e.what();
  }
  return "accepted";
}

TEST(Device, WordsThatAreNoneAreRefused) {
  for (const char* word : {"gpu", "", "cuda:", "cuda:x", "cuda:-1", "cuda:1000", "CPU"})
    EXPECT_NE(refusal_of_device(word).find("device = "), std::string::npos) << word;
  EXPECT_EQ(choose_device("cpu"), at::Device(at::kCPU));
}

TEST(Device, AutoIsAGpuWhereThereIsOne) {
  EXPECT_EQ(choose_device("auto").is_cuda(), gpus() > 0);
  EXPECT_NE(refusal_of_device("cuda:" + std::to_string(gpus())).find("device = cpu works"), std::string::npos);
}

TEST(Device, AGpuComputes) {
  if (gpus() == 0) GTEST_SKIP() << "no GPU";
  const auto device = choose_device("cuda");
  const auto a = at::randn({64, 32}), b = at::randn({32, 16});
  const auto product = at::mm(a.to(device), b.to(device));
  synchronise(device);
  EXPECT_TRUE(at::allclose(product.to(at::kCPU), at::mm(a, b), 1e-3, 1e-3));
  EXPECT_NE(describe(device), "cpu");
}

}  // namespace
}  // namespace asterism::nn
