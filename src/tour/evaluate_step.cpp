#include "tour/evaluate_step.h"

#include "data/loader.h"
#include "models/model.h"
#include "tokenizers/tokenizer.h"

namespace asterism::tour {

eval::Collected collect_step(const TrainStep& step, const std::filesystem::path& out) {
  data::LoaderOptions loading;
  loading.datasets = {out / step.dataset};
  loading.shuffle = loading.drop_last = false;
  loading.batch_size = 128;
  loading.limit = 4000;
  data::Loader loader(loading);
  eval::CollectOptions options;
  options.given = step.given;
  options.reconstructions = 200;
  const auto folder = out / step.name / "model";
  if (!step.modality.empty()) return eval::collect(*tokenizers::load_tokenizer(folder), step.modality, loader, options);
  return eval::collect(*models::load_model(folder), loader, options);
}

}  // namespace asterism::tour
