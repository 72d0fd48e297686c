#include "models/any_to_any_settings.h"

#include <algorithm>

#include "base/error.h"

namespace asterism::models {

void ModalitySettings::describe(config::Fields& f) {
  f.add("kind", kind, "what its blocks hold").one_of({"scalar", "image", "spectrum", "light_curve"});
  f.add("unit", unit, "of its values; unknown: as the training data say. Data in another unit are refused");
  f.add("input", input, "how it goes in: measured values, codes of its codec, both in one, or not at all")
      .one_of({"values", "tokens", "both", "none"});
  f.add("target", target, "whether it can be predicted");
  f.add("codec", codec, "folder of the trained tokenizer (images, spectra); scalars make their bins from the data");
  f.add("scale", scale, "scalars going in: auto takes asinh for skewed values, else linear")
      .one_of({"auto", "linear", "asinh", "rank"});
  f.add("group", group,
        "scalars: fluxes of one group are also seen relative to the object's mean over those given, as colours; empty: "
        "alone");
  f.add("bins", bins, "scalars: bins of the posterior").between(2, 65536);
  f.add("bin_spacing", bin_spacing, "scalars: where the bins lie").one_of({"equal_mass", "asinh", "linear"});
  f.add("soft_bins", soft_bins,
        "scalars, and the norm of a spectrum: training targets are Gaussians this many bins wide; 0: the nearest bins")
      .between(0, 100);
  f.add("head", head,
        "what predicts it: scalars on bins or by a continuous mixture; images and spectra one logit a code or a head "
        "for "
        "each level of the quantiser; auto: as the model's scalar_head and code_head say")
      .one_of({"auto", "bins", "mixture", "codes", "levels"});
  f.add("components", components, "scalars predicted by a mixture: how many distributions it mixes").between(1, 1024);
  f.add("patch", patch, "pixels of a patch: a side of an image's, the length of a spectrum's").between(1, 4096);
  f.add("size", size, "images: pixels a side, cropped about the centre; 0: as they come").between(0, 65536);
  f.add(
       "summary", summary,
       "images and spectra going in as values: width of the network that makes one token more, of fluxes in circles or "
       "a binned spectrum; 0: patches alone")
      .between(0, 65536);
  f.add("bands", bands, "images: bands with an embedding of their own by name, beside that by wavelength");
  f.add("input_noise", input_noise, "scalars: noise added to inputs in training, in units of their error")
      .between(0, 10);
  f.add("hide_error", hide_error,
        "scalars with errors: share of the times that a value goes in without its error in training. What is drawn has "
        "none, and the joint of two values is one of values alone")
      .between(0, 1);
  f.add("input_weight", input_weight, "how readily it is given in training").between(0, 1e6);
  f.add("target_weight", target_weight, "how readily it is asked for in training").between(0, 1e6);
  f.add("loss_weight", loss_weight, "factor of its part of the loss").between(0, 1e6);
}

void MixtureSettings::describe(config::Fields& f) {
  f.add("weight", weight, "how often this part is drawn").between(0, 1e6);
  f.add("input_alpha", input_alpha,
        "Dirichlet concentration of inputs: small: few modalities get all, large: all get alike")
      .between(1e-3, 1e6);
  f.add("target_alpha", target_alpha, "the same for targets").between(1e-3, 1e6);
  f.add("input_low", input_low, "fewest tokens given").between(0, 1e6);
  f.add("input_high", input_high, "most tokens given").between(0, 1e6);
  f.add("target_low", target_low, "fewest tokens asked for").between(1, 1e6);
  f.add("target_high", target_high, "most tokens asked for").between(1, 1e6);
  f.add("all_inputs", all_inputs, "give everything that is not asked for; the input budget is not used");
  f.add("inputs", inputs, "only these may be given; empty: all");
  f.add("targets", targets, "only these may be asked for; empty: all");
}

void AnyToAnySettings::describe(config::Fields& f) {
  f.add("width", width, "numbers a token").between(4, 16384);
  f.add("heads", heads, "attention heads").between(1, 256);
  f.add("encoder_layers", encoder_layers, "transformer blocks of the encoder").between(1, 256);
  f.add("decoder_layers", decoder_layers, "transformer blocks of the decoder").between(1, 256);
  f.add("mlp_ratio", mlp_ratio, "hidden width of a block over its width").between(0.25, 16);
  f.add("bias", bias, "biases of the blocks' products and norms; 4M and AION-1 have none");
  f.add("qk_norm", qk_norm, "normalise queries and keys of each head");
  f.add("dropout", dropout, "after attention and MLP, in training").between(0, 0.9);
  f.add("input_dropout", input_dropout, "of the embedded inputs, in training").between(0, 0.9);
  f.add("fourier_features", fourier_features, "frequencies of a scalar").between(1, 256);
  f.add("fourier_finest", fourier_finest, "shortest period of a scalar, in units of its spread").between(1e-6, 100);
  f.add("balance", balance, "weight of a modality in the loss ~ (tokens asked for)^balance: 0 all alike, 1 by tokens")
      .between(0, 1);
  f.add("pair_consistency", pair_consistency,
        "weight of what ln p(a) p(b|a) and ln p(b) p(a|b) differ by (nats, Huber), of one pair of scalars of each "
        "object; "
        "0: not asked")
      .between(0, 1e3);
  f.add("temperature_by_input", temperature_by_input,
        "calibration widens or sharpens a scalar's posterior by what was given (each image or spectrum, all scalars), "
        "not "
        "by one temperature");
  f.add("scalar_head", scalar_head, "what predicts scalars: probabilities of bins, or a continuous mixture")
      .one_of({"bins", "mixture"});
  f.add("code_head", code_head,
        "what predicts codes of images and spectra: one logit a code, or small heads for the levels of their quantiser")
      .one_of({"codes", "levels"});
  f.add("loss_chunk", loss_chunk, "rows whose logits are in memory at once in training").between(1, 1e9);
  f.add("cache_tokens", cache_tokens, "keep the codes of images and spectra seen in training");
  f.add("seed", seed, "of the first weights").between(0, 9e15);
  f.tables("modalities", modalities, "what the model reads and predicts");
  f.tables("mixture", mixture, "what is given and what is asked for in training");
}

ModalitySettings with_head(ModalitySettings m, const AnyToAnySettings& model) {
  if (m.head == "auto") m.head = m.kind == "scalar" ? model.scalar_head : model.code_head;
  return m;
}

namespace {

void check_head(const std::string& name, const ModalitySettings& m) {
  const bool scalar = m.kind == "scalar";
  if (m.head != "auto" && (m.head == "bins" || m.head == "mixture") != scalar)
    base::user_error("modality '{}': head = \"{}\" is for {}; set \"{}\" or \"{}\"", name, m.head,
                     scalar ? "images and spectra" : "scalars", scalar ? "bins" : "codes",
                     scalar ? "mixture" : "levels");
  if (m.head != "auto" && !m.target)
    base::user_error("modality '{}' is no target and has no head: remove the setting, or set target = true", name);
  if (scalar && m.head == "mixture" && m.scale == "rank")
    base::user_error("modality '{}': a mixture needs a smooth scale; set scale to auto, linear or asinh", name);
}

void check_summary(const std::string& name, const ModalitySettings& m) {
  if (m.summary == 0) return;
  if (m.kind == "scalar" || (m.input != "values" && m.input != "both"))
    base::user_error("modality '{}': a summary is of an image or spectrum that goes in as values: remove the setting",
                     name);
  if (m.summary % 2 != 0)
    base::user_error("modality '{}': a summary of width {} cannot be halved: make it even", name, m.summary);
}

}  // namespace

void check(const AnyToAnySettings& s) {
  if (s.modalities.empty()) base::user_error("the model has no modalities: add [model.modalities.<name>] tables");
  if (s.width % s.heads != 0)
    base::user_error("width {} is not a multiple of heads {}: choose one that is", s.width, s.heads);
  if (s.width % 4 != 0) base::user_error("width {} is not a multiple of 4: choose one that is", s.width);
  std::vector<std::string> names;
  bool any_input = false, any_target = false;
  int64_t paired = 0;
  for (const auto& [name, m] : s.modalities) {
    names.push_back(name);
    any_input = any_input || m.input != "none";
    any_target = any_target || m.target;
    paired += m.kind == "scalar" && m.input != "none" && m.target && m.codec.empty();
    if (m.input == "none" && !m.target)
      base::user_error("modality '{}' is neither input nor target: remove it, or set input or target", name);
    if (m.kind == "light_curve")
      base::user_error("modality '{}': this model has no way to read or predict a light_curve; contrastive has", name);
    if (!m.group.empty() &&
        (m.kind != "scalar" || (m.input != "values" && m.input != "both") || (m.scale != "auto" && m.scale != "asinh")))
      base::user_error("modality '{}': a group is for scalars that go in as values on an asinh scale: remove it", name);
    check_head(name, m);
    if (m.target && m.kind == "scalar") check_head(name, with_head(m, s));
    if (m.hide_error > 0 && (m.kind != "scalar" || (m.input != "values" && m.input != "both")))
      base::user_error("modality '{}': hide_error is for scalars that go in as values: remove the setting", name);
    if (m.components != ModalitySettings{}.components && (!m.target || with_head(m, s).head != "mixture"))
      base::user_error("modality '{}' is not predicted by a mixture and has no components: remove the setting", name);
    check_summary(name, m);
    if (m.kind == "scalar" && m.input != "tokens" && m.patch != ModalitySettings{}.patch)
      base::user_error("modality '{}' is a scalar and has no patch: remove the setting", name);
  }
  if (s.pair_consistency > 0 && paired < 2)
    base::user_error("pair_consistency is of scalars that are read and predicted, and the model has {}: set it to 0",
                     paired);
  if (!any_input) base::user_error("no modality of the model is an input: set input = \"values\" for at least one");
  if (!any_target) base::user_error("no modality of the model is a target: set target = true for at least one");
  for (const auto& [part, m] : s.mixture) {
    for (const auto* list : {&m.inputs, &m.targets})
      for (const auto& name : *list)
        if (!s.modalities.contains(name))
          base::user_error("mixture '{}' names '{}', which the model lacks; the nearest is '{}'", part, name,
                           base::nearest(name, names));
    if (m.input_low > m.input_high || m.target_low > m.target_high)
      base::user_error("mixture '{}': a budget's low end is above its high end: swap them", part);
  }
}

}  // namespace asterism::models
