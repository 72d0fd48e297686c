#include "tokenizers/aion/scalar.h"

#include <cmath>

#include "base/error.h"
#include "io/json.h"
#include "nn/losses.h"
#include "nn/quantise.h"
#include "nn/scope.h"
#include "tokenizers/aion/published_units.h"
#include "tokenizers/aion/scalar_table.h"
#include "tokenizers/block_tensors.h"

namespace asterism::tokenizers::aion {

void ScalarSettings::describe(config::Fields& f) {
  f.add("published_as", modality, kPublishedAsHelp);
  describe_table(f);
  if (form != ScalarForm::grid) return;
  f.add("low", low, "lower end of the grid; low = high: from the data");
  f.add("high", high, "upper end of the grid");
}

void ScalarSettings::describe_published(config::Fields& f) {
  f.add("modality", modality, "the package's name of the quantity");
  describe_table(f);
}

void ScalarSettings::describe_table(config::Fields& f) {
  f.add("codebook_size", codebook_size, "codes").between(2, 1 << 24);
  if (form != ScalarForm::grid)
    f.add("reservoir_size", reservoir_size, "values of the sample that the table is made from").between(1, 1 << 28);
  if (form == ScalarForm::log_table)
    f.add("min_log_value", min_log_value, "natural logarithm of the smallest value").between(-80, 80);
  f.add("unit", unit, "of the values; empty: the package's of this quantity, else any, until fitted to data");
  f.add("reference_behaviour", reference_behaviour, "with the published codec's defects, for comparisons bit by bit");
}

namespace {

constexpr double kMostLoss = 1e30;    // of one value, far out of range: a mean of such is a float still
const std::string kPureNumber = "-";  // as astro/units.h writes it

const char* const kKinds[] = {"aion_scalar", "aion_log_scalar", "aion_grid_scalar"};

ScalarForm form_of(const std::string& kind) {
  for (const auto form : {ScalarForm::table, ScalarForm::log_table, ScalarForm::grid})
    if (kind == kKinds[size_t(form)]) return form;
  ASTERISM_CHECK(false, "'{}' is no kind of scalar", kind);
  return ScalarForm::table;
}

}  // namespace

std::string AionScalar::kind() const { return kKinds[size_t(settings_.form)]; }

AionScalar::AionScalar(ScalarSettings settings) : settings_(std::move(settings)) {
  take_published_unit();
  says_unit_ = !settings_.unit.empty();
  build();
}

AionScalar::AionScalar(const PublishedFolder& folder_in) {
  settings_.form = form_of(folder_in.kind);
  auto fields = config::Fields();
  settings_.describe_published(fields);
  read_config(fields, folder_in.config_json, folder_in.source);
  says_unit_ = io::parse_json(folder_in.config_json, folder_in.source).contains("unit");
  if (!says_unit_) take_published_unit();
  build();
  auto folder = folder_in;
  if (settings_.form != ScalarForm::grid && !folder.weights.contains("_quantizer._reservoir") &&
      folder.weights.contains("_quantizer._index_to_val"))  // the table alone does the work
    folder.weights["_quantizer._reservoir"] =
        quantile_table(folder.weights["_quantizer._index_to_val"].reshape({-1}), settings_.reservoir_size);
  load_weights(parameters_, folder);
}

void AionScalar::take_published_unit() {
  if (!settings_.unit.empty() || settings_.reference_behaviour) return;
  const auto unit = published_unit(settings_.modality);
  settings_.unit = unit.value_or("");
  pure_numbers_ = unit && unit->empty();
}

InUnit AionScalar::in_unit(const modalities::Block& block) const {
  const auto* scalar = std::get_if<modalities::ScalarBlock>(&block);
  const bool has_unit = scalar != nullptr && !scalar->unit.empty();
  return InUnit(block, "scalar", pure_numbers_ && has_unit ? kPureNumber : settings_.unit,
                settings_.modality.empty() ? kind() : fmt::format("{} of {}", kind(), settings_.modality));
}

void AionScalar::build() {
  const nn::Scope scope = nn::Scope(parameters_) / "_quantizer";
  const int64_t K = settings_.codebook_size;
  if (settings_.form == ScalarForm::grid) {
    table_ = scope.statistic("buckets", at::linspace(0, 1, K));
    return;
  }
  const double start = settings_.form == ScalarForm::log_table ? settings_.min_log_value : 0;
  table_ = scope.statistic("_index_to_val", at::full({K}, start));
  reservoir_ = scope.statistic("_reservoir", at::full({settings_.reservoir_size}, start));
}

at::Tensor AionScalar::squeezed(const at::Tensor& values) const {
  auto x = values.to(at::kFloat);
  if (settings_.form != ScalarForm::log_table) return x;
  const double least = std::exp(settings_.min_log_value);
  return at::log(x.masked_fill(x <= least, least));
}

std::shared_ptr<const TableSearch> AionScalar::search() const {
  const std::lock_guard lock(mutex_);
  if (search_ == nullptr || !searched_.current()) {
    const auto table = table_.unsqueeze(0);
    search_ = settings_.form == ScalarForm::log_table
                  ? std::make_shared<TableSearch>(table, [this](const at::Tensor& x) { return squeezed(x); })
                  : std::make_shared<TableSearch>(table);
    searched_ = {};
    searched_.watch(table_);
  }
  return search_;
}

at::Tensor AionScalar::ids(const at::Tensor& values) const {
  return (*search())(values.reshape({-1, 1})).view(values.sizes());
}

at::Tensor AionScalar::values(const at::Tensor& ids_in) const {
  const auto ids = ids_in.to(at::kLong);
  if (ids.numel() > 0 && (ids.min().item<int64_t>() < 0 || ids.max().item<int64_t>() >= table_.size(0)))
    base::user_error("{}: a token is outside of 0..{}.", kind(), table_.size(0) - 1);
  const auto out = table_.index_select(0, ids.reshape({-1})).view(ids.sizes());
  return settings_.form == ScalarForm::log_table ? at::exp(out) : out;
}

Tokens AionScalar::encode(const modalities::Block& block) const {
  at::NoGradGuard no_grad;
  const auto given = in_unit(block);
  const auto& b = scalar_of(*given, kind());
  Tokens out{at::empty({b.n, 1}, at::kLong), at::empty({b.n}, at::kBool)};
  search()->column(b.value.data(), b.present.data(), !settings_.reference_behaviour, b.n,
                   out.ids.mutable_data_ptr<int64_t>(), out.present.mutable_data_ptr<bool>());
  return out;
}

modalities::Block AionScalar::decode(const Tokens& tokens, const DecodeRequest&) const {
  at::NoGradGuard no_grad;
  check_tokens(tokens, 1, vocabulary(), kind());
  const auto value = values(tokens.ids.squeeze(1)).to(at::kDouble);
  modalities::ScalarBlock out;
  out.n = tokens.ids.size(0);
  out.unit = settings_.unit;
  copy_into(out.present, tokens.present);
  copy_into(out.value, at::where(tokens.present, at::nan_to_num(value), at::zeros({}, at::kDouble)));
  out.error.assign(size_t(out.n), 0.0);
  return out;
}

void AionScalar::fit_all(const Lesson& lesson) {
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> parts;
  int64_t objects = 0;
  for (const auto* block : lesson.blocks) {
    const auto given = in_unit(*block);
    const auto& b = scalar_of(*given, kind());
    if (!pure_numbers_) settings_.unit = b.unit;  // of the first, and the others in it
    const auto value = wrap(b.value, {b.n});
    const auto good = at::logical_and(wrap(b.present, {b.n}).to(at::kBool), at::isfinite(value));
    parts.push_back(squeezed(value.masked_select(good)));
    objects += b.n;
  }
  const auto kept = at::cat(parts);
  const bool grid = settings_.form == ScalarForm::grid;
  if (grid && settings_.low > settings_.high)
    base::user_error("{}: low = {} is above high = {}.", kind(), settings_.low, settings_.high);
  if (grid && settings_.low < settings_.high) {
    table_.copy_(at::linspace(settings_.low, settings_.high, table_.size(0)));
    return;
  }
  if (kept.numel() < 2 || (kept == kept[0]).all().item<bool>())
    base::user_error("{} needs at least two different values{}; the {} objects given have fewer.", kind(),
                     settings_.form == ScalarForm::log_table
                         ? fmt::format(" above {:.3g} (exp of min_log_value)", std::exp(settings_.min_log_value))
                         : "",
                     objects);
  if (grid) {
    table_.copy_(at::linspace(kept.min().item<double>(), kept.max().item<double>(), table_.size(0)));
    return;
  }
  const auto sample = quantile_table(kept, reservoir_.size(0));
  reservoir_.copy_(sample);
  table_.copy_(quantile_table(sample, table_.size(0)));  // as the package makes it from its reservoir
}

nn::Outcome AionScalar::loss(const modalities::Block& block) {
  at::NoGradGuard no_grad;
  const auto given = in_unit(block);
  const auto tokens = encode(*given);
  const auto& b = std::get<modalities::ScalarBlock>(*given);
  const auto value = at::nan_to_num(wrap(b.value, {b.n}), 0.0, 0.0, 0.0), ids = tokens.ids.squeeze(1);
  const auto decoded = values(ids).to(at::kDouble);
  const auto steps = table_steps(values(at::arange(table_.size(0), at::kLong)).to(at::kDouble));
  auto scale = steps.index_select(0, ids);
  if (b.has_error) {
    const auto error = wrap(b.error, {b.n});
    scale = at::where(error > 0, error, scale);
  }
  const auto weight = tokens.present.to(at::kDouble);
  const auto share = [&](const at::Tensor& which) {
    return nn::weighted_mean(which.to(at::kDouble), weight).to(at::kFloat);
  };
  const auto x = squeezed(value);
  nn::Outcome out;
  out.loss = nn::weighted_mean(((value - decoded) / scale).square().clamp_max(kMostLoss), weight).to(at::kFloat);
  out.figures = nn::codebook_use(ids.masked_select(tokens.present), vocabulary());
  out.figures["quantisation_sigma"] = out.loss.sqrt();
  out.figures["out_of_range"] = share(at::logical_or(x<table_[0], x> table_[-1]));
  if (settings_.form == ScalarForm::log_table)
    out.figures["below_floor"] = share(value <= std::exp(settings_.min_log_value));
  out.weight = weight.sum().item<double>();
  return out;
}

void AionScalar::save(const std::filesystem::path& folder) const {
  auto copy = settings_;
  auto published = config::Fields();
  copy.describe_published(published);
  const auto known = settings_.reference_behaviour ? std::nullopt : published_unit(settings_.modality);
  const bool is_said = says_unit_ || settings_.unit != known.value_or("");
  write_published(folder, published, {}, parameters_, {}, is_said ? Unit::written : Unit::left_out);
}

}  // namespace asterism::tokenizers::aion
