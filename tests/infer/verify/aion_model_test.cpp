#include "infer/verify/aion_model.h"

#include <gtest/gtest.h>

#include "../../models/tiny_aion.h"
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

// Targets of three modalities in a budget that holds one of them: the package draws which come first.
TEST(VerifyAionModel, ADrawnOrderOfTargetsIsFound) {
  const base::TemporaryFolder folder;
  fs::create_directories(folder / "io");
  auto config = models::tiny::aion_config();
  models::Aion model(config, 3);
  models::tiny::shake(model.parameters());
  model.save(folder / "model");
  std::map<std::string, at::Tensor> tensors;
  std::vector<models::AionExample> examples;
  for (const std::string key : {"tok_ebv", "tok_flux_g", "tok_z"}) {
    const auto ids = models::tiny::random_ids(key, 2, 0, examples.size() + 7);
    const auto hidden = at::zeros({2, 1}, at::kBool);
    examples.push_back({key, ids, hidden, hidden, at::ones({2, 1}, at::kLong)});
    const auto& e = examples.back();
    tensors.insert({{"in." + key + ".tensor", ids},
                    {"in." + key + ".input_mask", e.input_hidden_NL},
                    {"in." + key + ".target_mask", e.target_hidden_NL},
                    {"in." + key + ".decoder_attention_mask", e.attention_NL}});
  }
  using enum models::AionLossKind;
  const auto write = [&](const std::string& name, double off) {
    tensors["out.loss_mod"] = model.loss(examples, 3, 1, by_modality, {2, 0, 1}).total.detach().view({1}) + off;
    tensors["out.loss_token"] = model.loss(examples, 3, 1, by_token, {1, 0, 2}).total.detach().view({1});
    tokenizers::write_weights(folder / "io" / (name + ".safetensors"), tensors,
                              {{"info", R"({"order": ["tok_ebv", "tok_flux_g", "tok_z"], "num_encoder_tokens": 3,
                                            "num_decoder_tokens": 1})"}});
  };
  write("drawn", 0);
  write("wrong", 0.01);
  std::map<std::string, CaseReport> reports;
  verify_fixtures(folder.path(), {}, [&](const CaseReport& report) { reports[report.name] = report; });
  EXPECT_TRUE(reports.at("drawn").passed) << reports.at("drawn").error;
  ASSERT_EQ(reports.at("drawn").notes.size(), 2U);
  EXPECT_NE(reports.at("drawn").notes[0].find("tok_z, tok_ebv, tok_flux_g"), std::string::npos)
      << reports.at("drawn").notes[0];
  EXPECT_FALSE(reports.at("wrong").passed);
}

}  // namespace
}  // namespace asterism::infer
