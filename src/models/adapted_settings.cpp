#include "models/adapted_settings.h"

#include "base/error.h"

namespace asterism::models {

void AdaptedSettings::describe(config::Fields& f) {
  f.add("backbone", backbone, "folder of the finished model that is adapted");
  f.add("adapt", adapt,
        "what learns: a linear or mlp head on its vectors; an attentive head, that pools its tokens by a learned "
        "query; a "
        "head on each token, averaged; lora: low-rank adapters of attention and MLP; full: every weight")
      .one_of({"linear", "mlp", "attentive", "tokens", "lora", "full"});
  f.add("target", target, "the scalar that the labels are of");
  f.add("task", task,
        "posterior: a mixture of distributions; regression: one distribution, a value and its spread; classification: "
        "whole numbers from 0")
      .one_of({"posterior", "regression", "classification"});
  f.add("classes", classes, "classification: how many; labels are 0 to one less").between(0, 65536);
  f.add("given", given, "modalities that the model reads; empty: all that it can, except the target");
  f.add("hidden", hidden, "width of the mlp, and of the head of each token").between(1, 65536);
  f.add("heads", heads, "attention heads of the attentive head").between(1, 256);
  f.add("components", components, "posterior: how many distributions are mixed").between(1, 1024);
  f.add("bins", bins, "posterior and regression: grid on which answers are written").between(2, 65536);
  f.add("scale", scale, "posterior and regression: of the labels; auto takes asinh for skewed ones")
      .one_of({"auto", "linear", "asinh"});
  f.add("rank", rank, "lora: rank of each matrix's adapter").between(1, 4096);
  f.add("rank_scale", rank_scale, "lora: factor of what adapters add").between(1e-6, 1e6);
  f.add("merge", merge, "lora: save the adapted weights; otherwise the model as it was and the adapters beside it");
  f.add("cache", cache, "frozen model: keep its vectors or tokens of objects seen, up to 1 GiB");
  f.add("label_counts", label_counts,
        "after training: for each of these numbers of labels, train so and from scratch, and write curve.json")
      .between(1, 1e9);
  f.add("seed", seed, "of the first weights").between(0, 9e15);
}

void check(const AdaptedSettings& s) {
  if (s.backbone.empty()) base::user_error("model.backbone is not set: name the folder of the model to adapt");
  if (s.target.empty()) base::user_error("model.target is not set: name the scalar that the labels are of");
  if (s.task == "classification" && s.classes < 2)
    base::user_error("model.classes = {}: a classification needs at least 2", s.classes);
  if (s.task != "classification" && s.classes > 0)
    base::user_error("model.classes = {} has no effect without task = \"classification\": take it out", s.classes);
  for (const auto& name : s.given)
    if (name == s.target) base::user_error("'{}' is both given and the target: leave it out of model.given", name);
  const AdaptedSettings defaults;
  const bool lora = s.adapt == "lora";
  if (!lora && (s.rank != defaults.rank || s.rank_scale != defaults.rank_scale || s.merge != defaults.merge))
    base::user_error("model.rank, rank_scale and merge have no effect without adapt = \"lora\": take them out");
  if (s.heads != defaults.heads && s.adapt != "attentive")
    base::user_error("model.heads has no effect without adapt = \"attentive\": take it out");
  if (s.hidden != defaults.hidden && s.adapt != "mlp" && s.adapt != "tokens")
    base::user_error("model.hidden has no effect with adapt = \"{}\": take it out", s.adapt);
  if (s.components != defaults.components && s.task != "posterior")
    base::user_error("model.components has no effect with task = \"{}\": take it out", s.task);
}

}  // namespace asterism::models
