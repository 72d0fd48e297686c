#include "infer/tokenize.h"

#include "apps/commands.h"
#include "apps/model/map_options.h"
#include "base/apart.h"
#include "base/signals.h"

namespace asterism::apps {

int tokenize_command(const Arguments& arguments) {
  CommandLine line("tokenize", "Writes a dataset with the tokens of its modalities.",
                   "asterism tokenize runs/spectra/model out/sky out/tokens");
  std::vector<std::string> modalities;
  infer::TokenizeOptions options;
  line.app
      .add_option("TOKENIZER", options.tokenizer,
                  "folder of a tokenizer, or of several (an AION-1 model with its codecs/ too)")
      ->required();
  line.app.add_option("DATASET", options.dataset, "dataset to read")->required();
  line.app.add_option("OUT", options.out, "dataset to make")->required();
  line.app.add_option("--modality", modalities,
                      "what to read, by commas; of several tokenizers NAME=FOLDER says which; default: what the "
                      "tokenizer was trained on, or all that one of several is for");
  line.app.add_option("--column", options.column, "name of the token column; default MODALITY_tokens");
  add_precision_option(line.app, options.precision, "some tokens differ");
  add_map_options(line, options);
  if (!line.parse(arguments)) return 0;
  base::check_apart(options.dataset, options.out);
  options.modalities = split_names("--modality", modalities);
  base::install_stop_signals();
  return report_map(infer::tokenize(options), options.out, line.json);
}

}  // namespace asterism::apps
