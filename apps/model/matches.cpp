#include "apps/model/matches.h"

#include <fmt/core.h>

#include "apps/model/device_option.h"
#include "base/error.h"
#include "base/json_line.h"
#include "base/signals.h"
#include "eval/matches/matches_drawing.h"

namespace asterism::apps {

void add_matches_options(CLI::App& app, MatchesRequest& request) {
  auto& options = request.matches;
  app.add_option("MODEL", options.model, "folder of a model that puts both into one space (contrastive, say)")
      ->required();
  app.add_option("DATASET", options.dataset, "dataset to ask with and to look among")->required();
  app.add_option("OUT", request.out, "SVG file to make")->required();
  app.add_option("--object", options.object, "its id, or survey/id; default: the first of the test side that has both");
  app.add_option("--from", options.from, "modality to ask with; default: the first image");
  app.add_option("--to", options.to, "modality to look among; default: the first spectrum");
  app.add_option("-k,--nearest", options.nearest, "how many to draw")->check(CLI::Range(1, 32))->capture_default_str();
  app.add_flag("--any-instrument", options.any_instrument, "read instruments that the model was not made for");
  add_device_option(app, options.device);
  app.footer("Example:\n  asterism model matches runs/sdss_pairs/model out/stars out/star.svg");
}

int draw_matches(const MatchesRequest& request, bool json) {
  check_svg(request.out);
  if (std::filesystem::exists(request.out))
    base::user_error("'{}' is already there; name a new file.", request.out.string());
  base::install_stop_signals();
  const auto found = eval::matches(request.matches);
  eval::draw(found).write(request.out);
  const auto& id = found.object.objects[0].id;
  if (json) {
    fmt::print("{}\n", base::JsonLine()
                           .add("out", request.out.string())
                           .add("object", id)
                           .add("among", found.among)
                           .add("own_rank", found.own_rank)
                           .str());
    return 0;
  }
  for (const auto& match : found.nearest)
    fmt::print("{:.4f}  {}{}\n", match.cosine, match.object.objects[0].id, match.own ? "  (its own)" : "");
  const auto own = found.own_rank > 0 ? fmt::format("its own is number {:g}", found.own_rank) : "its own is not there";
  fmt::print("{}: {} by {}, {} of {} {}\n", request.out.string(), id, found.from, own, found.among, found.to);
  return 0;
}

}  // namespace asterism::apps
