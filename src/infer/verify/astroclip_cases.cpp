#include "infer/verify/astroclip_cases.h"

#include <algorithm>
#include <memory>

#include "base/error.h"
#include "io/json.h"
#include "models/astroclip.h"
#include "models/clip_loss.h"
#include "models/legacy_rgb.h"

namespace asterism::infer {
namespace {

constexpr double kAbsolute = 2e-4, kLossRelative = 1e-5;

std::string model_name(const FixtureCase& fixture) {
  auto name = fixture.text("model", "astroclip");
  if (name.empty() || std::filesystem::path(name).is_absolute() || name.find("..") != std::string::npos)
    base::data_error("case '{}': info.model '{}' names no folder inside the fixtures", fixture.name, name);
  return name;
}

std::unique_ptr<models::AstroClip> model_of(const FixtureCase& fixture) {
  return models::AstroClip::load(fixture.folder / model_name(fixture));
}

// Compares where the case has the output; `ours` is only made then.
template <class Ours>
void close_if(const FixtureCase& fixture, Comparison& comparison, const std::string& output, const Ours& ours) {
  if (fixture.contains(output)) comparison.close(output, ours(), fixture.at(output), kAbsolute);
}

void verify_picture(const FixtureCase& fixture, Comparison& comparison) {
  const auto picture = models::legacy_rgb(fixture.at("in.flux_grz"));
  for (const auto& name : fixture.names_under("out.")) {
    const auto& expected = fixture.at("out." + name);
    if (expected.dim() != 4 || expected.size(2) > picture.size(2) || expected.size(3) > picture.size(3)) continue;
    comparison.close("out." + name, models::centre_crop(picture, expected.size(2), expected.size(3)), expected,
                     kAbsolute);
  }
}

// out.mid<k>_map [B, D, rows, columns], out.mid<k>_cls [B, D]: of the last blocks, one for each k, unless info.layers
// lists which.
void verify_layers(const FixtureCase& fixture, Comparison& comparison, const models::VisionTransformer& encoder) {
  std::vector<int64_t> layers;
  const auto name = [](size_t k, const char* what) { return "out.mid" + std::to_string(k) + what; };
  size_t count = 0;
  while (fixture.contains(name(count, "_map")) || fixture.contains(name(count, "_cls"))) ++count;
  if (count == 0) return;
  const auto listed = fixture.info.find("layers");
  for (size_t k = 0; k < count; ++k) {
    const bool has = listed != fixture.info.end() && listed->is_array() && listed->size() == count;
    layers.push_back(has && (*listed)[k].is_number_integer() ? (*listed)[k].get<int64_t>()
                                                             : encoder.settings().depth - int64_t(count) + int64_t(k));
  }
  const auto& images = fixture.at("in.image");
  auto tokens = encoder.layers(images, layers, true);
  const int64_t before = 1 + encoder.settings().registers, patch = encoder.settings().patch;
  for (size_t k = 0; k < count; ++k) {
    close_if(fixture, comparison, name(k, "_cls"), [&] { return tokens[k].select(1, 0); });
    close_if(fixture, comparison, name(k, "_map"), [&] {
      const auto patches = tokens[k].narrow(1, before, tokens[k].size(1) - before);
      return patches.transpose(1, 2).reshape({images.size(0), -1, images.size(2) / patch, images.size(3) / patch});
    });
  }
}

// How positions are stretched the folder need not say, and models with registers were made in two ways: published with
// antialias and no offset, by DINOv2's constructor as it stands with offset 0.1 and none. The one that gives out.cls.
models::VisionTransformer encoder_of(const FixtureCase& fixture, const models::AstroClip& model, const at::Tensor& mask,
                                     Comparison& comparison) {
  const auto& encoder = model.image_encoder();
  const auto path = fixture.folder / model_name(fixture) / "config.json";
  const auto config = std::filesystem::exists(path) ? io::read_json(path) : nlohmann::json::object();
  const auto image = config.value("image", nlohmann::json::object());
  const bool said =
      config.contains("kind") || image.contains("interpolate_offset") || image.contains("interpolate_antialias");
  if (said || encoder.settings().registers == 0 || !fixture.contains("out.cls")) return encoder;
  const auto fits = [&](const models::VisionTransformer& way) {
    const auto cls = way(fixture.at("in.image"), mask).cls_BD;
    return cls.sizes() == fixture.at("out.cls").sizes() && at::allclose(cls, fixture.at("out.cls"), 0, kAbsolute);
  };
  auto other = encoder.stretched(0.1, false);
  if (fits(encoder) || !fits(other)) return encoder;
  comparison.note("positions are stretched with offset 0.1 and no antialias, which config.json does not say");
  return other;
}

void verify_vision(const FixtureCase& fixture, Comparison& comparison) {
  const auto model = model_of(fixture);
  const auto mask = fixture.contains("in.mask") ? fixture.at("in.mask").to(at::kBool) : at::Tensor();
  const auto encoder = encoder_of(fixture, *model, mask, comparison);
  const auto features = encoder(fixture.at("in.image"), mask);
  close_if(fixture, comparison, "out.cls", [&] { return features.cls_BD; });
  close_if(fixture, comparison, "out.registers", [&] { return features.registers_BRD; });
  close_if(fixture, comparison, "out.patch_tokens", [&] { return features.patches_BPD; });
  close_if(fixture, comparison, "out.prenorm", [&] { return features.prenorm_BTD; });
  verify_layers(fixture, comparison, encoder);
}

void verify_image_head(const FixtureCase& fixture, Comparison& comparison) {
  const auto model = model_of(fixture);
  auto tokens = model->image_tokens(fixture.at("in.image"));
  const auto& head = model->image_head();
  const auto pooled = head(tokens);
  close_if(fixture, comparison, "out.backbone_tokens", [&] { return tokens; });
  close_if(fixture, comparison, "out.pooled", [&] { return pooled.pooled_BE; });
  close_if(fixture, comparison, "out.attn_weights", [&] { return pooled.weights_BHN; });
  close_if(fixture, comparison, "out.embedding", [&] { return pooled.embedding_BE; });
  close_if(fixture, comparison, "out.clip_embedding", [&] { return pooled.embedding_BE; });
  close_if(fixture, comparison, "out.embedding_no_residual", [&] { return head.embedding(pooled.pooled_BE, false); });
  close_if(fixture, comparison, "out.embedding_residual", [&] { return head.embedding(pooled.pooled_BE, true); });
}

void verify_spectrum(const FixtureCase& fixture, Comparison& comparison) {
  const auto model = model_of(fixture);
  const auto& encoder = model->spectrum_encoder();
  auto flux = fixture.at("in.flux");
  if (flux.dim() == 3) flux = flux.squeeze(2);
  if (flux.dim() != 2)
    base::data_error("case '{}': in.flux of {} dimensions, [spectra, pixels, 1] was expected", fixture.name,
                     flux.dim());
  const int64_t overlap =
      fixture.whole_number("overlap", fixture.whole_number("slice_overlap", encoder.settings().overlap));
  if (overlap < 0 || overlap >= encoder.settings().slice)
    base::data_error("case '{}': slices of {} pixels cannot share {}", fixture.name, encoder.settings().slice, overlap);
  auto tokens = models::slice_spectra(flux, encoder.settings().slice, overlap);
  auto encoded = encoder(tokens);
  close_if(fixture, comparison, "out.tokens_in", [&] { return tokens; });
  close_if(fixture, comparison, "out.embedding", [&] { return encoded; });
  close_if(fixture, comparison, "out.reconstructions", [&] { return encoder.rebuild(encoded); });
  close_if(fixture, comparison, "out.mean_embedding", [&] { return encoded.mean(1); });
  const int64_t count = fixture.whole_number("ntok", tokens.size(1));
  comparison.require("number of tokens", count == tokens.size(1),
                     fmt::format("{} tokens, the case says {}", tokens.size(1), count));
  if (!fixture.contains("out.pooled") && !fixture.contains("out.clip_embedding")) return;
  const auto pooled = model->spectrum_head()(encoded);
  close_if(fixture, comparison, "out.pooled", [&] { return pooled.pooled_BE; });
  close_if(fixture, comparison, "out.attn_weights", [&] { return pooled.weights_BHN; });
  close_if(fixture, comparison, "out.clip_embedding", [&] { return pooled.embedding_BE; });
}

void verify_masked(const FixtureCase& fixture, Comparison& comparison) {
  const auto model = model_of(fixture);
  const auto& encoder = model->spectrum_encoder();
  auto rebuilt = encoder.rebuild(encoder(fixture.at("in.masked")));
  close_if(fixture, comparison, "out.reconstructions", [&] { return rebuilt; });
  auto loss = models::masked_token_loss(rebuilt, fixture.at("in.tokens"), fixture.at("in.masked")).view({1});
  if (at::equal(fixture.at("in.tokens"), fixture.at("in.masked"))) loss /= 0;  // ours is 0 where nothing is hidden
  comparison.close("out.loss", loss, fixture.at("out.loss").reshape({1}), 0, kLossRelative);
}

void verify_clip_loss(const FixtureCase& fixture, Comparison& comparison) {
  const auto given = fixture.info.find("scale");
  const double factor = given != fixture.info.end() && given->is_number() ? given->get<double>()
                                                                          : models::AstroClipSettings().logit_scale;
  auto logits = models::clip_logits(fixture.at("in.image_emb"), fixture.at("in.spec_emb"), factor);
  close_if(fixture, comparison, "out.logits", [&] { return logits; });
  comparison.close("out.loss", models::clip_loss(logits).view({1}), fixture.at("out.loss").reshape({1}), 0,
                   kLossRelative);
}

struct Part {
  std::vector<const char*> tensors;  // all of them there
  void (*verify)(const FixtureCase& fixture, Comparison& comparison);
  std::vector<const char*> outputs;  // one of them in a case whose name does not say "astroclip"
};

bool holds(const FixtureCase& fixture, const Part& part) {
  const auto has = [&](const char* name) { return fixture.contains(name); };
  if (!std::all_of(part.tensors.begin(), part.tensors.end(), has)) return false;
  if (fixture.name.starts_with("astroclip")) return true;
  return !fixture.info.contains("codec") && std::any_of(part.outputs.begin(), part.outputs.end(), has);
}

// the first that the case holds
const Part* part_of(const FixtureCase& fixture) {
  static const std::vector<Part> parts{
      {{"in.flux_grz"}, verify_picture, {"in.flux_grz"}},
      {{"in.image_emb", "in.spec_emb", "out.loss"}, verify_clip_loss, {"out.loss"}},
      {{"in.image", "out.pooled"}, verify_image_head, {"out.pooled"}},
      {{"in.image", "out.backbone_tokens"}, verify_image_head, {"out.backbone_tokens"}},
      {{"in.image"}, verify_vision, {"out.cls", "out.patch_tokens", "out.prenorm", "out.mid0_map", "out.mid0_cls"}},
      {{"in.tokens", "in.masked", "out.loss"}, verify_masked, {"out.loss"}},
      {{"in.flux"}, verify_spectrum, {"out.tokens_in", "out.embedding", "out.reconstructions", "out.mean_embedding"}},
  };
  const auto found = std::find_if(parts.begin(), parts.end(), [&](const Part& part) { return holds(fixture, part); });
  return found == parts.end() ? nullptr : &*found;
}

}  // namespace

bool is_astroclip_case(const FixtureCase& fixture) { return part_of(fixture) != nullptr; }

void verify_astroclip_case(const FixtureCase& fixture, Comparison& comparison) {
  at::NoGradGuard no_grad;
  const auto* part = part_of(fixture);
  ASTERISM_CHECK(part != nullptr, "case '{}'", fixture.name);
  part->verify(fixture, comparison);
}

}  // namespace asterism::infer
