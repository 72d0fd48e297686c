#include "models/value_tower.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "models/budget.h"
#include "models/packing.h"
#include "models/value_embedding_image.h"
#include "models/value_embedding_light_curve.h"
#include "models/value_embedding_spectrum.h"
#include "models/wrap.h"

namespace asterism::models {
namespace {

bool listed(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

// Leaves each object ceil(keep * tokens) of its rows.
Rows thinned(const Rows& rows, double keep, const std::vector<uint64_t>& hashes, const DrawKey& key) {
  Rows out;
  for (size_t begin = 0; begin < rows.object.size();) {
    size_t end = begin;
    while (end < rows.object.size() && rows.object[end] == rows.object[begin]) ++end;
    std::vector<int64_t> positions(rows.position.begin() + int64_t(begin), rows.position.begin() + int64_t(end));
    base::Random random(key.seed, uint64_t(key.epoch), hashes[size_t(rows.object[begin])], "thin tokens");
    random.shuffle(positions);
    positions.resize(size_t(std::ceil(keep * double(positions.size()))));
    for (int64_t p : positions) {
      out.object.push_back(rows.object[begin]);
      out.position.push_back(p);
    }
    begin = end;
  }
  return out;
}

}  // namespace

ValueTower::ValueTower(const nn::Scope& scope, std::map<std::string, ModalitySettings> modalities,
                       const TowerShape& shape)
    : modalities_(std::move(modalities)),
      encoder_(scope / "encoder", shape.transformer),
      norm_(scope / "norm", shape.transformer.width),
      project_(scope / "project", shape.transformer.width, 2 * shape.transformer.width, shape.projection, false, true) {
  ScalarEmbeddingSettings values;
  values.width = shape.transformer.width;
  values.features = shape.fourier_features;
  values.finest = shape.fourier_finest;
  for (const auto& [name, m] : modalities_) {
    if (m.kind == "scalar") {
      values.names.push_back(name);
      values.scales.push_back(m.group.empty() ? m.scale : "asinh");
      values.input_noise.push_back(m.input_noise);
      values.hide_error.push_back(m.hide_error);
      values.groups.push_back(m.group);
    } else if (m.kind == "image") {
      grid_ = std::make_unique<ValueEmbeddingImage>(scope / name, name, m.patch, m.size, m.bands, values.width);
    } else if (m.kind == "light_curve") {
      grid_ = std::make_unique<ValueEmbeddingLightCurve>(scope / name, name, m.bands, values.width);
    } else {
      grid_ = std::make_unique<ValueEmbeddingSpectrum>(scope / name, name, m.patch, values.width);
    }
  }
  if (modalities_.empty() || (grid_ && modalities_.size() > 1))
    base::user_error("a tower reads scalars alone, or one image, spectrum or light curve: split tower of {} modalities",
                     modalities_.size());
  if (!values.names.empty()) scalars_ = std::make_unique<ValueEmbeddingScalar>(scope / "scalars", std::move(values));
}

void ValueTower::fit(const modalities::Batch& sample) {
  if (scalars_) scalars_->fit(sample);
}

Tower::Output ValueTower::operator()(const modalities::Batch& batch, const Request& request) const {
  std::vector<uint64_t> hashes;
  for (const auto& object : batch.objects) hashes.push_back(object.hash());
  std::vector<Candidate> candidates;
  std::vector<const modalities::ScalarBlock*> blocks;
  InputEmbedding::View view;
  for (const auto& [name, m] : modalities_) {
    auto& c = candidates.emplace_back();
    c.name = name;
    blocks.push_back(nullptr);
    const auto found = batch.blocks.find(name);
    if (found == batch.blocks.end() || !listed(request.given, name)) continue;
    if (modalities::kind(found->second) != m.kind)
      base::user_error("'{}' is a {} for this model, but the batch holds a {}: check the modality's name", name, m.kind,
                       modalities::kind(found->second));
    if (grid_) {
      view = grid_->view(found->second);
      c.input_grid = view.grid;
      c.usable_NP = view.usable_NP;
    } else {
      const auto& present = modalities::present(found->second);
      c.usable_NP.assign(present.begin(), present.end());
      blocks.back() = &std::get<modalities::ScalarBlock>(found->second);
    }
  }
  auto rows = all_inputs(candidates, batch.size(), std::vector<uint8_t>(candidates.size(), 1));
  if (grid_ && request.keep < 1) rows[0] = thinned(rows[0], request.keep, hashes, request.key);
  const auto counts = row_counts(rows, batch.size());
  Output out;
  for (int64_t count : counts) out.present_N.push_back(count > 0);
  at::Tensor rows_RD;
  if (grid_) {
    if (rows[0].size() > 0) rows_RD = grid_->embed(view, copied(rows[0].object), copied(rows[0].position));
  } else {
    std::vector<const Rows*> chosen;
    chosen.reserve(rows.size());
    for (const auto& r : rows) chosen.push_back(&r);
    rows_RD = scalars_->embed(blocks, chosen, hashes, request.key);
  }
  const auto packing = pack(rows, out.present_N, 1);
  const auto options = norm_.weight.options().requires_grad(false);
  out.vectors_NE = at::zeros({batch.size(), project_.fc2.weight.size(0)}, options);
  if (packing.objects.rows() == 0) return out;
  const auto x_LD = packing.scatter(rows_RD.to(norm_.weight.scalar_type()));  // bf16 under autocast
  const auto pooled = packing.mean(norm_(encoder_.rows(x_LD, packing.objects, request.drop)));
  const auto projected = project_(pooled).to(norm_.weight.scalar_type());
  const auto unit = projected / at::linalg_vector_norm(projected, 2, {-1}, true).clamp_min(1e-6);
  const auto present = at::from_blob(out.present_N.data(), {batch.size(), 1}, at::kByte).to(options);
  out.vectors_NE = unit * present;
  return out;
}

}  // namespace asterism::models
