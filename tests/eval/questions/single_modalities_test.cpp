#include "eval/questions/single_modalities.h"

#include "tests/eval/planted.h"

namespace asterism::eval {
namespace {

TEST(SingleModalities, MixturesAndOtherWidthsAreNoPairs) {
  auto planted = planted_subject(40);
  planted.subject.vectors["all"] = planted.subject.vectors.at("image_legacy");
  planted.subject.vectors["a b"] = planted.subject.vectors.at("image_legacy");
  EXPECT_EQ(single_modalities(planted.subject),
            (std::vector<std::string>{"good", "image_legacy", "noise", "spectrum_desi"}));
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(
      comparable_pairs(planted.subject),
      (Pairs{
          {"good", "noise"}, {"image_legacy", "spectrum_desi"}, {"noise", "good"}, {"spectrum_desi", "image_legacy"}}));
}

}  // namespace
}  // namespace asterism::eval
