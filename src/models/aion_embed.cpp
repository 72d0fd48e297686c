// Observations to vectors by AION-1 models: one an object, or its tokens' own.

#include "base/error.h"
#include "models/aion.h"
#include "models/lone_encoder.h"
#include "models/packing.h"
#include "nn/device.h"

namespace asterism::models {
namespace {

void check_embed_request(const Aion& model, const EmbedRequest& request) {
  if (request.rings > 0) base::user_error("the vectors of this model are not cut into rings: leave out the rings");
  const int64_t depth = model.config().encoder_depth;
  if (request.layer < -1 || request.layer >= depth)
    base::user_error("layer {} of {}: choose 0 to {}, or none: the last", request.layer, depth, depth - 1);
  for (const auto& name : request.given)
    model.inputs().reader(name);  // a name that is not known is refused, whatever is there
}

std::vector<AionTokens> given_to_embed(const Aion& model, const modalities::Batch& batch, const EmbedRequest& request) {
  at::NoGradGuard no_grad;  // codecs do not learn
  return model.inputs().tokens(batch, request.given.empty() ? model.modalities() : request.given);
}

// The name that batches have for the network's modality.
std::string name_of(const Aion& model, const AionModality& facts) {
  for (const auto& name : model.inputs().modalities())
    if (model.inputs().reader(name).key == facts.key) return name;
  return aion_modality_name(facts);
}

}  // namespace

Model::Embedded Aion::embed(const modalities::Batch& batch, const EmbedRequest& request) const {
  at::NoGradGuard no_grad;
  check_embed_request(*this, request);
  auto out = nothing_embedded(batch.size(), width());
  if (batch.size() == 0) return out;
  const auto given = given_to_embed(*this, batch, request);
  if (given.empty()) return out;
  const auto encoded = encode(given, {.layer = request.layer});
  Packing packing;
  packing.objects = encoded.objects;
  out.vectors_ND = packing.mean(request.layer < 0 ? encoded.context_RD : encoded.plain_RD).to(at::kCPU);
  for (int64_t i = 0; i < batch.size(); ++i)
    out.present_N[i] = encoded.objects.length(i) > network_->config.num_register_tokens;
  out.vectors_ND = out.vectors_ND * out.present_N.unsqueeze(1);
  if (request.normalise) out.vectors_ND = unit_rows(out.vectors_ND);
  return out;
}

Model::TokenRows Aion::token_rows(const modalities::Batch& batch, const EmbedRequest& request) const {
  check_embed_request(*this, request);
  if (batch.size() == 0) return no_token_rows(0, width());
  const auto given = given_to_embed(*this, batch, request);
  if (given.empty()) return no_token_rows(batch.size(), width());
  const auto slots = input_slots(*network_, given, 0);
  const int64_t registers = network_->config.num_register_tokens;
  const auto visible_R = slots.visible_R();
  if (visible_R.size(0) == registers * batch.size()) return no_token_rows(batch.size(), width());
  const auto encoded = encode_rows(slots, request.layer);
  const auto modality_R = slots.modality_NT.flatten().index_select(0, visible_R).contiguous();
  TokenRows out;
  for (const auto& m : network_->modalities) out.names.push_back(name_of(*this, m.facts));
  std::vector<int64_t> kept;  // rows of objects that have more than register tokens
  for (int64_t i = 0; i < batch.size(); ++i) {
    const bool there = encoded.objects.length(i) > registers;
    out.objects.add(there ? encoded.objects.length(i) : 0);
    for (int64_t r = encoded.objects.starts[size_t(i)]; there && r < encoded.objects.starts[size_t(i + 1)]; ++r) {
      kept.push_back(r);
      out.modality_R.push_back(int32_t(modality_R.const_data_ptr<int64_t>()[r]));
    }
  }
  out.rows_RD = request.layer < 0 ? encoded.context_RD : encoded.plain_RD;
  if (int64_t(kept.size()) < out.rows_RD.size(0))
    out.rows_RD = out.rows_RD.index_select(0, nn::onto(out.rows_RD.device(), kept));
  return out;
}

}  // namespace asterism::models
