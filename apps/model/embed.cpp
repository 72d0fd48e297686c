#include "infer/embed.h"

#include "apps/commands.h"
#include "apps/model/map_options.h"
#include "base/apart.h"
#include "base/signals.h"

namespace asterism::apps {

int embed_command(const Arguments& arguments) {
  CommandLine line("embed", "Writes a dataset with a vector for every object, or for each of its tokens.",
                   "asterism embed runs/redshift/model out/sky out/vectors --given flux_g,flux_r");
  infer::EmbedOptions options;
  line.app.add_option("MODEL", options.model, "folder of a model, or of a tokenizer whose tokens are numbers too")
      ->required();
  line.app.add_option("DATASET", options.dataset, "dataset to read")->required();
  line.app.add_option("OUT", options.out, "dataset to make")->required();
  line.app.add_option("--given", options.given, "modalities to use, a,b,...; default: all that model and data share");
  line.app.add_option("--column", options.column, "name of the vector column")->capture_default_str();
  line.app
      .add_option("--layer", options.layer,
                  "block of the encoder whose tokens are averaged, from 0; default: the last one, normed")
      ->check(CLI::NonNegativeNumber);
  line.app
      .add_option("--pool", options.pool,
                  "what is written: mean (of an object's tokens, or the model's own vector), cls (of the token that "
                  "stands for an image), attentive (what the head of an adapted model picks), or tokens (every token's "
                  "vector, with the name of its modality). Models offer some of them, e.g. --pool tokens")
      ->check(CLI::IsMember({"mean", "cls", "attentive", "tokens"}))
      ->capture_default_str();
  line.app
      .add_option("--rings", options.rings,
                  "means over so many rings about the centre of the image follow the mean over all; models of images")
      ->check(CLI::Range(1, 16));
  line.app.add_flag(
      "--symmetries", options.symmetries,
      "average over turned and mirrored images, so that a vector does not depend on the angle on the sky");
  line.app.add_flag("--any-instrument", options.any_instrument,
                    "published models: read bands, pixels and wavelength grids that they were not made for");
  add_precision_option(line.app, options.precision, "vectors differ in the third digit");
  line.app.add_flag("--normalise", options.normalise, "vectors to unit length");
  add_map_options(line, options);
  if (!line.parse(arguments)) return 0;
  base::check_apart(options.dataset, options.out);
  options.given = split_names("--given", options.given);
  base::install_stop_signals();
  return report_map(infer::embed(options), options.out, line.json);
}

}  // namespace asterism::apps
