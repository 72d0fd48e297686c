#include "train/published_name.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "models/aion_config.h"
#include "models/aion_inputs.h"
#include "tokenizers/aion/published_codec.h"

namespace asterism::train {

std::string published_name(const std::string& kind, const std::string& modality, const std::string& said) {
  std::string name = said;
  for (const auto& facts : models::aion_modalities())
    if (said.empty() && models::aion_modality_name(facts) == modality) name = facts.codec;
  const auto all = tokenizers::aion::token_keys();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& entry) { return name == entry.codec; });
  if (found != all.end() && kind == found->kind) return name;
  if (found != all.end())
    base::user_error(
        "tokenizer.kind = '{}': the published layout has {} as {}, and its package would read another codec wrongly: "
        "take that kind, another tokenizer.published_as, or scalar_bins, which has a layout of its own",
        kind, name, found->kind);
  std::vector<std::string> names;
  for (const auto& entry : all)
    if (kind == entry.kind) names.push_back(entry.codec);
  if (!said.empty())
    base::user_error(
        "tokenizer.published_as = '{}': the published layout has no such quantity; the nearest is '{}' of {}", said,
        base::nearest(said, names), base::quoted_list(names));
  base::user_error(
      "tokenizer.modality = '{}': the published layout has no name for it; say with tokenizer.published_as which of {} "
      "it "
      "is to be read as, or take scalar_bins, which has a layout of its own",
      modality, base::quoted_list(names));
}

}  // namespace asterism::train
