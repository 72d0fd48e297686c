#include "infer/verify/astroclip_cases.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <limits>

#include "../../models/tiny_astroclip.h"
#include "base/temporary_folder.h"
#include "infer/verify/all.h"
#include "io/json.h"
#include "models/clip_loss.h"
#include "models/legacy_rgb.h"
#include "tokenizers/weights_file.h"

namespace asterism::infer {
namespace {

std::map<std::string, CaseReport> replayed(const std::filesystem::path& folder) {
  std::map<std::string, CaseReport> out;
  verify_fixtures(folder, {}, [&](const CaseReport& one) {
    if (one.name.rfind("astroclip", 0) == 0) out[one.name] = one;
  });
  return out;
}

std::string told(const CaseReport& report) {
  std::string out = report.name + ": " + report.error;
  for (const auto& line : report.lines)
    if (!line.passed) out += "\n  " + line.output + " " + std::to_string(line.largest_error) + " " + line.what;
  return out;
}

// A folder of fixtures whose outputs are those of our own parts: shows that cases are found and faults are seen.
class OwnFixtures : public testing::Test {
 protected:
  OwnFixtures() {
    std::filesystem::create_directories(folder_ / "io");
    std::filesystem::create_directories(folder_ / "astroclip");
    auto settings = models::tiny::astroclip_model();
    settings.image_positions = false;
    model_ = std::make_unique<models::AstroClip>(settings);
    tokenizers::write_weights(folder_ / "astroclip" / "astroclip.safetensors", model_->parameters().all());
    io::write_json(
        folder_ / "astroclip" / "config.json",
        {{"image", {{"img_size", 16}, {"patch", 4}, {"heads", 2}}}, {"spectrum", {{"heads", 2}}}, {"pool_heads", 2}});
  }
  void write(const std::string& name, const std::map<std::string, at::Tensor>& tensors,
             const std::string& info = "{}") {
    tokenizers::write_weights(folder_ / "io" / (name + ".safetensors"), tensors, {{"info", info}});
  }
  static at::Tensor noise(at::IntArrayRef shape) {
    return at::randn(shape, at::detail::createCPUGenerator(11), at::kFloat);
  }
  base::TemporaryFolder folder_;
  std::unique_ptr<models::AstroClip> model_;
};

TEST_F(OwnFixtures, EveryKindOfCaseIsReplayedAndAFaultIsSeen) {
  at::NoGradGuard no_grad;
  const auto images = noise({2, 3, 12, 20});
  const auto features = model_->image_encoder()(images);
  const auto layers = model_->image_encoder().layers(images, {0}, true);
  write("astroclip_dino_12x20", {{"in.image", images},
                                 {"out.cls", features.cls_BD},
                                 {"out.patch_tokens", features.patches_BPD},
                                 {"out.mid0_map", layers[0].narrow(1, 1, 15).transpose(1, 2).reshape({2, 16, 3, 5})}});
  const auto tokens = model_->image_tokens(images);
  const auto pooled = model_->image_head()(tokens);
  write("astroclip_clip_image", {{"in.image", images},
                                 {"out.backbone_tokens", tokens},
                                 {"out.pooled", pooled.pooled_BE},
                                 {"out.embedding_no_residual", pooled.embedding_BE},
                                 {"out.embedding_residual", pooled.embedding_BE + pooled.pooled_BE}});
  const auto flux = noise({2, 80, 1});
  const auto& encoder = model_->spectrum_encoder();
  const auto sliced = encoder.tokens(flux.squeeze(2));
  write("astroclip_spec_80", {{"in.flux", flux}, {"out.tokens_in", sliced}, {"out.embedding", encoder(sliced)}},
        R"({"ntok": 9})");
  const auto flux_grz = noise({1, 3, 9, 9}).abs();
  write("astroclip_torgb",
        {{"in.flux_grz", flux_grz}, {"out.rgb_crop6", models::centre_crop(models::legacy_rgb(flux_grz), 6, 6)}});
  const auto a = noise({4, 5}), logits = models::clip_logits(a, a * 2, 7);
  write("astroclip_clip_loss",
        {{"in.image_emb", a},
         {"in.spec_emb", a * 2},
         {"out.logits", logits},
         {"out.loss", models::clip_loss(logits).view({1})}},
        R"({"scale": 7})");
  auto reports = replayed(folder_.path());
  ASSERT_EQ(reports.size(), 5U);
  for (const auto& [name, report] : reports) EXPECT_TRUE(report.passed) << told(report);
  write("astroclip_torgb", {{"in.flux_grz", flux_grz}, {"out.rgb_crop6", at::full({1, 3, 6, 6}, 0.5)}});
  write("astroclip_dino_12x20", {{"in.image", images}, {"out.cls", features.cls_BD + 1e-3}});
  write("astroclip_spec_80", {{"in.flux", flux}, {"out.tokens_in", sliced}}, R"({"ntok": 10})");
  write("astroclip_clip_image", {{"in.image", images}, {"out.pooled", pooled.pooled_BE}},
        R"({"model": "../elsewhere"})");
  reports = replayed(folder_.path());
  for (const char* name : {"astroclip_torgb", "astroclip_dino_12x20", "astroclip_spec_80", "astroclip_clip_image"})
    EXPECT_FALSE(reports.at(name).passed) << name;
}

TEST_F(OwnFixtures, TensorsSayWhatACaseIsAndNotItsName) {
  at::NoGradGuard no_grad;
  const auto images = noise({1, 3, 16, 16});
  write("registers_16", {{"in.image", images}, {"out.cls", model_->image_encoder()(images).cls_BD}});
  write("something_else", {{"in.image", images}, {"out.votes", at::zeros({1})}});
  std::map<std::string, CaseReport> reports;
  verify_fixtures(folder_.path(), {}, [&](const CaseReport& one) { reports[one.name] = one; });
  EXPECT_TRUE(reports.at("registers_16").passed) << told(reports.at("registers_16"));
  EXPECT_EQ(reports.at("something_else").kind, "unknown");
}

// A model with registers whose config.json is silent on how positions are stretched: as published, or as DINOv2's
// constructor does it by itself.
TEST_F(OwnFixtures, RegistersMayBeStretchedInTwoWays) {
  at::NoGradGuard no_grad;
  auto settings = models::tiny::astroclip_model();
  settings.image_positions = false;
  settings.image.registers = 2;
  settings.image.interpolate_offset = 0;
  settings.image.interpolate_antialias = true;
  const models::AstroClip model(settings);
  tokenizers::write_weights(folder_ / "astroclip" / "astroclip.safetensors", model.parameters().all());
  const auto images = noise({1, 3, 12, 12});
  const auto published = model.image_encoder(), plain = published.stretched(0.1, false);
  ASSERT_GT((published(images).cls_BD - plain(images).cls_BD).abs().max().item<double>(), 1e-3);
  write("astroclip_dino_a", {{"in.image", images}, {"out.cls", published(images).cls_BD}});
  write("astroclip_dino_b", {{"in.image", images}, {"out.cls", plain(images).cls_BD}});
  write("astroclip_dino_c", {{"in.image", images}, {"out.cls", published.stretched(0.1, true)(images).cls_BD}});
  auto reports = replayed(folder_.path());
  EXPECT_TRUE(reports.at("astroclip_dino_a").passed && reports.at("astroclip_dino_a").notes.empty());
  EXPECT_TRUE(reports.at("astroclip_dino_b").passed) << told(reports.at("astroclip_dino_b"));
  EXPECT_FALSE(reports.at("astroclip_dino_c").passed);
  auto config = io::read_json(folder_ / "astroclip" / "config.json");
  config["image"]["interpolate_antialias"] = true;
  io::write_json(folder_ / "astroclip" / "config.json", config);
  EXPECT_FALSE(replayed(folder_.path()).at("astroclip_dino_b").passed);
}

// Of a model of published width the weights say all.
TEST_F(OwnFixtures, AFolderWithoutAConfig) {
  at::NoGradGuard no_grad;
  auto settings = models::tiny::astroclip_model();
  settings.encoders = {"image"};
  settings.embedding = 0;
  settings.image.width = 384;
  settings.image.heads = 6;
  settings.image.hidden = 1536;
  settings.image.registers = 2;
  settings.image.interpolate_offset = 0;
  settings.image.interpolate_antialias = true;
  const models::AstroClip model(settings);
  tokenizers::write_weights(folder_ / "astroclip" / "astroclip.safetensors", model.parameters().all());
  std::filesystem::remove(folder_ / "astroclip" / "config.json");
  const auto images = noise({1, 3, 12, 12});
  write("astroclip_dino_a", {{"in.image", images}, {"out.cls", model.image_encoder()(images).cls_BD}});
  const auto reports = replayed(folder_.path());
  EXPECT_TRUE(reports.at("astroclip_dino_a").passed) << told(reports.at("astroclip_dino_a"));
}

TEST_F(OwnFixtures, OfNothingHiddenTheReferencesLossIsNoNumber) {
  at::NoGradGuard no_grad;
  const auto tokens = noise({1, 9, model_->spectrum_encoder().settings().slice + 2});
  const auto nan = at::full({1}, std::numeric_limits<float>::quiet_NaN());
  write("astroclip_loss_a", {{"in.tokens", tokens}, {"in.masked", tokens}, {"out.loss", nan}});
  write("astroclip_loss_b", {{"in.tokens", tokens}, {"in.masked", tokens * 0}, {"out.loss", nan}});
  const auto reports = replayed(folder_.path());
  EXPECT_TRUE(reports.at("astroclip_loss_a").passed) << told(reports.at("astroclip_loss_a"));
  EXPECT_FALSE(reports.at("astroclip_loss_b").passed);
}

TEST(AstroClipCases, FixturesOfTheReferenceAreReproduced) {
  const char* shared = std::getenv("ASTERISM_SHARED");
  const auto folder = std::filesystem::path(shared ? shared : "../shared") / "fixtures";
  if (!std::filesystem::exists(folder / "astroclip")) GTEST_SKIP() << "no fixtures in " << folder;
  size_t count = 0;
  for (const auto& name : fixture_cases(folder)) {
    if (name.rfind("astroclip", 0) != 0) continue;
    ++count;
    verify_fixtures(folder, {name}, [](const CaseReport& one) { EXPECT_TRUE(one.passed) << told(one); });
  }
  EXPECT_GE(count, 7U);
}

}  // namespace
}  // namespace asterism::infer
