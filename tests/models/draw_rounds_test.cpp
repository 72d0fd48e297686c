#include "models/draw_rounds.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"

namespace asterism::models {
namespace {

TEST(DrawRounds, RoundsAreThoseOf4M) {
  // round(100 (1 + cos(pi i / 4)) / 2) differences, and the rest: as numpy gives them
  EXPECT_EQ(tokens_by_round(100, 4, "cosine"), (std::vector<int64_t>{15, 35, 35, 15}));
  EXPECT_EQ(tokens_by_round(10, 4, "linear"), (std::vector<int64_t>{3, 3, 2, 2}));
  EXPECT_EQ(tokens_by_round(2, 5, "linear"), (std::vector<int64_t>{1, 1}));
  EXPECT_EQ(tokens_by_round(1, 8, "cosine"), (std::vector<int64_t>{1}));
  for (const int64_t tokens : {1, 7, 55, 273, 576})
    for (const int64_t steps : {1, 2, 8, 50, 700})
      for (const char* schedule : {"cosine", "linear"}) {
        const auto counts = tokens_by_round(tokens, steps, schedule);
        EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), int64_t{0}), tokens);
        for (const int64_t count : counts) EXPECT_GT(count, 0);
      }
  EXPECT_THROW(tokens_by_round(5, 0, "cosine"), base::UserError);
  EXPECT_THROW(tokens_by_round(5, 2, "cosin"), base::UserError);
}

TEST(DrawRounds, TemperaturesFall) {
  const std::vector<int64_t> counts{15, 35, 35, 15};
  EXPECT_EQ(temperature_by_round(2, "constant", counts), (std::vector<double>{2, 2, 2, 2}));
  const auto linear = temperature_by_round(2, "linear", counts);
  EXPECT_NEAR(linear[0], 2, 1e-12);
  EXPECT_NEAR(linear[3], 0.3, 1e-12);
  const auto onex = temperature_by_round(6, "onex:0.5:0.5", counts);
  EXPECT_NEAR(onex[0], 0.5 + 5.5 * 0.85, 1e-9);
  EXPECT_GT(onex[1], onex[2]);
  EXPECT_NEAR(onex[3], 0.5, 1e-9);
  for (const char* wrong : {"onex:1", "onex:nan:1", "onex:0.5:0", "onex:-1:2", "onex:1:2:3", "exponential"})
    EXPECT_THROW(temperature_by_round(1, wrong, counts), base::UserError) << wrong;
}

// Every object has its own order, which its neighbours do not change; what must come first does.
TEST(DrawRounds, AnOrderBelongsToTheObject) {
  const auto ranks = random_ranks({3, 4}, 20, 7), alone = random_ranks({4}, 20, 7);
  EXPECT_TRUE(at::equal(std::get<0>(ranks[0].sort()), at::arange(20, at::kLong)));
  EXPECT_TRUE(at::equal(ranks[1], alone[0]));
  EXPECT_FALSE(at::equal(ranks[0], ranks[1]));
  EXPECT_FALSE(at::equal(alone, random_ranks({4}, 20, 8)));
  const auto two_first = random_ranks({4}, 20, 7, 2)[0];
  EXPECT_EQ(two_first[0].item<int64_t>(), 0);
  EXPECT_EQ(two_first[1].item<int64_t>(), 1);
  const auto rest = [](const at::Tensor& rank_T) { return rank_T.narrow(0, 2, 18).argsort(); };
  EXPECT_TRUE(at::equal(rest(two_first), rest(alone[0]))) << "the others keep their order";
}

TEST(DrawRounds, SchemesAreOfGridsOrOfSequences) {
  const auto refusal = [](bool sequence, const char* scheme, double temperature = 1, double top_k = 0,
                          double top_p = 0) -> std::string {
    try {
      check_drawing("image_legacy", sequence, scheme, temperature, top_k, top_p);
      return "";
    } catch (const base::UserError& error) {
      return error.what();
    }
  };
  EXPECT_EQ(refusal(false, "maskgit"), "");
  EXPECT_EQ(refusal(false, "roar", 0, 50, 0.9), "");
  EXPECT_EQ(refusal(true, "autoregressive"), "");
  EXPECT_NE(refusal(false, "autoregressive").find("choose 'maskgit' or 'roar'"), std::string::npos);
  EXPECT_NE(refusal(true, "roar").find("choose 'autoregressive'"), std::string::npos);
  EXPECT_NE(refusal(false, "maskgti").find("'maskgit'"), std::string::npos);
  EXPECT_NE(refusal(false, "maskgit", -1).find("temperature -1"), std::string::npos);
  EXPECT_NE(refusal(false, "maskgit", std::numeric_limits<double>::infinity()), "");
  EXPECT_NE(refusal(false, "maskgit", 1, -2).find("top_k -2"), std::string::npos);
  EXPECT_NE(refusal(false, "maskgit", 1, 0, 1.5).find("top_p 1.5"), std::string::npos);
  EXPECT_NE(refusal(false, "maskgit", 1, std::nan("")), "");
}

}  // namespace
}  // namespace asterism::models
