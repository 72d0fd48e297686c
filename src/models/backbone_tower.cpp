#include "models/backbone_tower.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/error.h"
#include "base/sha256.h"
#include "models/make_summary.h"
#include "models/wrap.h"
#include "nn/autocast.h"
#include "nn/device.h"

namespace asterism::models {
namespace {

constexpr int64_t kObjectsAtOnce = 16;            // of an encoder without gradients: a few hundred megabytes at most
constexpr int64_t kObjectsAtOnceElsewhere = 512;  // of a GPU, which has the memory

at::Tensor unit(const at::Tensor& x) { return x / at::linalg_vector_norm(x, 2, {-1}, true).clamp_min(1e-6); }

// The mean over the tokens that are there: [M, 1, C].
at::Tensor mean_token(const Backbone::Tokens& tokens) {
  if (!tokens.usable_MT.defined()) return tokens.tokens_MTC.mean(1, true);
  const auto weight = tokens.usable_MT.unsqueeze(2).to(tokens.tokens_MTC.scalar_type());
  return (tokens.tokens_MTC * weight).sum(1, true) / weight.sum(1, true).clamp_min(1);
}

// Token sets of different lengths as one tensor.
Backbone::Tokens joined(const std::vector<at::Tensor>& each_TC) {
  int64_t longest = 1;
  bool even = true;
  for (const auto& x : each_TC) longest = std::max(longest, x.size(0));
  for (const auto& x : each_TC) even = even && x.size(0) == longest;
  if (even) return {at::stack(each_TC), {}};
  std::vector<at::Tensor> padded, usable;
  for (const auto& x : each_TC) {
    padded.push_back(at::constant_pad_nd(x, {0, 0, 0, longest - x.size(0)}, 0));
    usable.push_back(at::arange(longest, at::kLong).lt(x.size(0)));
  }
  return {at::stack(padded), at::stack(usable)};
}

// Token sets of several pieces as one tensor, padded where their lengths differ; nothing is waited for.
Backbone::Tokens joined(const std::vector<Backbone::Tokens>& pieces) {
  if (pieces.size() == 1) return pieces[0];
  int64_t longest = 1;
  bool even = true;
  for (const auto& p : pieces) longest = std::max(longest, p.tokens_MTC.size(1));
  for (const auto& p : pieces) even = even && p.tokens_MTC.size(1) == longest && !p.usable_MT.defined();
  std::vector<at::Tensor> tokens, usable;
  for (const auto& p : pieces) {
    const auto& x = p.tokens_MTC;
    const int64_t missing = longest - x.size(1);
    tokens.push_back(missing == 0 ? x : at::constant_pad_nd(x, {0, 0, 0, missing}, 0));
    const auto all =
        p.usable_MT.defined() ? p.usable_MT : at::ones({x.size(0), x.size(1)}, x.options().dtype(at::kBool));
    if (!even) usable.push_back(missing == 0 ? all : at::constant_pad_nd(all, {0, missing}, 0));
  }
  return {at::cat(tokens), even ? at::Tensor() : at::cat(usable)};
}

// Those of object i alone, without padding: [T, C].
at::Tensor tokens_at(const Backbone::Tokens& tokens, int64_t i) {
  if (!tokens.usable_MT.defined()) return tokens.tokens_MTC[i];
  return tokens.tokens_MTC[i].index({tokens.usable_MT[i]});
}

}  // namespace

Freeze freeze_of(const std::string& text, int64_t blocks) {
  if (text == "all") return {true, 0};
  if (text == "none") return {false, -1};
  int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count < 0)
    base::user_error("freeze = '{}': say 'all', 'none', or how many of the first blocks rest, '6' say", text);
  if (count > blocks)
    base::user_error("freeze = '{}': this encoder has {} blocks; 'all' freezes what follows them too", text, blocks);
  return {false, count};
}

