#include "nn/bytes_here.h"

#include <gtest/gtest.h>

#include <thread>

namespace asterism::nn {
namespace {

TEST(BytesHere, HoldsForItsThreadUntilItGoes) {
  EXPECT_FALSE(BytesHere::now());
  {
    const BytesHere on(true);
    EXPECT_TRUE(BytesHere::now());
    bool elsewhere = true;
    std::thread([&] { elsewhere = BytesHere::now(); }).join();
    EXPECT_FALSE(elsewhere);
    {
      const BytesHere off(false);
      EXPECT_FALSE(BytesHere::now());
    }
    EXPECT_TRUE(BytesHere::now());
  }
  EXPECT_FALSE(BytesHere::now());
}

}  // namespace
}  // namespace asterism::nn
