#include "tokenizers/aion/scalar.h"

#include <cmath>

#include "base/error.h"
#include "nn/losses.h"
#include "nn/scope.h"
#include "tokenizers/aion/scalar_table.h"
#include "tokenizers/block_tensors.h"
#include "tokenizers/in_unit.h"

namespace asterism::tokenizers::aion {

void ScalarSettings::describe(config::Fields& f) {
  f.add("modality", modality, "the package's name of the quantity");
  f.add("codebook_size", codebook_size, "codes").between(2, 1 << 24);
  if (form != ScalarForm::grid)
    f.add("reservoir_size", reservoir_size, "values of the sample that the table is made from").between(1, 1 << 28);
  if (form == ScalarForm::log_table)
    f.add("min_log_value", min_log_value, "natural logarithm of the smallest value").between(-80, 80);
  f.add("unit", unit, "of the values; empty: any, until fitted to data");
  f.add("reference_behaviour", reference_behaviour, "with the published codec's defects, for comparisons bit by bit");
}

namespace {

const char* const kKinds[] = {"aion_scalar", "aion_log_scalar", "aion_grid_scalar"};

ScalarForm form_of(const std::string& kind) {
  for (const auto form : {ScalarForm::table, ScalarForm::log_table, ScalarForm::grid})
    if (kind == kKinds[size_t(form)]) return form;
  ASTERISM_CHECK(false, "'{}' is no kind of scalar", kind);
  return ScalarForm::table;
}

}  // namespace

std::string AionScalar::kind() const { return kKinds[size_t(settings_.form)]; }

AionScalar::AionScalar(ScalarSettings settings) : settings_(std::move(settings)) { build(); }

AionScalar::AionScalar(const PublishedFolder& folder_in) {
  settings_.form = form_of(folder_in.kind);
  auto fields = config::fields_of(settings_);
  read_config(fields, folder_in.config_json, folder_in.source);
  build();
  auto folder = folder_in;
  if (settings_.form != ScalarForm::grid && !folder.weights.contains("_quantizer._reservoir") &&
      folder.weights.contains("_quantizer._index_to_val"))  // the table alone does the work
    folder.weights["_quantizer._reservoir"] =
        quantile_table(folder.weights["_quantizer._index_to_val"].reshape({-1}), settings_.reservoir_size);
  load_weights(parameters_, folder);
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
  const InUnit given(block, "scalar", settings_.unit, kind());
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

void AionScalar::fit(const modalities::Block& block) {
  at::NoGradGuard no_grad;
  const InUnit given(block, "scalar", settings_.unit, kind());
  const auto& b = scalar_of(*given, kind());
  const auto value = wrap(b.value, {b.n});
  const auto good = at::logical_and(wrap(b.present, {b.n}).to(at::kBool), at::isfinite(value));
  const auto kept = squeezed(value.masked_select(good));
  if (kept.numel() < 2 || (kept == kept[0]).all().item<bool>())
    base::user_error("{} needs at least two different values; the {} objects given have fewer.", kind(), b.n);
  settings_.unit = b.unit;
  if (settings_.form == ScalarForm::grid) {
    table_.copy_(at::linspace(kept.min().item<double>(), kept.max().item<double>(), table_.size(0)));
    return;
  }
  reservoir_.copy_(quantile_table(kept, reservoir_.size(0)));
  table_.copy_(quantile_table(kept, table_.size(0)));
}

nn::Outcome AionScalar::loss(const modalities::Block& block) {
  at::NoGradGuard no_grad;
  const InUnit given(block, "scalar", settings_.unit, kind());
  const auto tokens = encode(*given);
  const auto& b = std::get<modalities::ScalarBlock>(*given);
  const auto value = at::nan_to_num(wrap(b.value, {b.n})), ids = tokens.ids.squeeze(1);
  const auto decoded = values(ids).to(at::kDouble);
  auto scale = (decoded - values((ids - 1).clamp_min(0)).to(at::kDouble)).abs().clamp_min(1e-12);
  if (b.has_error) {
    const auto error = wrap(b.error, {b.n});
    scale = at::where(error > 0, error, scale);
  }
  const auto weight = tokens.present.to(at::kDouble);
  nn::Outcome out;
  out.loss = nn::weighted_mean(((value - decoded) / scale).square(), weight).to(at::kFloat);
  out.figures["quantisation_sigma"] = out.loss.sqrt();
  out.weight = weight.sum().item<double>();
  return out;
}

void AionScalar::save(const std::filesystem::path& folder) const {
  auto copy = settings_;
  write_published(folder, config::fields_of(copy), {}, parameters_);
}

}  // namespace asterism::tokenizers::aion
