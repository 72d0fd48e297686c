#include "apps/model/picture.h"

#include <fmt/core.h>

#include "apps/model/device_option.h"
#include "base/error.h"
#include "base/json_line.h"
#include "base/signals.h"
#include "eval/conditionals/drawing.h"

namespace asterism::apps {

void add_picture_options(CLI::App& app, PictureRequest& request) {
  auto& options = request.table;
  app.add_option("MODEL", options.model, "folder of an any-to-any or AION-1 model")->required();
  app.add_option("DATASET", options.dataset, "dataset that holds the object")->required();
  app.add_option("OUT", request.out, "SVG file to make")->required();
  app.add_option("--object", options.object,
                 "its id, or survey/id; default: the first of the test side that has everything");
  app.add_option("--modality", options.modalities, "only these, a,b,...; default: all that model and data share");
  app.add_option("--samples", options.sampler.samples, "of each image or spectrum")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--steps", options.sampler.steps, "rounds of unmasking")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  app.add_option("--temperature", options.sampler.temperature, "0: the most probable code")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--seed", options.sampler.seed, "of the draws")->capture_default_str();
  add_device_option(app, options.device);
  app.footer("Example:\n  asterism model picture runs/any_to_any/model out/sky out/any_to_any.svg");
}

int make_picture(PictureRequest request, bool json) {
  request.table.modalities = split_names("--modality", request.table.modalities);
  check_svg(request.out);
  if (std::filesystem::exists(request.out))
    base::user_error("'{}' is already there; name a new file.", request.out.string());
  base::install_stop_signals();
  const auto table = eval::conditionals(request.table);
  eval::draw(table).write(request.out);
  const auto& object = table.object.objects[0];
  if (json)
    fmt::print("{}\n", base::JsonLine()
                           .add("out", request.out.string())
                           .add("object", object.id)
                           .add("rows", int64_t(table.rows.size()))
                           .add("columns", int64_t(table.columns.size()))
                           .str());
  else
    fmt::print("{}: {}, each of {} modalities given and {} predicted\n", request.out.string(), object.id,
               table.rows.size() - (table.rows.back() == eval::kEverythingElse ? 1 : 0), table.columns.size());
  return 0;
}

}  // namespace asterism::apps