BackboneTower::BackboneTower(const nn::Scope& scope, nn::Parameters& parameters, std::unique_ptr<Backbone> backbone,
                             const BackboneTowerSettings& s, const ModalitySettings& modality)
    : settings_(s), backbone_(std::move(backbone)) {
  const int64_t C = backbone_->width();
  if (s.head == "attention") {
    PoolingHeadSettings head;
    head.width = s.projection;
    head.context_width = C;
    head.heads = s.heads;
    head.hidden = s.hidden;
    head.residual = s.residual;
    head.dropout = s.dropout;
    pooling_ = PoolingHead(scope, head);
  } else {
    norm_ = nn::LayerNorm(scope / "norm", C);
    project_ = nn::Mlp(scope / "project", C, s.hidden, s.projection, false, true);
  }
  if (s.summary > 0) {
    summary_ = make_summary(scope / "summary", backbone_->modality(), modality, s.summary, s.summary_linear);
    summary_project_ = nn::Mlp(scope / "summary_project", s.summary, 2 * s.summary, s.projection, false, true,
                               s.summary_linear ? nn::Activation::identity : nn::Activation::gelu);
  }
  parameters.adopt(scope.name("backbone."), backbone_->parameters());
  freeze({});
}

void BackboneTower::fit(const modalities::Batch& sample) {
  if (!summary_) return;
  const auto found = sample.blocks.find(backbone_->modality());
  if (found == sample.blocks.end())
    base::user_error("'{}' is not in the sample that sets the scales: give a sample that holds it",
                     backbone_->modality());
  summary_->fit(found->second);
}

// In float32 whatever surrounds it: bf16 would round away what a summary is for.
at::Tensor BackboneTower::from_summary(const modalities::Block& present, const std::vector<uint64_t>& hashes,
                                       const Request& request) const {
  const nn::Autocast exact(nn::Precision::fp32, backbone_->parameters().device().type());
  const auto summary = (*summary_)(present, {settings_.summary_jitter, hashes, request.key, settings_.summary_noise});
  return summary_project_(summary.vectors_NH);
}

void BackboneTower::freeze(const Freeze& how) {
  freeze_ = how;
  backbone_->parameters().set_trainable([&](const std::string& name) {
    const auto block = backbone_->block_of(name);
    return !how.all && block.has_value() && *block >= how.blocks;
  });
}

void BackboneTower::keep_features(const std::filesystem::path& folder) {
  ASTERISM_CHECK(frozen(), "features of an encoder that learns are not kept");
  features_in_ = folder;
}

// Weights may be loaded after the tower was made (a run that is resumed): so the file is chosen when it is used.
void BackboneTower::open_features() const {
  int64_t version = 0;
  for (const auto& [name, tensor] : backbone_->parameters().all()) version += int64_t(tensor._version());
  if (version == weights_version_) return;
  weights_version_ = version;
  // what is kept depends on the head: all tokens, or their mean
  const auto name = base::sha256_hex(fingerprint(*backbone_) + (settings_.head == "attention" ? " tokens" : " mean"));
  if (name == cache_name_) return;
  cache_.reset();  // its lock first
  cache_ = std::make_unique<FeatureCache>(features_in_, name, backbone_->width());
  cache_name_ = name;
}

Backbone::Tokens BackboneTower::fresh_tokens(const modalities::Block& present, const Request& request) const {
  if (!frozen()) return backbone_->tokens(present, request.any_instrument, request.drop / 0);
  const at::NoGradGuard no_grad;
  std::optional<nn::Autocast> exact;  // what is kept serves runs of any precision
  const auto device = backbone_->parameters().device();
  const int64_t most = device.is_cpu() ? kObjectsAtOnce : kObjectsAtOnceElsewhere;
  if (!features_in_.empty()) exact.emplace(nn::Precision::fp32, device.type());
  std::vector<at::Tensor> each;
  std::vector<Backbone::Tokens> pieces;
  const int64_t n = modalities::rows(present);
  for (int64_t first = 0; first < n; first += most) {
    std::vector<int64_t> rows;
    for (int64_t i = first; i < std::min(n, first + most); ++i) rows.push_back(i);
    auto piece = backbone_->tokens(int64_t(rows.size()) == n ? present : modalities::select(present, rows),
                                   request.any_instrument, {});
    piece.tokens_MTC = piece.tokens_MTC.to(at::kFloat);
    if (settings_.head != "attention") piece = {mean_token(piece), {}};
    if (!device.is_cpu()) {
      pieces.push_back(std::move(piece));
      continue;
    }
    for (size_t i = 0; i < rows.size(); ++i) each.push_back(tokens_at(piece, int64_t(i)));
  }
  return device.is_cpu() ? joined(each) : joined(pieces);
}

