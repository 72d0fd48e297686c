#include "infer/verify/all.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "tokenizers/weights_file.h"

namespace asterism::infer {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(VerifyFixtures, UnknownAndBrokenCasesFailByNameAndTheRestGoesOn) {
  base::TemporaryFolder folder;
  std::filesystem::create_directory(folder / "io");
  tokenizers::write_weights(folder / "io" / "b_unheard_of.safetensors", {{"out.x", at::zeros({1})}});
  std::ofstream(folder / "io" / "a_broken.safetensors") << "not a file of tensors";
  std::vector<CaseReport> reports;
  const auto summary = verify_fixtures(folder.path(), {}, [&](const auto& one) { reports.push_back(one); });
  EXPECT_EQ(summary.cases, 2);
  EXPECT_EQ(summary.failed, 2);
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0].name, "a_broken");
  EXPECT_THAT(reports[0].error, HasSubstr("a_broken"));
  EXPECT_EQ(reports[1].kind, "unknown");
  EXPECT_THAT(reports[1].error, HasSubstr("unknown kind of case 'b_unheard_of'"));
}

TEST(VerifyFixtures, OnlyTheCasesAskedFor) {
  base::TemporaryFolder folder;
  std::filesystem::create_directory(folder / "io");
  const auto quiet = [](const CaseReport&) {};
  EXPECT_THAT([&] { verify_fixtures(folder.path(), {}, quiet); },
              ThrowsMessage<base::UserError>(HasSubstr("holds no case")));
  for (const std::string name : {"one", "two"})
    tokenizers::write_weights(folder / "io" / (name + ".safetensors"), {{"out.x", at::zeros({1})}});
  EXPECT_EQ(verify_fixtures(folder.path(), {"two"}, quiet).cases, 1);
  EXPECT_THAT([&] { verify_fixtures(folder.path(), {"on"}, quiet); },
              ThrowsMessage<base::UserError>(HasSubstr("the nearest is 'one'")));
}

TEST(VerifyFixtures, EveryKindSaysWhatItIs) {
  for (const auto& kind : case_kinds()) {
    EXPECT_STRNE(kind.name, "");
    EXPECT_STRNE(kind.sentence, "");
  }
}

}  // namespace
}  // namespace asterism::infer
