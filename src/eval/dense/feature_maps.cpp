#include "eval/dense/feature_maps.h"

#include <algorithm>
#include <cctype>
#include <memory>
#include <vector>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/folder_hash.h"
#include "base/signals.h"
#include "data/hats_read.h"
#include "eval/dense/feature_page.h"
#include "eval/dense/map_fits.h"
#include "eval/dense/patch_maps.h"
#include "eval/dense/patch_pca.h"
#include "io/image_file.h"
#include "models/all.h"
#include "models/model.h"
#include "models/predictor.h"
#include "nn/device.h"

namespace asterism::eval {
namespace {

constexpr size_t kMostNamed = 6;
constexpr int64_t kPictureSide = 384;

[[noreturn]] void refuse_model(const models::Model& model, const std::string& folder) {
  auto read = model.modalities();
  const bool more = read.size() > kMostNamed;
  if (more) read.resize(kMostNamed);
  const bool predicts = dynamic_cast<const models::Predictor*>(&model) != nullptr;
  base::user_error(
      "{}: a model of kind '{}' encodes no images as patches, so there is nothing to make maps of. It gives vectors of "
      "{}{} (asterism embed){}. Take dino, masked_image, astroclip (DINOv2, AstroDINO) with an image encoder, or a "
      "contrastive or adapted model over one of images",
      folder, model.kind(), base::quoted_list(read), more ? " and others" : "",
      predicts ? " and predictions (asterism predict)" : "");
}

// Which images are mapped: what was asked for, or the first that model and data share.
std::string modality_of(const models::Model& model, const FeatureMapOptions& options,
                        const std::vector<std::string>& in_data) {
  std::vector<std::string> known;
  for (const auto& name : model.modalities())
    if (model.patch_encoder(name)) known.push_back(name);
  if (known.empty()) refuse_model(model, options.model.string());
  const auto has = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (!options.modality.empty() && !has(known, options.modality))
    base::user_error("{} does not read '{}' as patches; the nearest that it does is '{}'", options.model.string(),
                     options.modality, base::nearest(options.modality, known));
  for (const auto& name : options.modality.empty() ? known : std::vector{options.modality})
    if (has(in_data, name)) return name;
  const auto& wanted = options.modality.empty() ? known[0] : options.modality;
  base::user_error("{} has no '{}', which this model reads; the nearest that it has is '{}'", options.dataset.string(),
                   wanted, base::nearest(wanted, in_data));
}

// Mean of the picture around each cell: [N, h, w].
at::Tensor brightness_of(const PatchMaps& maps) {
  const auto stride = int64_t(maps.grid.spacing), patch = maps.grid.patch;
  const auto pooled =
      at::avg_pool2d(maps.pictures_NHW3.mean(3).unsqueeze(1), {patch, patch}, {stride, stride}).squeeze(1);
  return pooled.narrow(1, 0, maps.grid.features_NhwD.size(1))
      .narrow(2, 0, maps.grid.features_NhwD.size(2))
      .contiguous();
}

// Components mean nothing for features of another model, or of another of its blocks.
PatchPca components_of(const PatchMaps& maps, const at::Tensor& brightness, int64_t layer,
                       const FeatureMapOptions& options) {
  const auto flat = maps.grid.features_NhwD.flatten(0, 2);
  const auto features = fmt::format("block {} of the model with SHA-256 {}", layer,
                                    base::sha256_folder(models::model_folder(options.model)));
  if (!options.components_from.empty()) {
    auto out = PatchPca::load(options.components_from, flat.size(1));
    if (!out.features.empty() && out.features != features)
      base::user_error(
          "{}: these components were fitted on features of {}, and these are of {}: leave out "
          "--components-from, or give that model and --layer",
          options.components_from.string(), out.features, features);
    return out;
  }
  const auto tokens = maps.grid.is_token_Nhw.flatten().nonzero().squeeze(1);
  auto out =
      PatchPca::fit(flat.index_select(0, tokens), brightness.flatten().index_select(0, tokens), options.components);
  out.features = features;
  return out;
}

std::string file_stem(int64_t n, const std::string& id) {
  std::string safe;
  for (const char c : id.substr(0, 40)) safe += std::isalnum(static_cast<unsigned char>(c)) || c == '-' ? c : '_';
  return fmt::format("{:04}_{}", n, safe);
}

// A PNG and a FITS file of every image.
void write_maps(const std::filesystem::path& folder, const PatchMaps& maps, const PatchPca& pca,
                const FeaturePage& page, bool raw) {
  const auto& grid = maps.grid;
  const auto scores = pca.scores(grid.features_NhwD);
  MapFrame frame{maps.geometry, grid.patch, grid.first, grid.spacing, maps.upwards, page.layer};
  const auto N = int64_t(maps.objects.size());
  for (int64_t i = 0; i < N; ++i) {
    const auto& object = maps.objects[size_t(i)];
    const auto stem = file_stem(i, object.id);
    io::write_png(folder / (stem + ".png"), coloured_picture(page.colours_Nhw3[i], maps.upwards, kPictureSide));
    MapImages images{scores[i].permute({2, 0, 1}), page.objects_Nhw[i], grid.is_token_Nhw[i], {}, {}};
    if (grid.attention_NHrc.defined()) images.attention_Hrc = grid.attention_NHrc[i];
    if (raw) images.features_Dhw = grid.features_NhwD[i].permute({2, 0, 1});
    write_map_fits(folder / (stem + ".fits"), object, frame, images);
    base::stop_if_requested(fmt::format("Stopped after {} of {} maps; nothing was kept.", i + 1, N));
  }
}

}  // namespace

FeatureMapResult feature_maps(const FeatureMapOptions& options) {
  at::NoGradGuard no_grad;
  if (options.components < 3) base::user_error("{} components give no colours: ask for 3 or more", options.components);
  const auto model = models::load_model(models::model_folder(options.model), nn::choose_device(options.device));
  if (options.any_instrument && !model->checks_instrument())
    base::user_error("a model of kind '{}' takes any instrument by itself: leave out --any-instrument", model->kind());
  base::AtomicFolder aside(options.out);
  const auto reader = data::HatsReader::open(options.dataset);
  const auto modality = modality_of(*model, options, reader.layout().names());
  const auto encoder = model->patch_encoder(modality);
  const PatchGridRequest request{options.stride, options.layer, options.any_instrument};
  const auto maps = patch_maps(*encoder, reader, modality, options.objects, request);
  const auto& grid = maps.grid;
  FeaturePage page;
  page.brightness_Nhw = brightness_of(maps);
  page.layer = options.layer < 0 ? encoder->blocks() - 1 : options.layer;
  const auto pca = components_of(maps, page.brightness_Nhw, page.layer, options);
  pca.save(aside.path() / "components.safetensors");
  page.upwards = maps.upwards;
  page.looks = encoder->looks();
  page.brightness_correlation = pca.brightness_correlation;
  page.pictures_NHW3 = maps.pictures_NHW3;
  page.colours_Nhw3 = pca.colours(grid.features_NhwD).masked_fill(grid.is_token_Nhw.logical_not().unsqueeze(-1), 0);
  page.objects_Nhw = pca.is_object(grid.features_NhwD).logical_and(grid.is_token_Nhw);
  write_maps(aside.path(), maps, pca, page, options.raw);
  page.write(aside.path() / "index.html", maps.objects, grid);
  aside.commit();
  FeatureMapResult out{modality,
                       int64_t(maps.objects.size()),
                       grid.features_NhwD.size(1),
                       grid.features_NhwD.size(2),
                       encoder->width(),
                       encoder->heads(),
                       0,
                       pca.brightness_correlation};
  out.object_share = page.objects_Nhw.to(at::kDouble).sum().item<double>() /
                     std::max(1.0, grid.is_token_Nhw.to(at::kDouble).sum().item<double>());
  return out;
}

}  // namespace asterism::eval
