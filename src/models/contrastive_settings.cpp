#include "models/contrastive_settings.h"

#include <algorithm>

#include "base/error.h"

namespace asterism::models {

void TowerSettings::describe(config::Fields& f) {
  f.add("modalities", modalities, "what it reads: scalars, or one image, spectrum or light curve").required();
  f.add("layers", layers, "transformer blocks, without a backbone; 0: a summary alone").between(0, 256);
  f.add("summary", summary,
        "width of a short path beside the transformer or the backbone, for fluxes in circles of an image, a binned "
        "spectrum, or the "
        "peak, "
        "colours and decline of a light curve: numbers that a mean over patches rounds; 0: none")
      .between(0, 65536);
  f.add("summary_jitter", summary_jitter,
        "in training: relative error of fluxes in the summary, of level and colours, drawn for each object, so that "
        "nothing finer is relied on where calibrations differ (real data after simulated ones)")
      .between(0, 1);
  f.add(
       "summary_noise", summary_noise,
       "in training: normal noise on each number of the summary, in units of its spread, so that a few hundred objects "
       "are not learned by heart")
      .between(0, 10);
  f.add("summary_network", summary_network,
        "deep: through GELU, sines and an MLP; linear: through one linear map, for a few hundred objects")
      .one_of({"deep", "linear"});
  f.add("backbone", backbone,
        "model folder whose encoder it takes: astroclip (or a published DINOv2, AstroDINO, SpecFormer), dino, "
        "masked_image, masked_spectrum; empty: an encoder of its own");
  f.add("freeze", freeze, "what of the backbone does not learn: all, none, or how many of its first blocks");
  f.add("head", head, "over the backbone's tokens: a learned query, or their mean").one_of({"attention", "mean"});
  f.add("head_heads", head_heads, "attention heads of the learned query").between(1, 1024);
  f.add("head_hidden", head_hidden, "hidden width of the head's MLP; 0: four times the projection").between(0, 1 << 20);
  f.add("head_residual", head_residual, "the learned query's answer is added to the MLP's");
  f.add("head_dropout", head_dropout, "in the head, in training").between(0, 0.95);
}

void ContrastiveSettings::describe(config::Fields& f) {
  f.add("width", width, "numbers a token").between(4, 16384);
  f.add("heads", heads, "attention heads").between(1, 256);
  f.add("projection", projection, "numbers of the vectors in the common space").between(2, 16384);
  f.add("own_weight", own_weight,
        "behind the common space, vectors hold the mean token of each tower's backbone, this long beside a common part "
        "of "
        "length 1: what the encoder knew and the other modality cannot tell is not lost; 0: the common space alone")
      .between(0, 100);
  f.add("mlp_ratio", mlp_ratio, "hidden width of a block over its width").between(0.25, 16);
  f.add("dropout", dropout, "after attention and MLP, in training").between(0, 0.9);
  f.add("keep_tokens", keep_tokens, "share of the patches that training looks at; of towers without a backbone")
      .between(0.01, 1);
  f.add("loss", loss, "each against all others, or every pair a yes or no of its own").one_of({"infonce", "siglip"});
  f.add("pairs", pairs, "towers that are brought together, \"image-spectrum\" say; empty: every two");
  f.add("temperature", temperature, "similarities are divided by it; where it starts if learned").between(1e-3, 100);
  f.add("learn_temperature", learn_temperature, "whether it is learned");
  f.add("temperature_low", temperature_low, "the least that it may become").between(1e-3, 100);
  f.add("temperature_high", temperature_high, "the most").between(1e-3, 100);
  f.add("bias", bias, "siglip: added to similarities; where it starts").between(-1000, 1000);
  f.add("fourier_features", fourier_features, "frequencies of a scalar").between(1, 256);
  f.add("fourier_finest", fourier_finest, "shortest period of a scalar, in units of its spread").between(1e-6, 100);
  f.add("seed", seed, "of the first weights").between(0, 9e15);
  f.tables("modalities", modalities, "what the model reads");
  f.tables("towers", towers, "encoders; without any: one a modality, all scalars together in 'scalars'");
}

namespace {

void check_summary(const std::string& name, const TowerSettings& tower, const ContrastiveSettings& s) {
  const TowerSettings plain;
  if (tower.summary == 0 &&
      (tower.summary_jitter > 0 || tower.summary_noise > 0 || tower.summary_network != plain.summary_network))
    base::user_error(
        "tower '{}': summary_jitter, summary_noise and summary_network have no effect without a summary: set it, or "
        "take them out",
        name);
  if (tower.summary == 0) return;
  if (tower.summary % 2 != 0)
    base::user_error("tower '{}': a summary of width {} cannot be halved: make it even", name, tower.summary);
  for (const auto& m : tower.modalities)
    if (const auto& kind = s.modalities.at(m).kind; kind == "scalar")
      base::user_error(
          "tower '{}': '{}' is a {}, and a summary is of an image, a spectrum or a light curve; take it out", name, m,
          kind);
}

void check_tower(const std::string& name, const TowerSettings& tower, const ContrastiveSettings& s) {
  std::vector<std::string> known;
  for (const auto& entry : s.modalities) known.push_back(entry.first);
  for (const auto& m : tower.modalities)
    if (!s.modalities.contains(m))
      base::user_error("tower '{}' reads '{}', which the model lacks; the nearest is '{}'", name, m,
                       base::nearest(m, known));
  check_summary(name, tower, s);
  const TowerSettings plain;
  if (tower.backbone.empty()) {
    if (tower.freeze != plain.freeze || tower.head != plain.head || tower.head_heads != plain.head_heads ||
        tower.head_hidden != plain.head_hidden || tower.head_residual != plain.head_residual ||
        tower.head_dropout != plain.head_dropout)
      base::user_error(
          "tower '{}': freeze and head_* are of a backbone, and this one has none: set backbone, or take them out",
          name);
    if (tower.layers == 0 && tower.summary == 0)
      base::user_error("tower '{}' has neither layers nor a summary: set one of them", name);
    return;
  }
  if (tower.layers != plain.layers)
    base::user_error("tower '{}': layers has no effect beside backbone, whose blocks are what they are; take it out",
                     name);
  if (tower.modalities.size() != 1 ||
      (s.modalities.at(tower.modalities[0]).kind != "image" && s.modalities.at(tower.modalities[0]).kind != "spectrum"))
    base::user_error("tower '{}': a backbone reads one image or one spectrum, and nothing else", name);
  if (tower.head == "attention" && s.projection % tower.head_heads != 0)
    base::user_error("tower '{}': a projection of {} is not a multiple of head_heads {}: choose one that is", name,
                     s.projection, tower.head_heads);
  if (tower.head == "mean" && (tower.head_heads != plain.head_heads || tower.head_residual != plain.head_residual))
    base::user_error("tower '{}': head_heads and head_residual are of head = \"attention\": take them out", name);
}

void check_pairs(const ContrastiveSettings& s) {
  std::vector<std::string> known;
  for (const auto& [a, tower_a] : s.towers)
    for (const auto& [b, tower_b] : s.towers)
      if (a != b) known.push_back(a + "-" + b);
  for (const auto& pair : s.pairs)
    if (std::find(known.begin(), known.end(), pair) == known.end())
      base::user_error("pairs: there is no pair '{}'; the nearest is '{}'", pair, base::nearest(pair, known));
}

void check_own(const ContrastiveSettings& s) {
  if (s.own_weight > 0 &&
      std::all_of(s.towers.begin(), s.towers.end(), [](const auto& t) { return t.second.backbone.empty(); }))
    base::user_error("own_weight has no effect: no tower has a backbone; take it out");
}

void check_loss(const ContrastiveSettings& s) {
  const ContrastiveSettings plain;
  if (s.learn_temperature && !(s.temperature_low < s.temperature_high))
    base::user_error("temperature_low {} is not below temperature_high {}", s.temperature_low, s.temperature_high);
  if (s.learn_temperature && (s.temperature < s.temperature_low || s.temperature > s.temperature_high))
    base::user_error("temperature {} is outside of its limits, {} to {}", s.temperature, s.temperature_low,
                     s.temperature_high);
  if (!s.learn_temperature &&
      (s.temperature_low != plain.temperature_low || s.temperature_high != plain.temperature_high))
    base::user_error("temperature_low and temperature_high have no effect without learn_temperature: take them out");
  if (s.loss != "siglip" && s.bias != plain.bias)
    base::user_error("bias has no effect with loss = \"{}\": it is of siglip; take it out", s.loss);
}

}  // namespace

void complete(ContrastiveSettings& s) {
  if (s.width % s.heads != 0 || s.width % 4 != 0)
    base::user_error("width {} is not a multiple of 4 and of heads {}: choose one that is", s.width, s.heads);
  for (const auto& [name, m] : s.modalities)
    if (m.summary > 0)
      base::user_error("modality '{}': summaries are of towers here: set model.towers.<name>.summary instead", name);
  if (s.towers.empty())
    for (const auto& [name, m] : s.modalities)
      s.towers[m.kind == "scalar" ? "scalars" : name].modalities.push_back(name);
  if (s.towers.size() < 2)
    base::user_error("a contrastive model needs two towers, and has {}: add a modality of another kind",
                     s.towers.size());
  for (const auto& [name, tower] : s.towers) check_tower(name, tower, s);
  check_pairs(s);
  check_own(s);
  check_loss(s);
}

}  // namespace asterism::models
