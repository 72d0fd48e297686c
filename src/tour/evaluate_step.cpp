#include "tour/evaluate_step.h"

#include "eval/evaluate.h"
#include "models/model.h"
#include "tokenizers/tokenizer.h"

namespace asterism::tour {

eval::Collected collect_step(const TrainStep& step, const std::filesystem::path& out) {
  train::DataSettings data;
  data.datasets = {(out / step.dataset).string()};
  data.batch_size = 128;
  data.require = step.require;
  const auto source = eval::open_source(data, {}, {});
  eval::CollectOptions options;
  options.limit = 4000;
  options.given = step.given;
  options.reconstructions = 200;
  if (!step.learns_from.empty()) options.test = "all";  // it learned from none of them
  const auto folder = out / step.name / "model";
  if (!step.modality.empty())
    return eval::collect(*tokenizers::load_tokenizer(folder), step.modality, *source, options);
  return eval::collect(*models::load_model(folder), *source, options);
}

}  // namespace asterism::tour
