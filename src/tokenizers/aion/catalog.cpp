#include "tokenizers/aion/catalog.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "modalities/catalog.h"
#include "nn/scope.h"
#include "tokenizers/aion/scalar_table.h"
#include "tokenizers/block_tensors.h"

namespace asterism::tokenizers::aion {

namespace {

const std::string kPrefix = "_quantizer.quantizers.";
constexpr size_t kPlaces = 2;  // the first fields are whole numbers and their own codes
const std::vector<modalities::CatalogColumn> kColumns = {
    {"X", "pixel"}, {"Y", "pixel"}, {"SHAPE_E1", ""}, {"SHAPE_E2", ""}, {"SHAPE_R", "arcsec"}};

// Where each of the five columns stands in the block. UserError: another kind of block, sizes that do not fit, a column
// that is missing or in another unit.
std::vector<size_t> places_in(const modalities::CatalogBlock& b) {
  const size_t values = size_t(b.n * b.length) * b.columns.size();
  if (int64_t(b.present.size()) != b.n || int64_t(b.count.size()) != b.n || b.value.size() != values ||
      b.mask.size() != values)
    base::user_error(
        "aion_catalog: {} present flags, {} counts, {} values and {} masks for {} lists of {} sources in {} columns.",
        b.present.size(), b.count.size(), b.value.size(), b.mask.size(), b.n, b.length, b.columns.size());
  std::vector<std::string> names;
  for (const auto& column : b.columns) names.push_back(column.name);
  std::vector<size_t> out;
  for (const auto& wanted : kColumns) {
    const size_t at = size_t(std::find(names.begin(), names.end(), wanted.name) - names.begin());
    if (at == names.size())
      base::user_error("aion_catalog reads the column '{}'; this catalogue has {}.", wanted.name,
                       base::quoted_list(names));
    if (const auto& unit = b.columns[at].unit; !unit.empty() && unit != wanted.unit)
      base::user_error("aion_catalog: the column '{}' is in '{}', not in '{}'.", wanted.name, unit, wanted.unit);
    out.push_back(at);
  }
  return out;
}

const modalities::CatalogBlock& catalog_of(const modalities::Block& block) {
  const auto* b = std::get_if<modalities::CatalogBlock>(&block);
  if (b == nullptr) base::user_error("aion_catalog reads blocks of kind 'catalog', not '{}'.", modalities::kind(block));
  return *b;
}

// The package leaves out of each field what is masked in that field, and lays what is left where the last field has
// objects: so too where a value of another field happens to be the mask's.
at::Tensor moved_to(const at::Tensor& here, const at::Tensor& column, double mask_value, const std::string& field) {
  const auto own = column != mask_value;
  if (at::equal(own, here)) return column;
  const auto left = column.masked_select(own);
  if (left.size(0) != here.sum().item<int64_t>())
    base::user_error("aion_catalog: {} values in '{}' and {} in '{}'; the published codec wants as many.", left.size(0),
                     field, here.sum().item<int64_t>(), kColumns.back().name);
  return column.masked_scatter(here, left);
}

}  // namespace

void CatalogSettings::describe_published(config::Fields& f) {
  f.add("mask_value", mask_value, "in the fields of an object that is not there").between(-1e15, 1e15);
  f.add("reference_behaviour", reference_behaviour, "with the published codec's defects, for comparisons bit by bit");
}

void CatalogSettings::describe(config::Fields& f) {
  describe_published(f);
  f.add("places", places, "codes of X and of Y: pixels across the cutout").between(1, 65536);
  f.add("codebook_size", codebook_size, "codes of each shape").between(2, 65536);
  f.add("reservoir_size", reservoir_size, "values of each shape that are kept").between(2, 1e9);
}

const std::vector<std::string>& AionCatalog::fields() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> out;
    out.reserve(std::size(kColumns));
    for (const auto& column : kColumns) out.push_back(column.name);
    return out;
  }();
  return names;
}

