#include "infer/symmetric_embedding.h"

#include <algorithm>

#include "modalities/image_symmetry.h"

namespace asterism::infer {

models::Model::Embedded embedding_by(const models::Model& model, const modalities::Batch& batch,
                                     const models::EmbedRequest& request, const std::string& pool) {
  return pool == "mean" ? model.embed(batch, request) : model.pooled(batch, request, pool);
}

models::Model::Embedded symmetric_embedding(const models::Model& model, const modalities::Batch& batch,
                                            const models::EmbedRequest& request, const std::string& pool) {
  int count = 8;
  bool has_images = false;
  for (const auto& [name, block] : batch.blocks)
    if (const auto* images = std::get_if<modalities::ImageBlock>(&block)) {
      has_images = true;
      count = std::min(count, modalities::symmetries(*images));
    }
  auto out = embedding_by(model, batch, request, pool);
  if (!has_images) return out;
  for (int symmetry = 1; symmetry < count; ++symmetry) {
    auto turned = batch;
    for (auto& [name, block] : turned.blocks)
      if (auto* images = std::get_if<modalities::ImageBlock>(&block))
        for (int64_t i = 0; i < images->n; ++i) modalities::turn(*images, i, symmetry);
    out.vectors_ND = out.vectors_ND + embedding_by(model, turned, request, pool).vectors_ND;
  }
  out.vectors_ND = out.vectors_ND / count;
  if (request.normalise)
    out.vectors_ND = out.vectors_ND / at::linalg_vector_norm(out.vectors_ND, 2, {-1}, true).clamp_min(1e-12);
  return out;
}

bool any_can_be_turned(const data::Layout& layout, const std::vector<std::string>& given) {
  return std::any_of(layout.modalities.begin(), layout.modalities.end(), [&](const auto& one) {
    return (one.kind == "image" || one.kind == "picture") &&
           std::find(given.begin(), given.end(), one.modality) != given.end();
  });
}

}  // namespace asterism::infer
