#include "infer/rewrite.h"

#include "base/error.h"
#include "data/value_ranges.h"
#include "models/all.h"
#include "models/codec_vectors.h"
#include "tokenizers/all.h"
#include "tokenizers/tokenizer_folder.h"

namespace asterism::infer {

void rewrite(const std::filesystem::path& given, const std::filesystem::path& out) {
  if (std::filesystem::exists(out)) base::user_error("'{}' is already there; name a new folder.", out.string());
  const auto folder = models::model_folder(given);
  const auto ranges = data::read_ranges(folder);
  if (!out.parent_path().empty()) std::filesystem::create_directories(out.parent_path());
  if (models::holds_tokenizer(folder)) {
    tokenizers::load_tokenizer(folder)->save(out);
    if (const auto read = tokenizers::recorded_modalities(folder); !read.empty())
      tokenizers::record_modalities(out, read);
  } else {
    models::load_model(folder)->save(out);
  }
  if (!ranges.empty()) data::write_ranges(out, ranges);
}

}  // namespace asterism::infer