AionCatalog::AionCatalog(CatalogSettings settings) : settings_(settings) {
  const nn::Scope scope = nn::Scope(parameters_) / "_quantizer" / "quantizers";
  for (size_t i = 0; i < fields().size(); ++i) {
    const auto& field = fields()[i];
    if (i < kPlaces) {
      places_[field] = (scope / field).statistic("_codebook_size", at::scalar_tensor(settings_.places, at::kLong));
      continue;
    }
    tables_[field] = (scope / field).statistic("_index_to_val", at::linspace(0, 1, settings_.codebook_size));
    reservoirs_[field] = (scope / field).statistic("_reservoir", at::zeros({settings_.reservoir_size}));
  }
  count_codes("aion_catalog");
}

AionCatalog::AionCatalog(const PublishedFolder& folder) {
  auto settings_fields = config::Fields();
  settings_.describe_published(settings_fields);
  read_config(settings_fields, folder.config_json, folder.source);
  const nn::Scope scope = nn::Scope(parameters_) / "_quantizer" / "quantizers";
  const auto shape_of = [&](const std::string& name) {
    const auto found = folder.weights.find(name);
    if (found == folder.weights.end()) base::data_error("{}: tensor '{}' is missing.", folder.weights_source, name);
    return found->second.sizes().vec();
  };
  for (size_t i = 0; i < fields().size(); ++i) {
    const auto& field = fields()[i];
    if (i < kPlaces) {
      places_[field] = (scope / field).statistic("_codebook_size", at::zeros({}, at::kLong));
      continue;
    }
    for (const std::string part : {"_index_to_val", "_reservoir"}) {
      const auto table = (scope / field).statistic(part, at::zeros(shape_of(kPrefix + field + "." + part)));
      if (table.dim() != 1 || table.size(0) < 2)
        base::data_error("{}: tensor '{}' is no table of at least two values.", folder.weights_source,
                         kPrefix + field + "." + part);
      (part == "_index_to_val" ? tables_ : reservoirs_)[field] = table;
    }
  }
  load_weights(parameters_, folder);
  count_codes(folder.weights_source);
}

void AionCatalog::count_codes(const std::string& source) {
  int64_t offset = 0;
  for (size_t i = 0; i < fields().size(); ++i) {
    const auto& field = fields()[i];
    sizes_.push_back(i < kPlaces ? places_[field].item<int64_t>() : tables_[field].size(0));
    if (sizes_.back() < 1 || sizes_.back() > (int64_t(1) << 24))
      base::data_error("{}: '{}' has {} codes.", source, field, sizes_.back());
    offsets_.push_back(offset);
    offset += sizes_.back();
  }
}

int64_t AionCatalog::vocabulary() const {
  return offsets_.back() + sizes_.back() + (settings_.reference_behaviour ? 0 : kCatalogOffset);
}

at::Tensor AionCatalog::ids(const Columns& columns) const {
  const bool reference = settings_.reference_behaviour;
  at::Tensor here;
  for (const auto& field : fields()) {
    const auto found = columns.find(field);
    if (found == columns.end()) base::user_error("aion_catalog: the field '{}' is missing.", field);
    const auto& column = found->second;
    if (column.dim() != 2 || column.sizes() != columns.begin()->second.sizes())
      base::user_error("aion_catalog: the fields are of different shapes.");
    auto good = column != settings_.mask_value;
    if (!reference && column.is_floating_point()) good = at::logical_and(good, at::isfinite(column));
    here = !here.defined() || reference ? good : at::logical_and(here, good);
  }
  std::vector<at::Tensor> codes;
  for (size_t i = 0; i < fields().size(); ++i) {
    const auto column = reference ? moved_to(here, columns.at(fields()[i]), settings_.mask_value, fields()[i])
                                  : columns.at(fields()[i]);
    at::Tensor code = i < kPlaces ? column.to(at::kLong) : table_codes(column, tables_.at(fields()[i]));
    if (i < kPlaces && !reference) {
      const auto outside = at::logical_and(here, at::logical_or(code < 0, code >= sizes_[i]));
      if (outside.any().item<bool>())
        base::user_error("aion_catalog: {} = {} is outside of 0..{}.", fields()[i],
                         code.masked_select(outside)[0].item<int64_t>(), sizes_[i] - 1);
    }
    codes.push_back(code + offsets_[i] + (reference ? 0 : kCatalogOffset));
  }
  const int64_t missing = reference ? settings_.mask_value : 0;
  const auto all = at::where(here.unsqueeze(-1), at::stack(codes, -1), at::scalar_tensor(missing, at::kLong));
  return all.flatten(1);
}

