// AION-1 models asked with observations: tokens by the codecs, answers on the codecs' own bins.

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/random.h"
#include "models/aion_request.h"
#include "models/aion_sample.h"
#include "models/any_to_any.h"
#include "models/sample_mean.h"
#include "tokenizers/aion/scalar.h"
#include "tokenizers/scalar_bins.h"

namespace asterism::models {
namespace {

// Bins [codes + 1] of a scalar's codes: AION's codes are the largest value of a bin, the first bin is as wide as the
// second; equal neighbours become a bin of one step in fp64.
at::Tensor edges_of(const tokenizers::Tokenizer& codec, const std::string& modality) {
  if (const auto* bins = dynamic_cast<const tokenizers::ScalarBins*>(&codec)) return bins->edges();
  const auto* scalar = dynamic_cast<const tokenizers::aion::AionScalar*>(&codec);
  if (scalar == nullptr) base::user_error("'{}' has no posterior: its one token is no bin of a number", modality);
  const auto upper = scalar->values(at::arange(codec.vocabulary(), at::kLong)).to(at::kDouble).contiguous();
  const double* value = upper.const_data_ptr<double>();
  const int64_t codes = upper.numel();
  auto edges = at::empty({codes + 1}, at::kDouble);
  double* edge = edges.data_ptr<double>();
  edge[0] = codes > 1 && value[1] > value[0] ? 2 * value[0] - value[1] : value[0] - std::max(std::abs(value[0]), 1.0);
  for (int64_t i = 0; i < codes; ++i)
    edge[i + 1] = value[i] > edge[i] ? value[i] : std::nextafter(edge[i], std::numeric_limits<double>::infinity());
  return edges;
}

std::string unit_of(const tokenizers::Tokenizer& codec) {
  if (const auto* bins = dynamic_cast<const tokenizers::ScalarBins*>(&codec)) return bins->settings().unit;
  const auto* scalar = dynamic_cast<const tokenizers::aion::AionScalar*>(&codec);
  return scalar ? scalar->settings().unit : "";
}

// Of each draw of a target: targets are drawn independently.
std::vector<uint64_t> seeds_of(const Sampler& s, const std::string& target) {
  std::vector<uint64_t> out;
  for (int64_t sample = 0; sample < s.samples; ++sample)
    out.push_back(s.seed + uint64_t(sample) * kSampleStride + base::stable_hash(target));
  return out;
}

// The tokens that are given, or one modality that is all hidden: the encoder wants some.
std::vector<AionTokens> some_tokens(const Aion& model, const modalities::Batch& batch, const PredictRequest& request) {
  auto out = given_tokens(model, batch, request);
  if (!out.empty()) return out;
  for (const auto& m : model.network().modalities)
    if (m.input && !m.facts.sequence) {
      const std::vector<int64_t> shape{batch.size(), m.facts.tokens()};
      return {{m.facts.key, at::zeros(shape, at::kLong), at::ones(shape, at::kBool)}};
    }
  base::user_error("this model reads sequences only: it cannot be asked with observations");
}

at::Tensor any_shown(const std::vector<AionTokens>& given, int64_t objects) {
  auto out = at::zeros({objects}, at::kBool);
  for (const auto& t : given) out = out.logical_or(t.hidden_NL.logical_not().any(1));
  return out;
}

}  // namespace

std::vector<std::string> Aion::targets() const {
  std::vector<std::string> out;
  const auto& predicted = network_->config.domains_out;
  for (const auto& name : inputs_->modalities()) {
    const auto& key = inputs_->reader(name).key;
    if (!std::binary_search(predicted.begin(), predicted.end(), key)) continue;
    // what is a sequence is drawn as tokens only: see aion_sample.h
    if (!network_->modalities[size_t(network_->target(key))].facts.sequence) out.push_back(name);
  }
  return out;
}

Prediction Aion::predict(const modalities::Batch& batch, const PredictRequest& request) const {
  at::NoGradGuard no_grad;
  check_request(request, targets(), "target");
  const auto given = some_tokens(*this, batch, request);
  std::vector<uint64_t> hashes;
  for (const auto& object : batch.objects) hashes.push_back(object.hash());
  Prediction out;
  out.present_N = any_shown(given, batch.size());
  const auto tokens_of = [&](const std::string& key) {
    return network_->modalities[size_t(network_->target(key))].facts.tokens();
  };
  std::map<std::string, at::Tensor> edges_by_name;  // of scalars; before any work, as codecs may have none
  std::vector<std::string> scalar_keys;
  for (const auto& name : request.targets)
    if (const auto& key = inputs_->reader(name).key; tokens_of(key) == 1) {
      edges_by_name[name] = edges_of(codec(name), name);
      scalar_keys.push_back(key);
    }
  std::map<std::string, at::Tensor> answered;
  if (!scalar_keys.empty()) answered = logits_apart(given, scalar_keys);
  for (const auto& name : request.targets) {
    const auto& key = inputs_->reader(name).key;
    if (tokens_of(key) == 1) {
      const auto& edges = edges_by_name.at(name);
      const auto logits_NV = answered.at(key).squeeze(1).to(at::kCPU, at::kDouble);
      const auto p_NK = at::softmax(logits_NV.narrow(1, 0, edges.size(0) - 1), 1);  // a code too many is none
      out.scalars.emplace(name, ScalarPosterior(p_NK, edges, unit_of(codec(name))));
      continue;
    }
    BlockPrediction drawn;
    drawn.ids_NT =
        sample_aion(*this, given, key, hashes, sampling_of(request.sampler), seeds_of(request.sampler, name));
    for (const auto& ids_NT : drawn.ids_NT)
      drawn.samples.push_back(codec(name).decode({ids_NT, at::ones({batch.size()}, at::kBool)}, {}));
    drawn.mean = sample_mean(drawn.samples);
    out.blocks.emplace(name, std::move(drawn));
  }
  return out;
}

}  // namespace asterism::models
