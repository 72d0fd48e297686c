#include "eval/conditionals/conditionals.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include "base/error.h"
#include "data/hats_read.h"
#include "data/inspect.h"
#include "data/split.h"
#include "models/model.h"
#include "nn/device.h"

namespace asterism::eval {
namespace {

using Names = std::vector<std::string>;

bool holds(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// 0 image, 1 spectrum, 2 scalar; -1: what this table does not draw.
int place_of(const modalities::Block& block) {
  if (std::holds_alternative<modalities::ImageBlock>(block)) return 0;
  if (std::holds_alternative<modalities::SpectrumBlock>(block)) return 1;
  return std::holds_alternative<modalities::ScalarBlock>(block) ? 2 : -1;
}

// Scalars of one key share a group.
std::string group_key(const std::string& name, const modalities::Block& block) {
  const auto* scalar = std::get_if<modalities::ScalarBlock>(&block);
  const auto stem = name.substr(0, name.find('_'));
  if (scalar == nullptr || scalar->unit.empty() || stem == name) return name;
  return stem + " [" + scalar->unit + "]";
}

// Bands by wavelength, not by alphabet; what is no band keeps its place among itself, behind them.
size_t place_of_band(const std::string& name) {
  static const Names bands{"u", "b", "g", "v", "r", "i", "z", "y", "j", "h", "k", "w1", "w2", "w3", "w4"};
  auto band = name.substr(name.find('_') + 1);
  std::transform(band.begin(), band.end(), band.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return size_t(std::find(bands.begin(), bands.end(), band) - bands.begin());
}

// "redshift", "flux g r z", "flux (12)".
std::string name_of(const Names& modalities) {
  if (modalities.size() == 1) return modalities[0];
  const auto stem = modalities[0].find('_');
  if (modalities.size() > 5) return fmt::format("{} ({})", modalities[0].substr(0, stem), modalities.size());
  std::string out = modalities[0].substr(0, stem);
  for (const auto& name : modalities) out += " " + name.substr(stem + 1);
  return out;
}

bool overlap(const Names& a, const Names& b) {
  return std::any_of(a.begin(), a.end(), [&](const std::string& name) { return holds(b, name); });
}

models::Prediction ask(const models::Predictor& model, const modalities::Batch& object, const Names& given,
                       const Names& targets, const models::Sampler& sampler) {
  models::PredictRequest request;
  request.given = given;
  request.targets = targets;
  request.sampler = sampler;
  return model.predict(object, request);
}

// UserError for an option of the sampler where all that is asked for are scalars, whose posterior is drawn whole.
void check_sampler(const Names& told, const Names& targets, const modalities::Batch& object, const Names& chosen) {
  for (const auto& name : chosen)
    if (const auto found = object.blocks.find(name); found != object.blocks.end() && holds(targets, name))
      if (const int place = place_of(found->second); place == 0 || place == 1) return;
  for (const char* option : {"--samples", "--steps", "--temperature", "--seed"})
    if (holds(told, option))
      base::user_error("{} is of images and spectra that are drawn, and none is predicted here: leave it out", option);
}

bool is_whole(const modalities::Batch& batch, int64_t row, const Names& names) {
  return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
    const auto found = batch.blocks.find(name);
    return found != batch.blocks.end() && modalities::present(found->second)[size_t(row)] != 0;
  });
}

// The first object of the test side of which everything that the model reads or predicts, and the data have, was
// observed.
modalities::Batch first_whole(const data::HatsReader& reader, const Names& names) {
  std::optional<modalities::Batch> out;
  auto read = names;
  if (holds(reader.layout().names(), data::kSplitColumn)) read.emplace_back(data::kSplitColumn);
  reader.for_each(read, 64, [&](modalities::Batch&& batch, int64_t) {
    const auto numbers = data::split_numbers(batch);
    for (int64_t i = 0; i < batch.size() && !out; ++i)
      if (data::Split("test").contains(numbers[size_t(i)]) && is_whole(batch, i, names))
        out = modalities::select(batch, {i});
    return !out;
  });
  if (!out)
    base::user_error("no object of the test side of {} has everything: {}; name one with --object",
                     reader.path().string(), base::quoted_list(names));
  return *std::move(out);
}

}  // namespace

std::vector<ModalityGroup> grouped(const Names& names, const modalities::Batch& object) {
  std::vector<ModalityGroup> out;
  for (int kind = 0; kind < 3; ++kind) {
    std::vector<std::string> keys;  // of the groups of this kind, in the order of `names`
    const size_t first = out.size();
    for (const auto& name : names) {
      const auto found = object.blocks.find(name);
      if (found == object.blocks.end() || place_of(found->second) != kind) continue;
      const auto key = group_key(name, found->second);
      const auto at = size_t(std::find(keys.begin(), keys.end(), key) - keys.begin());
      if (at == keys.size()) {
        keys.push_back(key);
        out.push_back({key, {}});
      }
      out[first + at].modalities.push_back(name);
    }
    for (size_t g = first; g < out.size(); ++g) {
      std::stable_sort(out[g].modalities.begin(), out[g].modalities.end(),
                       [](const std::string& a, const std::string& b) { return place_of_band(a) < place_of_band(b); });
      out[g].name = name_of(out[g].modalities);
    }
  }
  return out;
}

Conditionals conditionals(const models::Predictor& model, const Names& inputs, const modalities::Batch& object,
                          const Names& chosen, const models::Sampler& sampler) {
  ASTERISM_CHECK(object.size() == 1, "one object is asked about, not {}", object.size());
  const auto targets = model.targets();
  Names can_give, can_ask;
  for (const auto& name : chosen) {
    const auto found = object.blocks.find(name);
    if (found == object.blocks.end()) continue;
    if (holds(inputs, name) && modalities::present(found->second)[0] != 0) can_give.push_back(name);
    if (holds(targets, name)) can_ask.push_back(name);
  }
  const auto given = grouped(can_give, object);
  Conditionals out;
  out.object = object;
  out.columns = grouped(can_ask, object);
  const auto asks_something = [&](const ModalityGroup& row) {
    return std::any_of(out.columns.begin(), out.columns.end(),
                       [&](const ModalityGroup& column) { return !overlap(row.modalities, column.modalities); });
  };
  if (std::none_of(given.begin(), given.end(), asks_something))
    base::user_error("of {} the model reads {} and predicts {}: nothing is left to predict from something else",
                     object.objects[0].id, given.empty() ? "nothing" : base::quoted_list(can_give),
                     out.columns.empty() ? "nothing" : base::quoted_list(can_ask));
  for (const auto& row : given) {
    out.rows.push_back(row.name);
    auto& cells = out.cells.emplace_back();
    for (const auto& column : out.columns) {
      Conditional cell;
      cell.given = overlap(row.modalities, column.modalities);
      if (!cell.given) cell.prediction = ask(model, object, row.modalities, column.modalities, sampler);
      cells.push_back(std::move(cell));
    }
  }
  if (given.size() < 3) return out;
  out.rows.push_back(kEverythingElse);
  auto& cells = out.cells.emplace_back();
  for (const auto& column : out.columns) {
    Names others;
    for (const auto& name : can_give)
      if (!holds(column.modalities, name)) others.push_back(name);
    cells.push_back({false, ask(model, object, others, column.modalities, sampler)});
  }
  return out;
}

Conditionals conditionals(const ConditionalsOptions& options) {
  const auto loaded = models::load_model(options.model, nn::choose_device(options.device));
  const auto* model = dynamic_cast<const models::Predictor*>(loaded.get());
  if (model == nullptr)
    base::user_error("{}: a model of kind '{}' predicts nothing; use one of kind 'any_to_any' or 'aion'",
                     options.model.string(), loaded->kind());
  auto known = loaded->modalities();
  for (const auto& target : model->targets())
    if (!holds(known, target)) known.push_back(target);
  const auto reader = data::HatsReader::open(options.dataset);
  const auto in_data = reader.layout().names();
  for (const auto& name : options.modalities) {
    if (!holds(known, name))
      base::user_error("the model does not know '{}'; the nearest that it knows is '{}'", name,
                       base::nearest(name, known));
    if (!holds(in_data, name))
      base::user_error("{} has no '{}'; the nearest that it has is '{}'", options.dataset.string(), name,
                       base::nearest(name, in_data));
  }
  Names chosen;
  for (const auto& name : options.modalities.empty() ? known : options.modalities)
    if (holds(in_data, name)) chosen.push_back(name);
  if (chosen.empty())
    base::user_error("{} holds nothing that the model reads or predicts: {}", options.dataset.string(),
                     base::quoted_list(known));
  const auto object = options.object.empty() ? first_whole(reader, chosen) : data::find_object(reader, options.object);
  check_sampler(options.told, model->targets(), object, chosen);
  return conditionals(*model, loaded->modalities(), object, chosen, options.sampler);
}

}  // namespace asterism::eval