AionCatalog::Columns AionCatalog::values(const at::Tensor& ids) const {
  if (ids.dim() != 2) base::user_error("aion_catalog decodes tokens of shape B x 5 L.");
  const bool reference = settings_.reference_behaviour;
  const int64_t F = int64_t(fields().size()), L = ids.size(1) / F;
  const auto codes = ids.to(at::kLong).narrow(1, 0, L * F).reshape({ids.size(0), L, F});
  const auto missing = (codes < kCatalogOffset).any(-1);
  Columns out;
  for (int64_t i = 0; i < F; ++i) {
    const auto& field = fields()[size_t(i)];
    const auto code = codes.select(-1, i) - offsets_[size_t(i)] - (reference ? 0 : kCatalogOffset);
    const auto inside = code.clamp(0, sizes_[size_t(i)] - 1);
    auto value = inside;
    if (size_t(i) >= kPlaces) value = tables_.at(field).index_select(0, inside.reshape({-1})).view(inside.sizes());
    value = value.masked_fill(inside != code, -1);
    out[field] = reference ? value : value.masked_fill(missing, settings_.mask_value);
  }
  return out;
}

AionCatalog::Columns AionCatalog::columns_of(const modalities::CatalogBlock& b) const {
  const auto places = places_in(b);
  const int64_t C = int64_t(b.columns.size());
  Columns out;
  std::vector<at::Tensor> filled;
  for (const auto& field : fields()) {
    filled.push_back(at::full({b.n, kCatalogObjects}, double(settings_.mask_value), at::kFloat));
    out[field] = filled.back();
  }
  const double middle_x = double(sizes_[0] - 1) / 2, middle_y = double(sizes_[1] - 1) / 2;
  for (int64_t row = 0; row < b.n; ++row) {
    if (b.present[size_t(row)] == 0) continue;
    const auto at = [&](size_t field, int64_t source) {
      return size_t((row * C + int64_t(places[field])) * b.length + source);
    };
    std::vector<std::pair<double, int64_t>> found;  // distance from the middle, source
    for (int64_t source = 0; source < std::min<int64_t>(b.count[size_t(row)], b.length); ++source) {
      bool whole = true;
      for (size_t field = 0; field < places.size(); ++field)
        whole = whole && b.mask[at(field, source)] == 0 && std::isfinite(b.value[at(field, source)]);
      const double x = std::round(b.value[at(0, source)]), y = std::round(b.value[at(1, source)]);
      if (whole && x >= 0 && y >= 0 && x < double(sizes_[0]) && y < double(sizes_[1]))
        found.emplace_back(std::hypot(x - middle_x, y - middle_y), source);
    }
    std::sort(found.begin(), found.end());
    for (size_t i = 0; i < std::min(found.size(), size_t(kCatalogObjects)); ++i) {
      for (size_t field = 0; field < places.size(); ++field) {
        const float value = b.value[at(field, found[i].second)];
        filled[field].mutable_data_ptr<float>()[row * kCatalogObjects + int64_t(i)] =
            field < kPlaces ? std::round(value) : value;
      }
    }
  }
  return out;
}

