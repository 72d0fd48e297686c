#include "infer/tokenize.h"

#include "apps/commands.h"
#include "apps/model/map_options.h"
#include "base/signals.h"

namespace asterism::apps {

int tokenize_command(const Arguments& arguments) {
  CommandLine line("tokenize", "Writes a dataset with the tokens of one modality.",
                   "asterism tokenize runs/spectra/model out/sky out/tokens --modality spectrum_desi");
  infer::TokenizeOptions options;
  line.app.add_option("TOKENIZER", options.tokenizer, "tokenizer folder")->required();
  line.app.add_option("DATASET", options.dataset, "dataset to read")->required();
  line.app.add_option("OUT", options.out, "dataset to make")->required();
  line.app.add_option("--modality", options.modality, "what to read")->required();
  line.app.add_option("--column", options.column, "name of the token column; default MODALITY_tokens");
  add_map_options(line, options);
  if (!line.parse(arguments)) return 0;
  base::install_stop_signals();
  return report_map(infer::tokenize(options), options.out, line.json);
}

}  // namespace asterism::apps
