#include "tokenizers/aion/multi_scalar.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "nn/losses.h"
#include "nn/quantise.h"
#include "nn/scope.h"
#include "tokenizers/aion/scalar_table.h"
#include "tokenizers/aion/table_search.h"
#include "tokenizers/block_tensors.h"

namespace asterism::tokenizers::aion {

void MultiScalarSettings::describe(config::Fields& f) {
  f.add("published_as", modality, kPublishedAsHelp);
  describe_tables(f);
}

void MultiScalarSettings::describe_published(config::Fields& f) {
  f.add("modality", modality, "the package's name of the quantity");
  describe_tables(f);
}

void MultiScalarSettings::describe_tables(config::Fields& f) {
  f.add("compression_fns", compression_fns, "functions that squeeze the range, in order");
  f.add("decompression_fns", decompression_fns, "their inverses, in the same order");
  f.add("codebook_size", codebook_size, "codes of each number").between(2, 1 << 24);
  f.add("reservoir_size", reservoir_size, "values of the sample that each table is made from").between(1, 1 << 28);
  f.add("num_quantizers", num_quantizers, "numbers in a vector").between(1, 65536);
  f.add("reference_behaviour", reference_behaviour, "with the published codec's defects, for comparisons bit by bit");
}

namespace {

const modalities::VectorBlock& vector_of(const modalities::Block& block, int64_t width) {
  const auto* b = std::get_if<modalities::VectorBlock>(&block);
  if (b == nullptr) base::user_error("aion_multi_scalar reads vector blocks, not {}.", modalities::kind(block));
  if (b->vocabulary != 0) base::user_error("aion_multi_scalar reads numbers, and these are tokens.");
  if (b->width != width) base::user_error("aion_multi_scalar reads {} numbers of an object, not {}.", width, b->width);
  if (int64_t(b->present.size()) != b->n || int64_t(b->value.size()) != b->n * b->width)
    base::user_error("aion_multi_scalar: {} present flags and {} values for {} vectors of {}.", b->present.size(),
                     b->value.size(), b->n, b->width);
  return *b;
}

}  // namespace

AionMultiScalar::AionMultiScalar(MultiScalarSettings settings) : settings_(std::move(settings)) { build(); }

AionMultiScalar::AionMultiScalar(const PublishedFolder& folder_in) {
  auto fields = config::Fields();
  settings_.describe_published(fields);
  read_config(fields, folder_in.config_json, folder_in.source);
  build();
  auto folder = folder_in;
  for (int64_t i = 0; i < settings_.num_quantizers; ++i) {
    const std::string place = fmt::format("_quantizer.quantizers.{}.", i);
    if (!folder.weights.contains(place + "_reservoir") && folder.weights.contains(place + "_index_to_val"))
      folder.weights[place + "_reservoir"] =
          quantile_table(folder.weights[place + "_index_to_val"].reshape({-1}), settings_.reservoir_size);
  }
  load_weights(parameters_, folder);
}

void AionMultiScalar::build() {
  check_functions(settings_.compression_fns);
  check_functions(settings_.decompression_fns);
  if (settings_.compression_fns.size() != settings_.decompression_fns.size())
    base::user_error("aion_multi_scalar: {} compression_fns and {} decompression_fns.",
                     settings_.compression_fns.size(), settings_.decompression_fns.size());
  const nn::Scope scope = nn::Scope(parameters_) / "_quantizer" / "quantizers";
  for (int64_t i = 0; i < settings_.num_quantizers; ++i) {
    tables_.push_back((scope / i).statistic("_index_to_val", at::zeros({settings_.codebook_size})));
    reservoirs_.push_back((scope / i).statistic("_reservoir", at::zeros({settings_.reservoir_size})));
  }
}

at::Tensor AionMultiScalar::squeezed(const at::Tensor& values) const {
  return apply_functions(settings_.compression_fns, values.to(at::kFloat));
}

std::shared_ptr<const TableSearch> AionMultiScalar::search() const {
  const std::lock_guard lock(mutex_);
  if (search_ == nullptr || !searched_.current()) {
    search_ = std::make_shared<TableSearch>(at::stack(tables_), [this](const at::Tensor& x) { return squeezed(x); });
    searched_ = {};
    for (const auto& table : tables_) searched_.watch(table);
  }
  return search_;
}

at::Tensor AionMultiScalar::ids(const at::Tensor& values) const {
  if (values.dim() != 2 || values.size(1) != num_tokens())
    base::user_error("aion_multi_scalar reads {} numbers of an object.", num_tokens());
  const auto& f = settings_.compression_fns;
  const bool rises =
      std::all_of(f.begin(), f.end(), [](const auto& name) { return name == "arcsinh" || name == "asinh"; });
  if (rises) return (*search())(values);
  return TableSearch(at::stack(tables_))(squeezed(values));
}

at::Tensor AionMultiScalar::values(const at::Tensor& ids_in) const {
  if (ids_in.dim() != 2 || ids_in.size(1) != num_tokens())
    base::user_error("aion_multi_scalar decodes {} tokens of an object.", num_tokens());
  const auto ids = ids_in.to(at::kLong);
  if (ids.numel() > 0 && (ids.min().item<int64_t>() < 0 || ids.max().item<int64_t>() >= vocabulary()))
    base::user_error("aion_multi_scalar: a token is outside of 0..{}.", vocabulary() - 1);
  const auto found = at::gather(at::stack(tables_), 1, ids.t().contiguous()).t().contiguous();
  const std::vector<std::string> last_first(settings_.decompression_fns.rbegin(), settings_.decompression_fns.rend());
  return apply_functions(last_first, found);
}

Tokens AionMultiScalar::encode(const modalities::Block& block) const {
  at::NoGradGuard no_grad;
  const auto& b = vector_of(block, num_tokens());
  const auto value = wrap(b.value, {b.n, b.width});
  auto present = wrap(b.present, {b.n}).to(at::kBool);
  // a sum of floats in double is finite where all of them are
  if (!settings_.reference_behaviour)
    present = at::logical_and(present, at::isfinite(value.sum(1, false, at::kDouble)));
  auto codes = ids(value);
  if (!present.all().item<bool>()) codes.masked_fill_(at::logical_not(present).unsqueeze(1), 0);
  return {codes, present.clone()};
}

modalities::Block AionMultiScalar::decode(const Tokens& tokens, const DecodeRequest&) const {
  at::NoGradGuard no_grad;
  check_tokens(tokens, num_tokens(), vocabulary(), kind());
  modalities::VectorBlock out;
  out.n = tokens.ids.size(0);
  out.width = num_tokens();
  copy_into(out.present, tokens.present);
  copy_into(out.value, at::where(tokens.present.unsqueeze(1), at::nan_to_num(values(tokens.ids)), at::zeros({})));
  return out;
}

void AionMultiScalar::fit_all(const Lesson& lesson) {
  at::NoGradGuard no_grad;
  std::vector<at::Tensor> parts;
  for (const auto* block : lesson.blocks) {
    const auto& b = vector_of(*block, num_tokens());
    const auto value = squeezed(wrap(b.value, {b.n, b.width}));
    const auto good = at::logical_and(wrap(b.present, {b.n}).to(at::kBool), at::isfinite(value).all(1));
    parts.push_back(value.index_select(0, at::nonzero(good).squeeze(1)));
  }
  const auto kept = at::cat(parts);
  if (kept.size(0) < 2) base::user_error("aion_multi_scalar needs at least two vectors of finite numbers.");
  for (int64_t i = 0; i < num_tokens(); ++i) {
    const auto sample = quantile_table(kept.select(1, i), settings_.reservoir_size);
    reservoirs_[size_t(i)].copy_(sample);
    tables_[size_t(i)].copy_(quantile_table(sample, settings_.codebook_size));  // as the package makes them
  }
}

nn::Outcome AionMultiScalar::learn(const Lesson& lesson) {
  if (lesson.errors.empty()) return Tokenizer::learn(lesson);
  ASTERISM_CHECK(lesson.blocks.size() == 1 && lesson.errors.size() == 1, "errors of {} blocks", lesson.blocks.size());
  return judge(*lesson.blocks[0], lesson.errors[0]);
}

nn::Outcome AionMultiScalar::judge(const modalities::Block& block, const modalities::Block* errors) const {
  at::NoGradGuard no_grad;
  const auto tokens = encode(block);
  const auto& b = std::get<modalities::VectorBlock>(block);
  const auto value = at::nan_to_num(wrap(b.value, {b.n, b.width}), 0.0, 0.0, 0.0);
  const auto x = squeezed(value), decoded = values(tokens.ids);
  const auto difference = at::nan_to_num(x - squeezed(decoded));
  std::vector<at::Tensor> steps;
  steps.reserve(tables_.size());
  for (const auto& table : tables_) steps.push_back(table_steps(table));
  auto ratio = difference / at::gather(at::stack(steps), 1, tokens.ids.t().contiguous()).t();
  if (errors != nullptr) {
    const auto& e = vector_of(*errors, num_tokens());
    if (e.n != b.n) base::user_error("aion_multi_scalar: errors of {} objects for vectors of {}.", e.n, b.n);
    const auto error = wrap(e.value, {e.n, e.width});
    const auto known = at::logical_and(at::logical_and(error > 0, at::isfinite(error)),
                                       wrap(e.present, {e.n}).to(at::kBool).unsqueeze(1));
    ratio = at::where(known, at::nan_to_num(value - decoded) / error, ratio);
  }
  const auto weight = tokens.present.to(at::kFloat);
  const auto mean = [&](const at::Tensor& each_nC) { return nn::weighted_mean(each_nC.mean(1), weight); };
  const auto tables = at::stack(tables_);
  const auto beyond = at::logical_or(x<tables.select(1, 0), x> tables.select(1, -1));
  nn::Outcome out;
  out.loss = mean(difference.square());
  const auto of_all =
      tokens.ids + at::arange(num_tokens(), at::kLong) * vocabulary();  // each table has codes of its own
  out.figures =
      nn::codebook_use(of_all.index_select(0, at::nonzero(tokens.present).squeeze(1)), vocabulary() * num_tokens());
  out.figures["perplexity"] = out.figures["perplexity"] / double(num_tokens());  // the tables' geometric mean
  out.figures["quantisation_sigma"] = mean(ratio.square()).sqrt();
  out.figures["out_of_range"] = mean(beyond.to(at::kFloat));
  out.weight = weight.sum().item<double>();
  return out;
}

void AionMultiScalar::save(const std::filesystem::path& folder) const {
  auto copy = settings_;
  auto published = config::Fields();
  copy.describe_published(published);
  write_published(folder, published, {}, parameters_);
}

}  // namespace asterism::tokenizers::aion