Tokens AionCatalog::encode(const modalities::Block& block) const {
  at::NoGradGuard no_grad;
  const auto columns = columns_of(catalog_of(block));
  const auto all = ids(columns);
  const auto present = (columns.at("SHAPE_R") != settings_.mask_value).any(1);
  return {at::where(present.unsqueeze(1), all, at::zeros({}, at::kLong)), present};
}

modalities::Block AionCatalog::decode(const Tokens& tokens, const DecodeRequest&) const {
  at::NoGradGuard no_grad;
  check_tokens(tokens, num_tokens(), vocabulary(), kind());
  const auto columns = values(tokens.ids);
  const int64_t n = tokens.ids.size(0), F = int64_t(fields().size()), L = kCatalogObjects;
  std::vector<at::Tensor> parts;
  for (const auto& field : fields()) parts.push_back(columns.at(field).to(at::kFloat));
  const auto value = at::stack(parts, 1).contiguous();                                      // [n, F, L]
  auto here = at::logical_and(at::isfinite(value), value != double(settings_.mask_value));  // [n, F, L]
  for (int64_t i = 0; i < F; ++i) {  // a code of another field decodes to -1, which shapes may be too: ask the code
    const auto code = tokens.ids.view({n, L, F}).select(2, i) - offsets_[size_t(i)] -
                      (settings_.reference_behaviour ? 0 : kCatalogOffset);
    here.select(1, i).logical_and_(at::logical_and(code >= 0, code < sizes_[size_t(i)]));
  }
  here.logical_and_(tokens.present.view({n, 1, 1}));
  auto out = modalities::make_catalogs(n, L, kColumns);
  copy_into(out.value, at::where(here, value, at::zeros({})));
  copy_into(out.mask, here.logical_not());
  const auto any = here.any(1).contiguous();  // [n, L]
  const bool* flag = any.const_data_ptr<bool>();
  for (int64_t row = 0; row < n; ++row) {
    for (int64_t i = 0; i < L; ++i)
      if (flag[row * L + i]) out.count[size_t(row)] = int32_t(i + 1);
    out.present[size_t(row)] = tokens.present[row].item<bool>();
  }
  return out;
}

void AionCatalog::fit_all(const Lesson& lesson) {
  at::NoGradGuard no_grad;
  std::map<std::string, std::vector<at::Tensor>> kept;
  for (const auto* block : lesson.blocks) {
    const auto columns = columns_of(catalog_of(*block));
    const auto good = columns.at("SHAPE_R") != settings_.mask_value;
    for (const auto& [field, table] : tables_) kept[field].push_back(columns.at(field).masked_select(good));
  }
  for (auto& [field, table] : tables_) {
    const auto values = at::cat(kept.at(field));
    if (values.size(0) < 2) base::user_error("aion_catalog needs at least two sources with all five numbers.");
    table.copy_(quantile_table(values, table.size(0)));
    reservoirs_.at(field).copy_(quantile_table(values, reservoirs_.at(field).size(0)));
  }
}

nn::Outcome AionCatalog::loss(const modalities::Block& block) {
  at::NoGradGuard no_grad;
  const auto columns = columns_of(catalog_of(block));
  const auto good = columns.at("SHAPE_R") != settings_.mask_value;
  at::Tensor sum = at::zeros({});
  for (const auto& [field, table] : tables_) {
    const auto given = columns.at(field).masked_select(good);
    sum = sum + (given - table.index_select(0, table_codes(given, table))).square().sum();
  }
  nn::Outcome out;
  out.loss = sum / (good.sum().clamp_min(1) * int64_t(tables_.size()));
  out.weight = double(good.any(1).sum().item<int64_t>());
  return out;
}

void AionCatalog::save(const std::filesystem::path& folder) const {
  auto copy = settings_;
  auto published = config::Fields();
  copy.describe_published(published);
  write_published(folder, published, {}, parameters_);
}

}  // namespace asterism::tokenizers::aion
