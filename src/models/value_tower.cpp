#include "models/value_tower.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "models/budget.h"
#include "models/make_summary.h"
#include "models/row_patches.h"
#include "models/value_embedding_image.h"
#include "models/value_embedding_light_curve.h"
#include "models/value_embedding_spectrum.h"
#include "models/wrap.h"
#include "nn/autocast.h"
#include "nn/device.h"

namespace asterism::models {
namespace {

bool listed(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<uint64_t> hashes_of(const modalities::Batch& batch) {
  std::vector<uint64_t> out;
  out.reserve(batch.objects.size());
  for (const auto& object : batch.objects) out.push_back(object.hash());
  return out;
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
      jitter_(shape.summary_jitter),
      noise_(shape.summary_noise),
      deep_(shape.transformer.depth > 0) {
  const int64_t width = deep_ ? shape.transformer.width : 0, in = width + shape.summary;
  if (deep_) {
    encoder_ = nn::Encoder(scope / "encoder", shape.transformer);
    norm_ = nn::LayerNorm(scope / "norm", width);
  }
  const bool linear = !deep_ && shape.summary_linear;
  project_ = nn::Mlp(scope / "project", in, 2 * in, shape.projection, false, true,
                     linear ? nn::Activation::identity : nn::Activation::gelu);
  make_inputs(scope, shape);
}

void ValueTower::make_inputs(const nn::Scope& scope, const TowerShape& shape) {
  ScalarEmbeddingSettings values;
  values.width = shape.transformer.width;
  values.features = shape.fourier_features;
  values.finest = shape.fourier_finest;
  for (const auto& [name, m] : modalities_) {
    const bool grid = m.kind != "scalar";
    if (grid && modalities_.size() > 1)
      base::user_error(
          "a tower reads scalars alone, or one image, spectrum or light curve: split tower of {} modalities",
          modalities_.size());
    if (m.kind == "scalar") {
      values.names.push_back(name);
      values.scales.push_back(m.group.empty() ? m.scale : "asinh");
      values.input_noise.push_back(m.input_noise);
      values.hide_error.push_back(m.hide_error);
      values.groups.push_back(m.group);
    } else if (m.kind == "image" && deep_) {
      grid_ = std::make_unique<ValueEmbeddingImage>(scope / name, name, m.patch, m.size, m.bands, values.width);
    } else if (m.kind == "light_curve" && deep_) {
      grid_ = std::make_unique<ValueEmbeddingLightCurve>(scope / name, name, m.bands, values.width);
    } else if (deep_) {
      grid_ = std::make_unique<ValueEmbeddingSpectrum>(scope / name, name, m.patch, values.width);
    }
    if (shape.summary > 0) summary_ = make_summary(scope / "summary", name, m, shape.summary, shape.summary_linear);
  }
  if (modalities_.empty()) base::user_error("a tower reads at least one modality, and this one has none");
  if ((shape.summary > 0) != (summary_ != nullptr) || (!deep_ && !summary_))
    base::user_error(
        "a summary is of one image, spectrum or light curve; any other tower has a transformer alone, of at least one "
        "layer");
  if (!values.names.empty()) scalars_ = std::make_unique<ValueEmbeddingScalar>(scope / "scalars", std::move(values));
}

void ValueTower::fit(const modalities::Batch& sample) {
  if (scalars_) scalars_->fit(sample);
  if (!summary_) return;
  const auto& name = modalities_.begin()->first;
  const auto found = sample.blocks.find(name);
  if (found == sample.blocks.end())
    base::user_error("'{}' is not in the sample that sets the scales: give a sample that holds it", name);
  summary_->fit(found->second);
}

std::unique_ptr<PatchEncoder> ValueTower::patch_encoder() const {
  const auto* images = dynamic_cast<const ValueEmbeddingImage*>(grid_.get());
  return images != nullptr ? std::make_unique<RowPatches>(*images, encoder_, norm_) : nullptr;
}

// The block of one modality, null where it is absent or not asked for.
const modalities::Block* ValueTower::block_of(const modalities::Batch& batch, const std::string& name,
                                              const Request& request) const {
  const auto found = batch.blocks.find(name);
  if (found == batch.blocks.end() || !listed(request.given, name)) return nullptr;
  if (modalities::kind(found->second) != modalities_.at(name).kind)
    base::user_error("'{}' is a {} for this model, but the batch holds a {}: check the modality's name", name,
                     modalities_.at(name).kind, modalities::kind(found->second));
  return &found->second;
}

struct ValueTower::Rowed {
  std::vector<uint64_t> hashes;
  std::vector<Rows> rows;  // by modality
  std::vector<const modalities::ScalarBlock*> blocks;
  InputEmbedding::View view;
};

ValueTower::Rowed ValueTower::rows_of(const modalities::Batch& batch, const Request& request) const {
  Rowed out;
  out.hashes = hashes_of(batch);
  std::vector<Candidate> candidates;
  for (const auto& entry : modalities_) {
    auto& c = candidates.emplace_back();
    c.name = entry.first;
    out.blocks.push_back(nullptr);
    const auto* block = block_of(batch, entry.first, request);
    if (block == nullptr) continue;
    if (grid_) {
      out.view = grid_->view(*block);
      c.input_grid = out.view.grid;
      c.usable_NP = out.view.usable_NP;
    } else {
      const auto& present = modalities::present(*block);
      c.usable_NP.assign(present.begin(), present.end());
      out.blocks.back() = &std::get<modalities::ScalarBlock>(*block);
    }
  }
  out.rows = all_inputs(candidates, batch.size(), std::vector<uint8_t>(candidates.size(), 1));
  if (grid_ && request.keep < 1) out.rows[0] = thinned(out.rows[0], request.keep, out.hashes, request.key);
  return out;
}

at::Tensor ValueTower::pooled(const Rowed& rowed, const Packing& packing, const Request& request) const {
  const auto& rows = rowed.rows;
  at::Tensor rows_RD;
  if (grid_) {
    if (rows[0].size() > 0) rows_RD = grid_->embed(rowed.view, copied(rows[0].object), copied(rows[0].position));
  } else {
    std::vector<const Rows*> chosen;
    chosen.reserve(rows.size());
    for (const auto& r : rows) chosen.push_back(&r);
    rows_RD = scalars_->embed(rowed.blocks, chosen, rowed.hashes, request.key);
  }
  const auto x_LD = packing.scatter(rows_RD.to(norm_.weight.scalar_type()));  // bf16 under autocast
  return packing.mean(norm_(encoder_.rows(x_LD, packing.objects, request.drop)));
}

Tower::Output ValueTower::operator()(const modalities::Batch& batch, const Request& request) const {
  Output out;
  out.present_N.assign(size_t(batch.size()), 0);
  const auto options = project_.fc1.weight.options().requires_grad(false);
  std::vector<at::Tensor> parts;
  if (deep_) {
    const auto rowed = rows_of(batch, request);
    const auto counts = row_counts(rowed.rows, batch.size());
    for (size_t i = 0; i < counts.size(); ++i) out.present_N[i] = counts[i] > 0;
    const auto packing = pack(rowed.rows, out.present_N, 1);
    parts.push_back(packing.objects.rows() > 0 ? pooled(rowed, packing, request)
                                               : at::zeros({batch.size(), norm_.weight.size(0)}, options));
  }
  if (summary_) {
    const auto* block = block_of(batch, modalities_.begin()->first, request);
    const auto summary = block != nullptr && batch.size() > 0
                             ? (*summary_)(*block, {jitter_, hashes_of(batch), request.key, noise_})
                             : Summary::Output{};
    for (size_t i = 0; i < summary.seen_N.size(); ++i) out.present_N[i] |= summary.seen_N[i];
    parts.push_back(
        summary.vectors_NH.defined()
            ? summary.vectors_NH
            : at::zeros({batch.size(), project_.fc1.weight.size(1) - (deep_ ? norm_.weight.size(0) : 0)}, options));
  }
  out.vectors_NE = at::zeros({batch.size(), project_.fc2.weight.size(0)}, options);
  if (std::none_of(out.present_N.begin(), out.present_N.end(), [](uint8_t p) { return p != 0; })) return out;
  const auto projected = projection(parts);
  const auto unit = projected / at::linalg_vector_norm(projected, 2, {-1}, true).clamp_min(1e-6);
  const auto flags = at::from_blob(out.present_N.data(), {batch.size(), 1}, at::kByte);
  const auto present = nn::onto(options.device(), flags.to(project_.fc1.weight.scalar_type()));
  out.vectors_NE = unit * present;
  return out;
}

// Beside a summary in float32 whatever surrounds it: bf16 would round away what a summary is for.
at::Tensor ValueTower::projection(const std::vector<at::Tensor>& parts) const {
  const auto type = project_.fc1.weight.scalar_type();
  if (!summary_) return project_(parts[0]).to(type);
  const nn::Autocast off(nn::Precision::fp32, project_.fc1.weight.device().type());
  std::vector<at::Tensor> exact;
  exact.reserve(parts.size());
  for (const auto& part : parts) exact.push_back(part.to(type));
  return project_(at::cat(exact, 1));
}

}  // namespace asterism::models
