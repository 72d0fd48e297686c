#include "models/astroclip.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "io/json.h"
#include "models/clip_loss.h"
#include "models/image_input.h"
#include "models/spectrum_input.h"
#include "nn/optim.h"
#include "shortened.h"
#include "tiny_astroclip.h"
#include "tokenizers/weights_file.h"

namespace asterism::models {
namespace {

EmbedRequest only(const std::string& modality) {
  EmbedRequest request;
  request.given = {modality};
  return request;
}

std::string folder_error(const std::filesystem::path& folder) {
  try {
    load_model(folder);
  } catch (const base::DataError& error) {
    return error.what();
  }
  return "";
}

TEST(AstroClip, VectorsAreThoseOfEncoderAndHead) {
  for (const bool positions : {false, true}) {
    auto s = tiny::astroclip_model();
    s.image_positions = positions;
    const AstroClip model(s);
    const auto batch = tiny::sky(3);
    const auto images = prepare_images(batch.blocks.at("image_legacy"), s.image_input, s.image.patch, false);
    const auto tokens =
        positions
            ? at::cat({model.image_encoder()(images).cls_BD.unsqueeze(1), model.image_encoder()(images).patches_BPD}, 1)
            : model.image_encoder().bag_of_patches(images);
    EXPECT_TRUE(at::allclose(model.embed(batch, only("image_legacy")).vectors_ND,
                             model.image_head()(tokens).embedding_BE, 1e-4, 1e-5));
    const auto flux = prepare_spectra(batch.blocks.at("spectrum_desi"), s.spectrum_input, false);
    const auto& encoder = model.spectrum_encoder();
    const auto spectrum = model.spectrum_head()(encoder(encoder.tokens(flux))).embedding_BE;
    EXPECT_TRUE(at::allclose(model.embed(batch, only("spectrum_desi")).vectors_ND, spectrum, 1e-4, 1e-5));
  }
}

TEST(AstroClip, BothTogetherAreTheMeanAtUnitLength) {
  const AstroClip model(tiny::astroclip_model());
  auto batch = tiny::sky(3);
  tiny::remove(batch, "image_legacy", 1);
  const auto unit = [](const at::Tensor& x) { return x / at::linalg_vector_norm(x, 2, {-1}, true); };
  const auto both = model.embed(batch, {}).vectors_ND;
  const auto image = model.embed(batch, only("image_legacy")), spectrum = model.embed(batch, only("spectrum_desi"));
  EXPECT_TRUE(at::allclose(both[0], (unit(image.vectors_ND[0]) + unit(spectrum.vectors_ND[0])) / 2, 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(both[1], unit(spectrum.vectors_ND[1]), 1e-4, 1e-5));
  EXPECT_FALSE(image.present_N[1].item<bool>());
  EXPECT_EQ(image.vectors_ND[1].abs().max().item<float>(), 0);
}

TEST(AstroClip, ALoneEncoderGivesItsOwnVector) {
  auto s = tiny::astroclip_model();
  s.embedding = 0;
  s.encoders = {"image"};
  const AstroClip image(s);
  const auto batch = tiny::sky(4);
  EXPECT_EQ(image.modalities(), std::vector<std::string>{"image_legacy"});
  const auto images = prepare_images(batch.blocks.at("image_legacy"), s.image_input, s.image.patch, false);
  EXPECT_TRUE(at::allclose(image.embed(batch, {}).vectors_ND, image.image_encoder()(images).cls_BD));
  EmbedRequest layer;
  layer.layer = 0;
  EXPECT_TRUE(at::allclose(image.embed(batch, layer).vectors_ND,
                           image.image_encoder().layers(images, {0}, false)[0].narrow(1, 1, 16).mean(1), 1e-4, 1e-5));
  EXPECT_THROW(image.spectrum_encoder(), base::UserError);
  EXPECT_THROW(image.image_head(), base::UserError);
  s.encoders = {"spectrum"};
  const AstroClip spectrum(s);
  EXPECT_EQ(spectrum.width(), 8);
  EXPECT_EQ(spectrum.embed(batch, {}).vectors_ND.size(1), 8);
}

TEST(AstroClip, AShortSpectrumOfAnyGridIsTheSameBesideALongOne) {
  for (const bool causal : {false, true}) {
    auto s = tiny::astroclip_model();
    s.spectrum_input.pixels = 0;
    s.spectrum.causal = causal;
    auto batch = tiny::sky(20);  // more than are worked on at once
    for (const int64_t row : {3, 18}) tiny::shorten(batch, row, 60 + row);
    const auto same = [&](const AstroClip& model, const EmbedRequest& request) {
      const auto together = model.embed(batch, request).vectors_ND;
      for (const int64_t row : {2, 3, 18}) {
        const auto by_itself = tiny::alone(batch, row, row == 2 ? tiny::kLength : 60 + row);
        const auto vector = model.embed(by_itself, request).vectors_ND[0];
        EXPECT_TRUE(at::allclose(together[row], vector, 1e-4, 1e-5)) << row << " " << causal << " " << request.layer;
      }
    };
    same(AstroClip(s), only("spectrum_desi"));
    s.embedding = 0;
    s.encoders = {"spectrum"};
    const AstroClip lone(s);
    EmbedRequest layer;
    layer.layer = 0;
    same(lone, {});
    same(lone, layer);
  }
}

// What is masked all over tells nothing: it is missing, as it is for every other model.
TEST(AstroClip, NothingIsSaidOfWhatIsMaskedAllOver) {
  const AstroClip model(tiny::astroclip_model());
  auto batch = tiny::sky(4);
  auto& image = std::get<modalities::ImageBlock>(batch.blocks.at("image_legacy"));
  auto& spectra = std::get<modalities::SpectrumBlock>(batch.blocks.at("spectrum_desi"));
  for (size_t k = 0; k < image.mask.size() / 4; ++k) image.mask[k] = 1, image.ivar[k] = 0;
  for (size_t k = 0; k < 2 * spectra.mask.size() / 4; ++k) spectra.mask[k] = 1, spectra.ivar[k] = 0;
  const auto given = [](std::initializer_list<int64_t> flags) { return at::tensor(flags).to(at::kBool); };
  const auto images = model.embed(batch, only("image_legacy"));
  EXPECT_TRUE(at::equal(images.present_N, given({0, 1, 1, 1})));
  EXPECT_EQ(images.vectors_ND[0].abs().max().item<float>(), 0);
  EXPECT_TRUE(at::equal(model.embed(batch, only("spectrum_desi")).present_N, given({0, 0, 1, 1})));
  EXPECT_TRUE(at::equal(model.embed(batch, {}).present_N, given({0, 1, 1, 1})));
  EXPECT_TRUE(at::equal(model.pooled(batch, {}, "cls").present_N, given({0, 1, 1, 1})));
  auto trained = AstroClip(tiny::astroclip_model());
  EXPECT_EQ(trained.loss(batch, {1, 1, false}).weight, 2) << "pairs of which both halves are seen";
}

TEST(AstroClip, ClsWhereAnImageEncoderHasOne) {
  auto s = tiny::astroclip_model();
  auto batch = tiny::sky(4);
  tiny::remove(batch, "image_legacy", 2);
  const AstroClip pair(s);
  const std::vector<int64_t> there{0, 1, 3};
  const auto images =
      prepare_images(modalities::select(batch, there).blocks.at("image_legacy"), s.image_input, s.image.patch, false);
  const auto cls = pair.image_encoder()(images).cls_BD;
  const auto out = pair.pooled(batch, {}, "cls");
  EXPECT_EQ(pair.pools().at("cls"), 16);
  EXPECT_TRUE(at::equal(out.present_N, at::tensor({1, 1, 0, 1}).to(at::kBool)));
  EXPECT_TRUE(at::allclose(out.vectors_ND.index_select(0, at::tensor(there)), cls, 1e-4, 1e-5));
  EXPECT_EQ(out.vectors_ND[2].abs().max().item<float>(), 0);
  EXPECT_THROW(pair.pooled(batch, only("spectrum_desi"), "cls"), base::UserError) << "of images alone";
  EmbedRequest layer;
  layer.layer = 0;
  EXPECT_TRUE(at::allclose(pair.pooled(batch, layer, "cls").vectors_ND[0],
                           pair.image_encoder().layers(images, {0}, false)[0][0][0], 1e-4, 1e-5));
  s.image_positions = false;  // as released: no CLS goes through the image encoder
  EXPECT_THROW(AstroClip(s).pooled(batch, {}, "cls"), base::UserError);
  s.embedding = 0;
  s.encoders = {"spectrum"};
  try {
    AstroClip(s).pooled(batch, {}, "cls");
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_NE(std::string(error.what()).find("it offers 'mean'"), std::string::npos) << error.what();
  }
}

TEST(AstroClip, RefusesWhatItWasNotMadeForUnlessTold) {
  const AstroClip model(tiny::astroclip_model());
  auto batch = tiny::sky(2);
  std::get<modalities::ImageBlock>(batch.blocks.at("image_legacy")).pixel_scale_arcsec = 0.4;
  EXPECT_THROW(model.embed(batch, {}), base::UserError);
  EmbedRequest told;
  told.any_instrument = true;
  EXPECT_TRUE(at::isfinite(model.embed(batch, told).vectors_ND).all().item<bool>());
  told.layer = 0;
  EXPECT_THROW(model.embed(batch, told), base::UserError) << "a common space has no layers";
}

TEST(AstroClip, LossIsThePublishedOneAndGoesDown) {
  AstroClip model(tiny::astroclip_model());
  auto batch = tiny::sky(8);
  tiny::remove(batch, "spectrum_desi", 7);
  const auto seven = modalities::select(batch, {0, 1, 2, 3, 4, 5, 6});
  const auto logits = clip_logits(model.embed(seven, only("image_legacy")).vectors_ND,
                                  model.embed(seven, only("spectrum_desi")).vectors_ND, 15.5);
  const double expected = clip_loss(logits).item<double>();
  const double first = model.loss(batch, {1, 1, true}).loss.item<double>();
  EXPECT_NEAR(first, expected, 1e-4) << "the pair that lacks a half is left out";
  for (int step = 0; step < 30; ++step) {
    model.parameters().zero_grad();
    model.loss(batch, {1, 1, true}).loss.backward();
    at::NoGradGuard no_grad;
    for (auto& tensor : model.parameters().trainable())
      if (tensor.grad().defined()) tensor.add_(tensor.grad(), -0.02);
  }
  EXPECT_LT(model.loss(batch, {1, 1, true}).loss.item<double>(), 0.8 * first);
  EXPECT_THROW(model.loss(modalities::select(batch, {6, 7}), {1, 1, true}), base::UserError) << "one pair";
}

// The same image twenty times, worked on a few at a time: no row's dropout is that of another.
TEST(AstroClip, PiecesOfABatchDropOut) {
  auto settings = tiny::astroclip_model();
  settings.head_dropout = 0.3;
  const AstroClip model(settings);
  const auto images =
      nn::initial_value({1, 3, settings.image.image_size, settings.image.image_size}, nn::Init::normal(1), 1, "image")
          .expand({20, -1, -1, -1});
  const auto vectors = model.image_vectors(images, nn::DropKey(1, 1));
  for (int64_t i = 0; i < 20; ++i)
    for (int64_t j = 0; j < i; ++j) EXPECT_FALSE(at::equal(vectors[i], vectors[j])) << i << ' ' << j;
}

TEST(AstroClip, PublishedFoldersLoadAndSayWhatIsWrong) {
  const base::TemporaryFolder folder;
  AstroClip model(tiny::astroclip_model());
  const auto good = model.parameters().all();
  std::filesystem::create_directories(folder / "m");
  const auto write = [&](const std::map<std::string, at::Tensor>& tensors) {
    tokenizers::write_weights(folder / "m" / "astroclip.safetensors", tensors);
  };
  io::write_json(
      folder / "m" / "config.json",
      {{"image", {{"heads", 2}}}, {"spectrum", {{"heads", 2}}}, {"pool_heads", 2}, {"image_positions", true}});
  write(good);
  const auto back = load_model(folder / "m");
  EXPECT_EQ(back->kind(), "astroclip");
  for (const auto& [name, tensor] : good) EXPECT_TRUE(at::equal(tensor, back->parameters().all().at(name))) << name;

  auto bad = good;
  bad.erase("image_encoder.backbone.norm.bias");
  write(bad);
  EXPECT_NE(folder_error(folder / "m").find("'image_encoder.backbone.norm.bias' is missing; the nearest"),
            std::string::npos)
      << folder_error(folder / "m");
  bad = good;
  bad["image_encoder.backbone.norm.bais"] = at::zeros({16});
  write(bad);
  EXPECT_NE(folder_error(folder / "m").find("'image_encoder.backbone.norm.bias'"), std::string::npos);
  bad = good;
  bad["spectrum_encoder.backbone.head.weight"] = at::zeros({18, 9});
  write(bad);
  EXPECT_NE(folder_error(folder / "m").find("has shape 18x9, the model needs 18x8"), std::string::npos)
      << folder_error(folder / "m");
}

TEST(AstroClip, WeightsAloneAreEnoughForDinoV2) {
  const base::TemporaryFolder folder;
  nn::Parameters parameters;
  VisionTransformerSettings s;
  s.image_size = 28;
  s.width = 64;
  s.heads = 1;
  s.depth = 1;
  s.hidden = 16;
  const VisionTransformer encoder(nn::Scope(parameters, 1), s);
  std::filesystem::create_directories(folder / "m");
  tokenizers::write_weights(folder / "m" / "model.safetensors", parameters.all());
  const auto model = load_model(folder / "m");
  EXPECT_EQ(model->width(), 64);
  EXPECT_EQ(model->parameters().count(), parameters.count());
}

}  // namespace
}  // namespace asterism::models