Backbone::Tokens BackboneTower::tokens_of(const modalities::Block& present, const std::vector<uint64_t>& hashes,
                                          const Request& request) const {
  if (features_in_.empty() || request.any_instrument) return fresh_tokens(present, request);
  open_features();
  std::vector<at::Tensor> each(hashes.size());
  std::vector<ObservationKey> keys;
  std::vector<int64_t> unseen;
  for (size_t i = 0; i < hashes.size(); ++i) {
    keys.push_back(observation_key(present, int64_t(i), hashes[i]));
    if (auto found = cache_->get(keys.back()))
      each[i] = *found;
    else
      unseen.push_back(int64_t(i));
  }
  if (!unseen.empty()) {
    auto fresh = fresh_tokens(modalities::select(present, unseen), request);
    fresh.tokens_MTC = fresh.tokens_MTC.to(at::kCPU);  // in one copy; the file is the CPU's
    if (fresh.usable_MT.defined()) fresh.usable_MT = fresh.usable_MT.to(at::kCPU);
    for (size_t u = 0; u < unseen.size(); ++u) {
      const auto i = size_t(unseen[u]);
      each[i] = tokens_at(fresh, int64_t(u));
      cache_->put(keys[i], each[i]);
    }
  }
  auto out = joined(each);
  const auto device = backbone_->parameters().device();
  out.tokens_MTC = nn::onto(device, out.tokens_MTC);
  if (out.usable_MT.defined()) out.usable_MT = nn::onto(device, out.usable_MT);
  return out;
}

at::Tensor BackboneTower::head(const Backbone::Tokens& tokens, const nn::DropKey& drop) const {
  if (settings_.head == "attention") return pooling_(tokens.tokens_MTC, tokens.usable_MT, drop).embedding_BE;
  return project_(nn::dropout(norm_(mean_token(tokens).squeeze(1)), settings_.dropout, drop));
}

Tower::Output BackboneTower::operator()(const modalities::Batch& batch, const Request& request) const {
  const auto modality = backbone_->modality();
  Output out;
  out.present_N.assign(size_t(batch.size()), 0);
  const auto device = backbone_->parameters().device();
  out.vectors_NE = at::zeros({batch.size(), settings_.projection}, at::TensorOptions().device(device));
  const auto found = batch.blocks.find(modality);
  if (found == batch.blocks.end() || (!request.given.empty() && std::find(request.given.begin(), request.given.end(),
                                                                          modality) == request.given.end()))
    return out;
  out.present_N = observed_rows(found->second);
  std::vector<int64_t> rows;
  std::vector<uint64_t> hashes;
  for (size_t i = 0; i < out.present_N.size(); ++i)
    if (out.present_N[i] != 0) rows.push_back(int64_t(i)), hashes.push_back(batch.objects[i].hash());
  if (rows.empty()) return out;
  const auto present = modalities::select(found->second, rows);
  const auto tokens = tokens_of(present, hashes, request);
  auto vectors = head(tokens, request.drop / 1).to(at::kFloat);
  if (summary_) vectors = vectors + from_summary(present, hashes, request);
  vectors = unit(vectors);
  auto own = request.own ? unit(mean_token(tokens).squeeze(1).to(at::kFloat)) : at::Tensor();
  if (tokens.usable_MT.defined()) {  // what is seen may lie outside of what the encoder looks at
    const auto any = tokens.usable_MT.any(1);
    vectors = vectors * any.unsqueeze(1).to(vectors.scalar_type());
    if (request.own) own = own * any.unsqueeze(1).to(own.scalar_type());
    const auto flags = any.to(at::kCPU);
    for (size_t m = 0; m < rows.size(); ++m) out.present_N[size_t(rows[m])] = flags[int64_t(m)].item<bool>() ? 1 : 0;
  }
  const auto places = nn::onto(device, rows);
  out.vectors_NE = out.vectors_NE.index_copy(0, places, vectors);
  if (request.own) out.own_NC = at::zeros({batch.size(), own_width()}, own.options()).index_copy(0, places, own);
  return out;
}

}  // namespace asterism::models
