#include "apps/model/features.h"

#include <fmt/core.h>

#include "apps/model/device_option.h"
#include "base/json_line.h"
#include "base/signals.h"

namespace asterism::apps {

void add_feature_options(CLI::App& app, eval::FeatureMapOptions& options) {
  app.add_option("MODEL", options.model,
                 "model folder with an encoder of images as patches: dino, masked_image, astroclip (DINOv2, AstroDINO "
                 "too), or a contrastive or adapted model over one")
      ->required();
  app.add_option("DATASET", options.dataset, "dataset to read")->required();
  app.add_option("OUT", options.out, "folder to make: a page, and a PNG and a FITS file for each image")->required();
  app.add_option("--modality", options.modality,
                 "which images; default: the first that the model reads as patches and the dataset has");
  app.add_option("--objects", options.objects, "the first so many that have an image")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  auto* components = app.add_option("--components", options.components, "principal components in the FITS files")
                         ->check(CLI::Range(3, 64))
                         ->capture_default_str();
  app.add_option("--components-from", options.components_from,
                 "components.safetensors of an earlier call: the same colours for other images, and as many components")
      ->excludes(components);
  app.add_option("--stride", options.stride, "pixels from cell to cell, a divisor of the patch; default: the patch")
      ->check(CLI::PositiveNumber);
  app.add_option("--layer", options.layer,
                 "block of the encoder whose patches and attention are shown, from 0; default: the last")
      ->check(CLI::NonNegativeNumber);
  app.add_flag("--raw", options.raw, "the features themselves in the FITS files too, FEATURES [width, rows, columns]");
  app.add_flag("--any-instrument", options.any_instrument, "read bands and pixels that the model was not made for");
  add_device_option(app, options.device);
  app.footer(
      "A FITS file holds COMPONENTS, OBJECT (1 objects, 0 sky) and, of encoders with a token for the whole image,\n"
      "ATTENTION (of each head, on whole patches); with a WCS where position and pixel scale are known.\n"
      "Examples:\n  asterism model features runs/dino_tiny/model out/zoo out/maps --stride 2\n"
      "  asterism model features models/astroclip out/sky out/raw --raw --layer 20");
}

int make_feature_maps(const eval::FeatureMapOptions& options, bool json) {
  base::install_stop_signals();
  const auto result = eval::feature_maps(options);
  if (json)
    fmt::print("{}\n", base::JsonLine()
                           .add("out", options.out.string())
                           .add("modality", result.modality)
                           .add("objects", result.objects)
                           .add("rows", result.rows)
                           .add("columns", result.columns)
                           .add("width", result.width)
                           .add("heads", result.heads)
                           .add("object_share", result.object_share)
                           .add("brightness_correlation", result.brightness_correlation)
                           .str());
  else
    fmt::print("{}: {} maps of '{}', {} x {} cells, {:.0f} % of them objects\n", (options.out / "index.html").string(),
               result.objects, result.modality, result.rows, result.columns, 100 * result.object_share);
  return 0;
}

}  // namespace asterism::apps
