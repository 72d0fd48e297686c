#include "models/aion_slots.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tiny_aion.h"

namespace asterism::models {
namespace {

std::vector<int64_t> list(const at::Tensor& x) {
  const auto flat = x.to(at::kLong).flatten().contiguous();
  return {flat.const_data_ptr<int64_t>(), flat.const_data_ptr<int64_t>() + flat.numel()};
}

at::Tensor hidden(std::vector<int64_t> flags, int64_t rows) { return at::tensor(flags).view({rows, -1}).to(at::kBool); }

// Visible tokens first in the order given, then hidden ones; a sequence's places count what is visible.
TEST(AionSlots, VisibleFirst) {
  const AionNetwork network(tiny::aion_config());
  const auto slots = input_slots(network,
                                 std::vector<AionTokens>{{"catalog", at::tensor({11, 12, 13, 14, 15, 16}).view({2, 3}),
                                                          hidden({1, 0, 0, 0, 1, 1}, 2)},
                                                         {"tok_z", at::tensor({7, 8})}},
                                 0);
  EXPECT_EQ(list(slots.id_NT), (std::vector<int64_t>{12, 13, 7, 0, 14, 8, 0, 0}));
  EXPECT_EQ(list(slots.place_NT), (std::vector<int64_t>{0, 1, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(list(slots.hidden_NT), (std::vector<int64_t>{0, 0, 0, 1, 0, 0, 1, 1}));
  EXPECT_EQ(slots.visible_ranges().starts, (std::vector<int64_t>{0, 3, 5}));
  EXPECT_EQ(list(slots.rows(slots.visible_R()).id_R), (std::vector<int64_t>{12, 13, 7, 14, 8}));
}

TEST(AionSlots, BudgetCutsWhatComesLast) {
  auto config = tiny::aion_config();
  config.num_register_tokens = 2;
  const AionNetwork network(config);
  const std::vector<AionTokens> inputs{{"tok_z", at::tensor({7, 8})}, {"tok_ebv", at::tensor({1, 2})}};
  EXPECT_EQ(input_slots(network, inputs, 0).slots(), 4);
  const auto one = input_slots(network, inputs, 1);
  EXPECT_EQ(list(one.id_NT), (std::vector<int64_t>{0, 0, 7, 0, 0, 8}));
  EXPECT_EQ(list(one.modality_NT), (std::vector<int64_t>{-1, -1, 4, -1, -1, 4}));
}

// Each token of a sequence asks for the next; grids ask for themselves.
TEST(AionSlots, SequencesAreShifted) {
  const AionNetwork network(tiny::aion_config());
  const auto none = hidden({0, 0, 0, 1}, 1);
  const auto slots = target_slots(
      network, {{"catalog", at::tensor({5, 6, 7, 8}).view({1, 4}), none, none, at::ones({1, 4}, at::kLong)}}, 0);
  EXPECT_EQ(list(slots.id_NT), (std::vector<int64_t>{5, 6, 7}));
  EXPECT_EQ(list(slots.wanted_NT), (std::vector<int64_t>{6, 7, 0}));
  EXPECT_EQ(list(slots.hidden_NT), (std::vector<int64_t>{0, 0, 1}));
}

TEST(AionSlots, SaysWhatIsWrong) {
  const AionNetwork network(tiny::aion_config());
  const auto complaint = [&](std::vector<AionTokens> inputs) -> std::string {
    try {
      input_slots(network, inputs, 0);
    } catch (const base::UserError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(complaint({{"tok_z", at::tensor({3, 1025, 1})}})
                .find("'tok_z', row 1, token 0: id 1025 is out of range; from 0 to 1024 is allowed"),
            std::string::npos);
  EXPECT_NE(complaint({{"tok_ebv", at::tensor({3, -1})}}).find("id -1"), std::string::npos);
  EXPECT_EQ(complaint({{"catalog", at::tensor({3, 9999}).view({1, 2}), hidden({0, 1}, 1)}}), "");
  EXPECT_NE(complaint({{"tok_xp_bp", at::zeros({2, 54}, at::kLong)}}).find("55 tokens"), std::string::npos);
  EXPECT_NE(complaint({{"tok_z", at::zeros({2}, at::kFloat)}}).find("not integers"), std::string::npos);
  EXPECT_NE(complaint({{"tok_z", at::tensor({1, 2})}, {"tok_ebv", at::tensor({1})}}).find("2 and of 1"),
            std::string::npos);
  EXPECT_NE(complaint({{"tok_z", at::tensor({1, 2}), hidden({1}, 1)}}).find("mask"), std::string::npos);
  EXPECT_NE(complaint({{"catalog", at::ones({1, 600}, at::kLong)}}).find("places for 512"), std::string::npos);
  EXPECT_NE(complaint({}).find("at least one"), std::string::npos);
}

}  // namespace
}  // namespace asterism::models
