#include "tokenizers/aion/catalog.h"

#include "base/error.h"
#include "nn/scope.h"
#include "tokenizers/aion/scalar_table.h"

namespace asterism::tokenizers::aion {

namespace {

const std::string kPrefix = "_quantizer.quantizers.";
constexpr size_t kPlaces = 2;  // the first fields are whole numbers and their own codes

}  // namespace

void CatalogSettings::describe(config::Fields& f) {
  f.add("mask_value", mask_value, "in the fields of an object that is not there").between(-1e15, 1e15);
  f.add("reference_behaviour", reference_behaviour, "with the published codec's defects, for comparisons bit by bit");
}

const std::vector<std::string>& AionCatalog::fields() {
  static const std::vector<std::string> names = {"X", "Y", "SHAPE_E1", "SHAPE_E2", "SHAPE_R"};
  return names;
}

AionCatalog::AionCatalog(const PublishedFolder& folder) {
  auto settings_fields = config::fields_of(settings_);
  read_config(settings_fields, folder.config_json, folder.source);
  const nn::Scope scope = nn::Scope(parameters_) / "_quantizer" / "quantizers";
  const auto shape_of = [&](const std::string& name) {
    const auto found = folder.weights.find(name);
    if (found == folder.weights.end()) base::data_error("{}: tensor '{}' is missing.", folder.weights_source, name);
    return found->second.sizes().vec();
  };
  std::map<std::string, at::Tensor> places;
  for (size_t i = 0; i < fields().size(); ++i) {
    const auto& field = fields()[i];
    if (i < kPlaces) {
      places[field] = (scope / field).buffer("_codebook_size", at::zeros({}, at::kLong));
      continue;
    }
    for (const std::string part : {"_index_to_val", "_reservoir"}) {
      const auto table = (scope / field).buffer(part, at::zeros(shape_of(kPrefix + field + "." + part)));
      if (table.dim() != 1 || table.size(0) < 2)
        base::data_error("{}: tensor '{}' is no table of at least two values.", folder.weights_source,
                         kPrefix + field + "." + part);
      if (part == "_index_to_val") tables_[field] = table;
    }
  }
  load_weights(parameters_, folder);
  int64_t offset = 0;
  for (size_t i = 0; i < fields().size(); ++i) {
    const auto& field = fields()[i];
    sizes_.push_back(i < kPlaces ? places[field].item<int64_t>() : tables_[field].size(0));
    if (sizes_.back() < 1 || sizes_.back() > (int64_t(1) << 24))
      base::data_error("{}: '{}' has {} codes.", folder.weights_source, field, sizes_.back());
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
    const auto& column = columns.at(fields()[i]);
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

void AionCatalog::save(const std::filesystem::path& folder) const {
  auto copy = settings_;
  write_published(folder, config::fields_of(copy), {}, parameters_);
}

}  // namespace asterism::tokenizers::aion
