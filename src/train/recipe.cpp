#include "train/recipe.h"

#include <algorithm>

#include "base/error.h"
#include "data/split.h"
#include "tokenizers/all.h"
#include "train/adapted_objective.h"
#include "train/any_to_any_objective.h"
#include "train/contrastive_objective.h"

namespace asterism::train {

void AboutSettings::describe(config::Fields& f) {
  f.add("question", question, "what the run answers, in one sentence").required();
  f.add("command", command, "how to start it").required();
  f.add("cost", cost, "time and memory, and on which machine").required();
  f.add("expected", expected, "the figure to reach").required();
  f.add("paper", paper, "where the idea is from").required();
  f.add("last_run", last_run, "date, version and figure of the last run; \"never\"").required();
}

void MockSettings::describe(config::Fields& f) {
  f.add("objects", objects, "mock objects of one epoch, before the split; 0: read datasets instead").between(0, 1e12);
  f.add("surveys", surveys, "who observes them");
  f.add("scalars_only", scalars_only, "leave out images and spectra");
  f.add("sky", sky, "seed of the mock sky").between(0, 1e15);
  f.add("fresh", fresh, "draw new objects in every epoch");
  population.describe(f);
}

void DataSettings::describe(config::Fields& f) {
  f.add("datasets", datasets, "dataset folders, one after the other; data join makes one of two of the same objects");
  f.add("repeats", repeats, "how often an epoch of training holds each object of each dataset; empty: once")
      .between(1, 1e6);
  f.table("mock", mock, "objects of the mock sky, made while training");
  f.add("modalities", modalities, "columns to read; empty: what the objective needs");
  f.add("require", require, "only objects whose scalars have these values");
  f.add("split", split, "side of the split that is trained on").one_of({"train", "train+validation", "all"});
  f.add("validation", validation, "side of the split that is validated on").one_of({"validation", "none"});
  f.add("fold", fold,
        "of five: the sides of the split lie 20 numbers further on for each, so that five runs judge every object")
      .between(0, data::kFolds - 1);
  f.add("batch_size", batch_size, "objects of a step").between(1, 1e7);
  f.add("limit", limit, "at most so many training objects; 0: all").between(0, 1e12);
  f.add("hard_negatives", hard_negatives,
        "a scalar, redshift say: batches are made of objects in which it is alike; for contrastive; empty: of any");
  f.add("hard_negative_pool", hard_negative_pool, "batches whose objects are sorted by it together").between(2, 4096);
  f.add("image_symmetries", image_symmetries,
        "images and maps turned and mirrored at random, otherwise in every epoch");
}

Recipe::Recipe(const std::string& objective_kind)
    : objective(objective_kind), settings(train::objective_kind(objective).settings()) {}

namespace {

std::string json_of(MockSettings settings) { return config::to_json(config::fields_of(settings)); }

struct ObjectiveTable {
  std::string& kind;
  void describe(config::Fields& f) {
    std::vector<std::string> names;
    for (const auto& entry : objective_kinds()) names.push_back(entry.kind);
    f.add("kind", kind, "what is learned").one_of(names).required();
  }
};

void check_contrastive(const Recipe& recipe, const std::filesystem::path& path) {
  const auto* contrastive = dynamic_cast<const ContrastiveObjectiveSettings*>(recipe.settings.get());
  if (!recipe.data.hard_negatives.empty() && contrastive == nullptr)
    base::user_error("{}: data.hard_negatives is for objectives that tell objects apart, and {} does not; take it out",
                     path.string(), recipe.objective);
  if (recipe.data.hard_negatives.empty() && recipe.data.hard_negative_pool != DataSettings().hard_negative_pool)
    base::user_error("{}: data.hard_negative_pool has no effect without data.hard_negatives; set it, or take it out",
                     path.string());
  if (recipe.data.image_symmetries && contrastive != nullptr && !contrastive->feature_cache.empty())
    base::user_error(
        "{}: data.image_symmetries shows an image otherwise in every epoch, and model.feature_cache would keep every "
        "one of them; leave out one of the two",
        path.string());
}

void check_adapted(const Recipe& recipe, const std::filesystem::path& path) {
  const auto* adapted = dynamic_cast<const AdaptedObjectiveSettings*>(recipe.settings.get());
  if (adapted == nullptr) return;
  if (recipe.data.image_symmetries && adapted->model.cache && adapted->model.frozen())
    base::user_error(
        "{}: data.image_symmetries shows an image otherwise in every epoch, and model.cache would keep what came of "
        "the "
        "first; set model.cache = false",
        path.string());
  if (adapted->model.label_counts.empty()) return;
  if (recipe.data.mock.objects > 0)
    base::user_error("{}: model.label_counts counts objects of data.datasets, and [data.mock] has no end of them",
                     path.string());
  const auto& repeats = recipe.data.repeats;
  if (std::any_of(repeats.begin(), repeats.end(), [](int64_t repeat) { return repeat > 1; }))
    base::user_error(
        "{}: model.label_counts counts labels, and data.repeats gives that of one object several times; take out one "
        "of "
        "the two",
        path.string());
  if (recipe.data.validation == "none" || recipe.data.split != "train")
    base::user_error("{}: model.label_counts is judged on the validation side, and there is none", path.string());
}

}  // namespace

void Recipe::describe_common(config::Fields& f) {
  f.table("about", about, "what the run is for");
  f.table("data", data, "what it learns from");
  ObjectiveTable table{objective};
  f.table("objective", table, "what it learns");
  f.table("train", train, "how it learns");
}

void Recipe::describe(config::Fields& f) {
  describe_common(f);
  const auto& kind = objective_kind(objective);
  f.table(kind.table, *settings, kind.sentence);
}

std::string Recipe::resolved() { return config::to_toml(config::fields_of(*this)); }

std::string Recipe::identity() {
  return objective + "\n" + config::to_json(config::fields_of(*settings)) + "\n" +
         config::to_json(config::fields_of(data));
}

Recipe read_recipe(const std::filesystem::path& path, const std::vector<std::string>& overrides) {
  const std::string kind = config::peek_text(path, "objective.kind", overrides);
  if (kind.empty())
    base::user_error("{}: objective.kind is not set; name what is learned, \"any_to_any\" say", path.string());
  Recipe recipe(kind);
  const std::string table = objective_kind(kind).table;
  recipe.settings->choose(
      [&](const std::string& name) { return config::peek_text(path, table + "." + name, overrides); });
  config::Fields fields;
  recipe.describe(fields);
  config::read_file(fields, path, overrides);
  // Datasets named on the command line replace the mock sky of the file.
  if (config::overrides_name(overrides, "data.datasets") && !config::overrides_name(overrides, "data.mock"))
    recipe.data.mock = {};
  const bool mock = recipe.data.mock.objects > 0;
  if (mock != recipe.data.datasets.empty())
    base::user_error("{}: {} data.datasets {} data.mock.objects", path.string(),
                     mock ? "set only one of" : "set one of", mock ? "and" : "or");
  if (mock && !recipe.data.repeats.empty())
    base::user_error("{}: data.repeats counts datasets, and [data.mock] is none; take it out", path.string());
  if (!mock && json_of(recipe.data.mock) != json_of({}))
    base::user_error("{}: [data.mock] has no effect without data.mock.objects; set it, or take the table out",
                     path.string());
  if (mock && recipe.data.limit > 0)
    base::user_error("{}: data.limit has no effect on [data.mock]; set data.mock.objects instead", path.string());
  if (recipe.data.validation == "none" && recipe.train.keep_best)
    base::user_error("{}: train.keep_best chooses by the validation side, and data.validation = \"none\" leaves none",
                     path.string());
  if (recipe.data.split != "train" && recipe.train.keep_best)
    base::user_error("{}: data.split = \"{}\" trains on the validation side, so train.keep_best cannot choose by it",
                     path.string(), recipe.data.split);
  check_contrastive(recipe, path);
  check_adapted(recipe, path);
  return recipe;
}

std::string recipe_help() {
  std::string out;
  for (const auto& entry : objective_kinds()) {
    std::vector<std::string> sub_kinds = {""};
    if (std::string(entry.kind) == "tokenizer") {
      sub_kinds.clear();
      for (const auto& kind : tokenizers::kinds()) sub_kinds.push_back(kind.name);
    }
    for (const auto& sub_kind : sub_kinds) {
      Recipe recipe(entry.kind);
      recipe.settings->choose([&](const std::string&) { return sub_kind; });
      if (out.empty()) {
        config::Fields common;
        recipe.describe_common(common);
        out = config::help(common);
      }
      config::Fields fields;
      fields.table(entry.table, *recipe.settings, entry.sentence);
      out += fmt::format("\nwith objective.kind = \"{}\"{}\n", entry.kind,
                         sub_kind.empty() ? "" : fmt::format(" and tokenizer.kind = \"{}\"", sub_kind));
      out += config::help(fields);
    }
  }
  return out;
}

}  // namespace asterism::train
