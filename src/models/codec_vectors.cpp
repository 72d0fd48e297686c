#include "models/codec_vectors.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "io/json.h"
#include "models/aion_config.h"
#include "models/lone_encoder.h"
#include "models/published_weights.h"
#include "tokenizers/all.h"

namespace asterism::models {

CodecVectors::CodecVectors(std::shared_ptr<tokenizers::Tokenizer> tokenizer, std::string modality)
    : tokenizer_(std::move(tokenizer)), modality_(std::move(modality)) {
  const at::NoGradGuard no_grad;
  const auto nothing =
      tokenizer_->vectors({at::zeros({1, tokenizer_->num_tokens()}, at::kLong), at::zeros({1}, at::kBool)});
  if (!nothing.defined())
    base::user_error("tokens of '{}' are categories and no vectors: take a model that reads '{}'", kind(), modality_);
  width_ = nothing.size(1);
}

Model::Embedded CodecVectors::embed(const modalities::Batch& batch, const EmbedRequest& request) const {
  if (request.layer >= 0) base::user_error("a tokenizer ('{}') has no layers to choose: leave out the layer", kind());
  check_request(request, {modality_}, 0);
  const auto block = batch.blocks.find(modality_);
  if (block == batch.blocks.end()) return nothing_embedded(batch.size(), width_);
  const auto tokens = tokenizer_->encode(block->second);
  const auto vectors = tokenizer_->vectors(tokens).to(at::kCPU, at::kFloat);
  return {request.normalise ? unit_rows(vectors) : vectors, tokens.present.to(at::kCPU)};
}

bool holds_tokenizer(const std::filesystem::path& folder) {
  if (!std::filesystem::exists(folder / "config.json")) return false;
  const auto json = io::read_json(folder / "config.json");
  if (!json.is_object()) return false;
  if (!json.contains("kind")) return !is_aion_config(json) && !is_published_config(json);
  const auto all = tokenizers::kinds();
  return std::any_of(all.begin(), all.end(), [&](const auto& entry) { return json.at("kind") == entry.name; });
}

}  // namespace asterism::models
