#include "eval/dense/feature_maps.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <vector>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/signals.h"
#include "data/hats_read.h"
#include "eval/dense/feature_page.h"
#include "eval/dense/patch_grid.h"
#include "eval/dense/patch_pca.h"
#include "io/fits_writer.h"
#include "io/image_file.h"
#include "models/astroclip.h"

namespace asterism::eval {
namespace {

struct Images {
  std::vector<modalities::ObjectKey> objects;
  at::Tensor prepared_NCHW;
  models::PreparedGeometry geometry;
};

Images read_images(const models::AstroClip& model, const FeatureMapOptions& options) {
  const auto& input = model.settings().image_input;
  const auto reader = data::HatsReader::open(options.dataset);
  const auto names = reader.layout().names();
  if (std::find(names.begin(), names.end(), input.modality) == names.end())
    base::user_error("{} has no '{}', which this model reads; the nearest that it has is '{}'",
                     options.dataset.string(), input.modality, base::nearest(input.modality, names));
  Images out;
  std::vector<at::Tensor> parts;
  reader.for_each({input.modality}, 16, [&](modalities::Batch&& batch, int64_t) {
    const auto& flags = modalities::present(batch.blocks.at(input.modality));
    std::vector<int64_t> rows;
    for (int64_t i = 0; i < batch.size(); ++i)
      if (flags[size_t(i)] && int64_t(out.objects.size() + rows.size()) < options.objects) rows.push_back(i);
    if (rows.empty()) return int64_t(out.objects.size()) < options.objects;
    const auto some = modalities::select(batch, rows);
    const auto& block = some.blocks.at(input.modality);
    parts.push_back(models::prepare_images(block, input, model.settings().image.patch, options.any_instrument));
    out.geometry =
        models::prepared_geometry(std::get<modalities::ImageBlock>(block), input, model.settings().image.patch);
    out.objects.insert(out.objects.end(), some.objects.begin(), some.objects.end());
    return int64_t(out.objects.size()) < options.objects;
  });
  if (out.objects.empty()) base::user_error("no object of {} has '{}'", options.dataset.string(), input.modality);
  out.prepared_NCHW = at::cat(parts);
  return out;
}

// Mean of the picture (before shift and scale: the same order) around each cell: [N, h, w].
at::Tensor brightness(const at::Tensor& images, const PatchGrid& grid, int64_t patch) {
  const auto mean = images.mean(1, true);
  const auto stride = int64_t(grid.spacing);
  const auto pooled = at::avg_pool2d(mean, {patch, patch}, {stride, stride}).squeeze(1);
  return pooled.narrow(1, 0, grid.features_NhwD.size(1)).narrow(2, 0, grid.features_NhwD.size(2)).contiguous();
}

std::string file_stem(int64_t n, const std::string& id) {
  std::string safe;
  for (const char c : id.substr(0, 40)) safe += std::isalnum(static_cast<unsigned char>(c)) || c == '-' ? c : '_';
  return fmt::format("{:04}_{}", n, safe);
}

// Cards of a tangent projection whose pixels are cells: north up, east left, the object in the middle of its image.
void add_wcs(io::FitsWriter& writer, const modalities::ObjectKey& object, const models::PreparedGeometry& geometry,
             const PatchGrid& grid) {
  if (!object.has_position || geometry.pixel_scale_arcsec <= 0) return;
  const double cell_deg = geometry.pixel_scale_arcsec * grid.spacing / 3600;
  const auto cell = [&](double pixel) { return (pixel - grid.first) / grid.spacing + 1; };  // FITS counts from 1
  writer.card("CTYPE1", std::string("RA---TAN"))
      .card("CTYPE2", std::string("DEC--TAN"))
      .card("CUNIT1", std::string("deg"))
      .card("CUNIT2", std::string("deg"))
      .card("CRVAL1", object.ra_deg)
      .card("CRVAL2", object.dec_deg)
      .card("CRPIX1", cell(geometry.centre_x))
      .card("CRPIX2", cell(geometry.centre_y))
      .card("CD1_1", -cell_deg)
      .card("CD1_2", 0.0)
      .card("CD2_1", 0.0)
      .card("CD2_2", cell_deg)
      .card("RADESYS", std::string("ICRS"));
}

void write_fits(const std::filesystem::path& path, const modalities::ObjectKey& object,
                const models::PreparedGeometry& geometry, const PatchGrid& grid, const at::Tensor& scores_Khw,
                const at::Tensor& object_hw) {
  const auto floats = [](const at::Tensor& x) {
    const auto flat = x.to(at::kFloat).contiguous();
    return std::vector<float>(flat.const_data_ptr<float>(), flat.const_data_ptr<float>() + flat.numel());
  };
  io::FitsWriter writer;
  writer.card("OBJECT", object.id.substr(0, 60));
  add_wcs(writer, object, geometry, grid);
  writer.image("COMPONENTS", scores_Khw.sizes().vec(), floats(scores_Khw));
  add_wcs(writer, object, geometry, grid);
  writer.image("OBJECT", object_hw.sizes().vec(), floats(object_hw));
  writer.write(path);
}

}  // namespace

FeatureMapResult feature_maps(const FeatureMapOptions& options) {
  at::NoGradGuard no_grad;
  if (options.components < 3) base::user_error("{} components give no colours: ask for 3 or more", options.components);
  const auto loaded = models::load_model(options.model);
  const auto* model = dynamic_cast<const models::AstroClip*>(loaded.get());
  if (!model || !model->settings().has("image"))
    base::user_error("{} has no image encoder of patches (DINOv2, AstroDINO or AstroCLIP)", options.model.string());
  base::AtomicFolder aside(options.out);
  const auto images = read_images(*model, options);
  const auto grid = patch_grid(model->image_encoder(), images.prepared_NCHW, options.stride, options.layer);
  const int64_t N = grid.features_NhwD.size(0), h = grid.features_NhwD.size(1), w = grid.features_NhwD.size(2);
  const auto flat = grid.features_NhwD.flatten(0, 2);
  const auto pca = options.components_from.empty()
                       ? PatchPca::fit(flat, brightness(images.prepared_NCHW, grid, model->settings().image.patch),
                                       options.components)
                       : PatchPca::load(options.components_from, flat.size(1));
  pca.save(aside.path() / "components.safetensors");
  const bool upwards = model->settings().image_input.stretch != "display";  // rows of fluxes run upwards on the sky
  const auto scores = pca.scores(grid.features_NhwD), objects = pca.is_object(grid.features_NhwD);
  const auto colours = pca.colours(grid.features_NhwD);
  FeaturePage page(model->settings().image_input, upwards, grid);
  const auto attention = cls_attention(model->image_encoder(), images.prepared_NCHW);
  for (int64_t i = 0; i < N; ++i) {
    const auto& object = images.objects[size_t(i)];
    const auto stem = file_stem(i, object.id);
    io::write_png(aside.path() / (stem + ".png"), coloured_picture(colours[i], upwards, 384));
    write_fits(aside.path() / (stem + ".fits"), object, images.geometry, grid, scores[i].permute({2, 0, 1}),
               objects[i]);
    base::stop_if_requested(fmt::format("Stopped after {} of {} maps; nothing was kept.", i + 1, N));
  }
  page.write(aside.path() / "index.html", images.objects, images.prepared_NCHW, colours, objects, attention,
             pca.brightness_correlation);
  aside.commit();
  return {N, h, w, objects.to(at::kDouble).mean().item<double>(), pca.brightness_correlation};
}

}  // namespace asterism::eval
