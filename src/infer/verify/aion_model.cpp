#include "infer/verify/aion_model.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "models/aion.h"

namespace asterism::infer {

namespace {

constexpr double kVectors = 2e-4, kLogits = 5e-4;  // absolute, for numbers of about 1
constexpr double kLoss = 1e-5, kGradient = 1e-3;   // relative
// Of the largest norm: gradients that are zero but for rounding (a bias of all keys shifts no softmax) are not
// compared.
constexpr double kNothing = 1e-5;

constexpr int64_t kMostOrders = 720;  // of six modalities all

const std::string kMaskPrefix = "mask.";

std::unique_ptr<models::Aion> model_of(const FixtureCase& fixture) {
  return models::Aion::load(fixture.folder / fixture.text("model", "model"));
}

std::vector<models::AionTokens> inputs_of(const FixtureCase& fixture) {
  auto order = fixture.texts("order");
  if (order.empty())
    for (const auto& name : fixture.names_under("in."))
      if (!name.starts_with(kMaskPrefix)) order.push_back(name);
  std::vector<models::AionTokens> out;
  for (const auto& key : order) {
    const auto mask = "in." + kMaskPrefix + key;
    out.push_back({key, fixture.at("in." + key), fixture.contains(mask) ? fixture.at(mask) : at::Tensor()});
  }
  return out;
}

at::Tensor in_shape_of(const at::Tensor& x, const at::Tensor& expected) {
  return x.numel() == expected.numel() ? x.reshape(expected.sizes()) : x;
}

std::vector<models::AionExample> examples_of(const FixtureCase& fixture) {
  std::vector<models::AionExample> out;
  for (const auto& key : fixture.texts("order")) {
    const auto part = [&](const char* name) { return fixture.at("in." + key + "." + name); };
    out.push_back({key, part("tensor"), part("input_mask"), part("target_mask"), part("decoder_attention_mask")});
  }
  return out;
}

// Budgets of a training step, and its examples.
struct Step {
  std::vector<models::AionExample> examples;
  int64_t inputs = 0, targets = 0;
};

// Does the order of the targets change the loss? Only where the budget cuts, targets see each other, or the compressed
// mask of one does not sum up to what is visible of it.
bool order_matters(const Step& step, const models::AionConfig& config) {
  if (!config.decoder_sep_mask) return true;
  at::Tensor asked_N;
  for (const auto& e : step.examples) {
    if (!std::binary_search(config.domains_out.begin(), config.domains_out.end(), e.key)) continue;
    const auto visible = e.target_hidden_NL.to(at::kBool).logical_not().flatten(1);
    const auto count_N = visible.sum(1);
    if (!at::equal((e.attention_NL.flatten(1) * visible).sum(1), count_N)) return true;
    asked_N = asked_N.defined() ? asked_N + count_N : count_N;
  }
  return step.targets > 0 && asked_N.defined() && asked_N.numel() > 0 && asked_N.max().item<int64_t>() > step.targets;
}

bool agrees(const FixtureCase& fixture, const models::AionLoss& loss, const std::string& total,
            const std::string& parts) {
  const auto same = [&](const std::string& name, const at::Tensor& ours) {
    return !fixture.contains(name) || at::allclose(in_shape_of(ours, fixture.at(name)), fixture.at(name), kLoss, 0);
  };
  const auto& means = loss.by_modality;
  return same(total, loss.total) &&
         std::all_of(means.begin(), means.end(), [&](const auto& m) { return same(parts + m.first, m.second); });
}

// The package draws the order of the targets anew at every call, and no fixture says which it was: where it matters and
// the order of the examples does not give the losses expected, the one that does; as they are where none does.
std::vector<size_t> target_order(const FixtureCase& fixture, const models::Aion& model, const Step& step,
                                 models::AionLossKind kind, const std::string& total, const std::string& parts) {
  at::NoGradGuard no_grad;
  std::vector<size_t> order(step.examples.size());
  std::iota(order.begin(), order.end(), size_t(0));
  const auto given = order;
  if (!order_matters(step, model.config())) return given;
  int64_t tries = kMostOrders;
  do {
    if (agrees(fixture, model.loss(step.examples, step.inputs, step.targets, kind, order), total, parts)) return order;
  } while (--tries > 0 && std::next_permutation(order.begin(), order.end()));
  return given;
}

void note_order(Comparison& comparison, const Step& step, const std::vector<size_t>& order, const std::string& total) {
  if (std::is_sorted(order.begin(), order.end())) return;
  std::string names;
  for (const size_t i : order) names += (names.empty() ? "" : ", ") + step.examples[i].key;
  comparison.note(total + " is that of the targets in the order " + names + ": the reference draws one at each call");
}

void compare_losses(const FixtureCase& fixture, Comparison& comparison, const models::AionLoss& loss,
                    const std::string& total, const std::string& parts) {
  const auto compare = [&](const std::string& name, const at::Tensor& ours) {
    if (!fixture.contains(name)) return;
    comparison.close(name, in_shape_of(ours.detach(), fixture.at(name)), fixture.at(name), 0, kLoss);
  };
  compare(total, loss.total);
  for (const auto& [key, mean] : loss.by_modality) compare(parts + key, mean);
}

// Gradients as backward left them in the network's tensors.
void compare_gradients(const FixtureCase& fixture, Comparison& comparison, const models::AionNetwork& network) {
  const auto gradient_of = [&](const std::string& name) {
    const auto tensor = network.tensor(name);
    if (!tensor.defined()) return at::Tensor();
    return tensor.grad().defined() ? tensor.grad() : at::zeros_like(tensor);
  };
  const auto names = fixture.texts("grad_names");
  double nothing = 0;
  for (const auto& [name, tensor] : network.parameters.parameters())
    if (tensor.grad().defined()) nothing = std::max(nothing, kNothing * tensor.grad().norm().item<double>());
  if (fixture.contains("out.grad_norms")) {
    std::vector<at::Tensor> norms;
    for (const auto& name : names) {
      const auto gradient = gradient_of(name);
      if (!gradient.defined()) comparison.require("out.grad_norms", false, "the model has no '" + name + "'");
      norms.push_back(gradient.defined() ? gradient.norm() : at::zeros({}));
    }
    const auto ours = norms.empty() ? at::zeros({0}) : at::stack(norms);
    comparison.close("out.grad_norms", ours, fixture.at("out.grad_norms"), nothing, kGradient);
    std::set<std::string> listed(names.begin(), names.end());
    for (const auto& [left_out, kept] : models::shared_names(network))
      if (listed.contains(left_out)) listed.insert(kept);
    for (const auto& [name, tensor] : network.parameters.parameters())
      if (!listed.contains(name) && tensor.grad().defined() && tensor.grad().norm().item<double>() > 0)
        comparison.require("out.grad_norms", false, "a gradient of '" + name + "', which the reference has not");
  }
  for (const auto& name : fixture.names_under("out.grad.")) {
    const auto& expected = fixture.at("out.grad." + name);
    const double largest = expected.numel() > 0 ? expected.abs().max().item<double>() : 0;
    comparison.close("out.grad." + name, gradient_of(name), expected, std::max(largest * kGradient, nothing),
                     kGradient);
  }
}

}  // namespace

bool is_aion_encode(const FixtureCase& fixture) {
  return fixture.contains("out.encode") || fixture.contains("out.encoder_norm");
}

void verify_aion_encode(const FixtureCase& fixture, Comparison& comparison) {
  const auto model = model_of(fixture);
  const auto inputs = inputs_of(fixture);
  models::AionEncodeOptions options;
  options.budget = fixture.whole_number("num_encoder_tokens", 0);
  options.reference_behaviour = true;
  const auto encoded = model->encode(inputs, options);
  options.budget = encoded.hidden_NT.size(1) - model->config().num_register_tokens;
  options.reference_behaviour = false;
  const auto without_padding = model->encode(inputs, options);
  const auto visible_R = encoded.hidden_NT.flatten().logical_not().nonzero().squeeze(1);
  const auto compare = [&](const std::string& name, const at::Tensor& padded_RD, const at::Tensor& rows_RD) {
    if (!fixture.contains(name)) return;
    const auto& expected = fixture.at(name);
    comparison.close(name, in_shape_of(padded_RD, expected), expected, kVectors);
    const auto flat = expected.flatten(0, -2);
    if (flat.size(0) == encoded.hidden_NT.numel())
      comparison.close(name + ", no padding", rows_RD, flat.index_select(0, visible_R), kVectors);
  };
  compare("out.encode", encoded.context_RD, without_padding.context_RD);
  compare("out.encoder_norm", encoded.plain_RD, without_padding.plain_RD);
  if (fixture.contains("out.encoder_mask"))
    comparison.exact("out.encoder_mask", in_shape_of(encoded.hidden_NT, fixture.at("out.encoder_mask")),
                     fixture.at("out.encoder_mask"));
}

bool is_aion_forward(const FixtureCase& fixture) { return !fixture.names_under("out.logits.").empty(); }

void verify_aion_forward(const FixtureCase& fixture, Comparison& comparison) {
  const auto model = model_of(fixture);
  auto targets = fixture.texts("targets");
  if (targets.empty()) targets = fixture.names_under("out.logits.");
  const auto inputs = inputs_of(fixture);
  const auto logits = model->logits(inputs, targets, true);
  for (const auto& [key, ours] : logits)
    if (fixture.contains("out.logits." + key))
      comparison.close("out.logits." + key, ours, fixture.at("out.logits." + key), kLogits);
  // One token asked alone sees nothing but itself, masked or not: our own way must agree.
  const bool hides = std::any_of(inputs.begin(), inputs.end(), [](const auto& t) { return t.hidden_NL.defined(); });
  if (logits.size() != 1 || logits.begin()->second.size(1) != 1 || hides) return;
  comparison.close("out.logits." + targets[0] + ", no padding", model->logits(inputs, targets).at(targets[0]),
                   fixture.at("out.logits." + targets[0]), kLogits);
}

bool is_aion_training(const FixtureCase& fixture) {
  return fixture.contains("out.loss_mod") || fixture.contains("out.loss_token");
}

void verify_aion_training(const FixtureCase& fixture, Comparison& comparison) {
  const auto model = model_of(fixture);
  const Step step{examples_of(fixture), fixture.whole_number("num_encoder_tokens", 0),
                  fixture.whole_number("num_decoder_tokens", 0)};
  const auto loss_of = [&](models::AionLossKind kind, const std::string& total, const std::string& parts) {
    const auto order = target_order(fixture, *model, step, kind, total, parts);
    note_order(comparison, step, order, total);
    auto loss = model->loss(step.examples, step.inputs, step.targets, kind, order);
    compare_losses(fixture, comparison, loss, total, parts);
    return loss;
  };
  loss_of(models::AionLossKind::by_modality, "out.loss_mod", "out.mod_loss.").total.backward();
  compare_gradients(fixture, comparison, model->network());
  at::NoGradGuard no_grad;
  loss_of(models::AionLossKind::by_token, "out.loss_token", "out.token_loss.");
}

}  // namespace asterism::infer
