#include "infer/verify/aion_model.h"

#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "infer/verify/all.h"
#include "models/aion.h"
#include "tokenizers/weights_file.h"

namespace asterism::infer {
namespace {

namespace fs = std::filesystem;

fs::path aion_fixtures() {
  const char* shared = std::getenv("ASTERISM_SHARED");
  return fs::path(shared ? shared : "../shared") / "fixtures";
}

std::vector<std::string> model_cases() {
  std::vector<std::string> out;
  for (const auto& name : fixture_cases(aion_fixtures()))
    if (name.starts_with("model_")) out.push_back(name);
  return out;
}

TEST(VerifyAionModel, EveryFixturePasses) {
  if (!fs::exists(aion_fixtures())) GTEST_SKIP() << "no " << aion_fixtures() << ": set ASTERISM_SHARED";
  const auto cases = model_cases();
  ASSERT_GE(cases.size(), 7U);
  verify_fixtures(aion_fixtures(), cases, [](const CaseReport& report) {
    EXPECT_TRUE(report.passed) << report.name << " " << report.error;
    EXPECT_TRUE(report.kind.starts_with("aion_")) << report.name;
    for (const auto& line : report.lines) EXPECT_TRUE(line.passed) << report.name << " " << line.output << line.what;
    for (const auto& note : report.notes) ADD_FAILURE() << report.name << " " << note;
  });
}

// One weight a little off: no case that uses it may pass.
TEST(VerifyAionModel, AWrongWeightIsFound) {
  if (!fs::exists(aion_fixtures())) GTEST_SKIP() << "no " << aion_fixtures() << ": set ASTERISM_SHARED";
  const base::TemporaryFolder folder;
  fs::create_directory_symlink(fs::absolute(aion_fixtures() / "io"), folder / "io");
  const auto model = models::Aion::load(aion_fixtures() / "model");
  {
    at::NoGradGuard no_grad;
    model->network().tensor("encoder.1.norm2.weight")[3] += 0.05;
  }
  model->save(folder / "model");
  int64_t seen = 0;
  verify_fixtures(folder.path(), model_cases(), [&](const CaseReport& report) {
    EXPECT_FALSE(report.passed) << report.name;
    EXPECT_EQ(report.error, "") << report.name;
    ++seen;
  });
  EXPECT_EQ(seen, int64_t(model_cases().size()));
}

}  // namespace
}  // namespace asterism::infer
