#include "train/recipe.h"

#include "base/error.h"

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
  f.add("galaxy_weight", galaxy_weight, "relative number of galaxies").between(0, 1e6);
  f.add("star_weight", star_weight, "relative number of stars").between(0, 1e6);
  f.add("quasar_weight", quasar_weight, "relative number of quasars").between(0, 1e6);
  f.add("r_faint", r_faint, "faintest r magnitude").between(14, 30);
  f.add("spectroscopic_share", spectroscopic_share, "share of objects bright enough for a spectrum").between(0, 1);
}

void DataSettings::describe(config::Fields& f) {
  f.add("datasets", datasets, "dataset folders, joined end to end");
  f.table("mock", mock, "objects of the mock sky, made while training");
  f.add("modalities", modalities, "columns to read; empty: what the objective needs");
  f.add("split", split, "side of the split that is trained on").one_of({"train", "train+validation", "all"});
  f.add("validation", validation, "side of the split that is validated on").one_of({"validation", "none"});
  f.add("batch_size", batch_size, "objects of a step").between(1, 1e7);
  f.add("limit", limit, "at most so many training objects; 0: all").between(0, 1e12);
}

Recipe::Recipe() {
  for (const auto& entry : objective_kinds()) kinds[entry.kind] = entry.settings();
}

namespace {

std::vector<std::string> kind_names() {
  std::vector<std::string> out;
  for (const auto& entry : objective_kinds()) out.push_back(entry.kind);
  return out;
}

struct ObjectiveTable {
  std::string& kind;
  void describe(config::Fields& f) { f.add("kind", kind, "what is learned").one_of(kind_names()).required(); }
};

void describe_tables(Recipe& recipe, config::Fields& f, bool all) {
  f.table("about", recipe.about, "what the run is for");
  f.table("data", recipe.data, "what it learns from");
  ObjectiveTable objective{recipe.objective};
  f.table("objective", objective, "what it learns");
  for (const auto& entry : objective_kinds())
    if (all || recipe.objective == entry.kind) f.table(entry.kind, *recipe.kinds.at(entry.kind), entry.sentence);
  f.table("train", recipe.train, "how it learns");
}

std::string json_of(ObjectiveSettings& settings) { return config::to_json(config::fields_of(settings)); }

}  // namespace

void Recipe::describe(config::Fields& f) { describe_tables(*this, f, true); }
void Recipe::describe_used(config::Fields& f) { describe_tables(*this, f, false); }

std::string Recipe::resolved() {
  config::Fields fields;
  describe_used(fields);
  return config::to_toml(fields);
}

std::string Recipe::identity() {
  return objective + "\n" + json_of(settings()) + "\n" + config::to_json(config::fields_of(data));
}

Recipe read_recipe(const std::filesystem::path& path, const std::vector<std::string>& overrides) {
  Recipe recipe;
  config::Fields fields;
  recipe.describe(fields);
  config::read_file(fields, path, overrides);
  for (const auto& entry : objective_kinds())
    if (recipe.objective != entry.kind && json_of(*recipe.kinds.at(entry.kind)) != json_of(*entry.settings()))
      base::user_error("{}: [{}] has no effect, because objective.kind is '{}'; take one of them out", path.string(), entry.kind,
                       recipe.objective);
  const bool mock = recipe.data.mock.objects > 0;
  if (mock != recipe.data.datasets.empty())
    base::user_error("{}: {} data.datasets {} data.mock.objects", path.string(), mock ? "set only one of" : "set one of",
                     mock ? "and" : "or");
  if (!mock && config::to_json(config::fields_of(recipe.data.mock)) != [] {
        MockSettings none;
        return config::to_json(config::fields_of(none));
      }())
    base::user_error("{}: [data.mock] has no effect without data.mock.objects; set it, or take the table out", path.string());
  if (recipe.data.split != "train" && recipe.data.validation == "validation" && recipe.train.keep_best)
    base::user_error("{}: data.split = \"{}\" trains on the validation side, so train.keep_best cannot choose by it",
                     path.string(), recipe.data.split);
  return recipe;
}

}  // namespace asterism::train
