#include "data/layout.h"

#include <arrow/api.h>

#include <algorithm>

#include "base/error.h"
#include "data/column_words.h"
#include "data/mmu_layout.h"
#include "data/modality_fields.h"
#include "io/json.h"
#include "modalities/vector.h"

namespace asterism::data {
namespace {

using modalities::Batch;
using modalities::CatalogBlock;
using modalities::CubeBlock;
using modalities::ImageBlock;
using modalities::LightCurveBlock;
using modalities::MapBlock;
using modalities::SpectrumBlock;

std::vector<modalities::Band> parse_bands(const std::string& text, const std::string& where) {
  std::vector<modalities::Band> out;
  const nlohmann::json bands = io::parse_json(text, where);
  if (!bands.is_array()) base::data_error("{}: `asterism:bands` is no list", where);
  for (const auto& band : bands) {
    if (!band.is_object() || !band.contains("name") || !band["name"].is_string())
      base::data_error("{}: a band without a name in `asterism:bands`", where);
    const auto number = [&](const char* key) {
      return band.contains(key) && band[key].is_number() ? band[key].get<double>() : 0;
    };
    out.push_back({band["name"].get<std::string>(), number("wavelength_angstrom"), number("width_angstrom")});
  }
  return out;
}

std::vector<modalities::MapLayer> parse_layers(const std::string& text, const std::string& where) {
  std::vector<modalities::MapLayer> out;
  const nlohmann::json layers = io::parse_json(text, where);
  if (!layers.is_array()) base::data_error("{}: `asterism:layers` is no list", where);
  for (const auto& layer : layers)
    out.push_back({io::text_or(layer, "name", "", where), io::text_or(layer, "unit", "", where)});
  if (out.empty()) base::data_error("{}: maps without layers (`asterism:layers`)", where);
  return out;
}

std::vector<modalities::CatalogColumn> parse_columns(const std::string& text, const std::string& where) {
  std::vector<modalities::CatalogColumn> out;
  const nlohmann::json columns = io::parse_json(text, where);
  if (!columns.is_array()) base::data_error("{}: `asterism:columns` is no list", where);
  for (const auto& c : columns) out.push_back({io::text_or(c, "name", "", where), io::text_or(c, "unit", "", where)});
  return out;
}

// `image` for the only image of flux, likewise `spectrum`, `cube`, `maps`, `lightcurve` and `catalog`; else the
// modality's name.
std::string column_name(const Batch& batch, const std::string& modality) {
  const auto family = [](const modalities::Block& block) -> std::string {
    if (const auto* image = std::get_if<ImageBlock>(&block)) return image->unit == "display" ? "" : "image";
    if (std::holds_alternative<MapBlock>(block)) return "maps";
    if (std::holds_alternative<CubeBlock>(block)) return "cube";
    if (std::holds_alternative<LightCurveBlock>(block)) return "lightcurve";
    if (std::holds_alternative<CatalogBlock>(block)) return "catalog";
    return std::holds_alternative<SpectrumBlock>(block) ? "spectrum" : "";
  };
  const std::string mine = family(batch.blocks.at(modality));
  if (mine.empty() || batch.blocks.count(mine) != 0) return modality;
  const auto alike = std::count_if(batch.blocks.begin(), batch.blocks.end(),
                                   [&](const auto& entry) { return family(entry.second) == mine; });
  return alike == 1 ? mine : modality;
}

std::string word(const arrow::Field& f, const std::string& key) {
  if (!f.metadata()) return "";
  const int at = f.metadata()->FindKey(key);
  return at < 0 ? "" : f.metadata()->value(at);
}

ModalityColumn read_column(const arrow::Field& f, const std::string& name) {
  const std::string where = name + ", column " + f.name();
  ModalityColumn c;
  c.modality = word(f, "asterism:modality");
  c.kind = word(f, "asterism:kind");
  c.column = f.name();
  c.unit = word(f, "asterism:unit");
  const auto id = f.type()->id();
  const bool fits = c.kind == "scalar"   ? arrow::is_floating(id) || arrow::is_integer(id) || id == arrow::Type::BOOL
                    : c.kind == "vector" ? id == arrow::Type::FIXED_SIZE_LIST
                                         : id == arrow::Type::STRUCT;
  const std::vector<std::string> kinds = {"image",  "picture", "spectrum", "light_curve", "catalog",
                                          "scalar", "vector",  "map",      "cube"};
  if (std::find(kinds.begin(), kinds.end(), c.kind) == kinds.end() || !fits)
    base::data_error(
        "{}: of type {} but of kind '{}'; allowed are struct columns of kind image, picture, spectrum, light_curve, "
        "catalog, map and cube, numbers of kind scalar, and lists of fixed size of kind vector",
        where, f.type()->ToString().substr(0, 60), c.kind);
  if (c.kind == "vector") c.vocabulary = std::strtoll(word(f, "asterism:vocabulary").c_str(), nullptr, 10);
  if (c.vocabulary < 0 || c.vocabulary > modalities::kMostTokens)
    base::data_error("{}: a vocabulary of {} tokens; at most {} are allowed", where, c.vocabulary,
                     modalities::kMostTokens);
  if (c.kind == "map") {
    c.layers = parse_layers(word(f, "asterism:layers"), where);
    for (const auto& layer : c.layers) c.bands.push_back({layer.name, 0, 0});
    c.integer = word(f, "asterism:integer") == "yes";
  }
  if (c.kind == "light_curve") {
    if (const std::string bands = word(f, "asterism:bands"); !bands.empty()) c.bands = parse_bands(bands, where);
    c.time_system = word(f, "asterism:time_system");
  }
  if (c.kind == "catalog") c.lists = parse_columns(word(f, "asterism:columns"), where);
  if (c.kind == "image" || c.kind == "picture" || c.kind == "map" || c.kind == "cube") {
    if (const std::string bands = word(f, "asterism:bands"); !bands.empty()) c.bands = parse_bands(bands, where);
    long long height = 0, width = 0;
    if (std::sscanf(word(f, "asterism:size").c_str(), "%lld %lld", &height, &width) == 2 && height > 0 && width > 0 &&
        height < 65536 && width < 65536) {
      c.height = height;
      c.width = width;
    }
    c.pixel_scale_arcsec = std::strtod(word(f, "asterism:pixel_scale").c_str(), nullptr);
    if (!(c.pixel_scale_arcsec >= 0 && c.pixel_scale_arcsec < 1e6)) c.pixel_scale_arcsec = 0;
    c.has_ivar = word(f, "asterism:ivar") == "yes";
  }
  return c;
}

}  // namespace

std::shared_ptr<arrow::Schema> schema_for(const Batch& prototype, const DatasetInfo& info) {
  arrow::FieldVector out = {
      described_field("object_id", arrow::utf8(),
                      {{"ucd", "meta.id;meta.main"}, {"description", "name of the object, unique in its survey"}}),
      described_field("ra", arrow::float64(),
                      {{"unit", "deg"}, {"ucd", "pos.eq.ra;meta.main"}, {"description", "right ascension, ICRS"}}),
      described_field("dec", arrow::float64(),
                      {{"unit", "deg"}, {"ucd", "pos.eq.dec;meta.main"}, {"description", "declination, ICRS"}}),
      described_field("survey", arrow::utf8(),
                      {{"ucd", "meta.id;meta.dataset"}, {"description", "survey that named the object"}})};
  for (const auto& [modality, block] : prototype.blocks) {
    const std::string column = column_name(prototype, modality);
    std::visit([&, &name = modality](const auto& b) { add_fields(column, name, b, info, out); }, block);
  }
  for (size_t i = 0; i < out.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (out[i]->name() == out[j]->name())
        base::data_error("two modalities want the column '{}': rename one of them", out[i]->name());
    }
  }
  return arrow::schema(out);
}

bool is_ours(const arrow::Schema& schema) {
  return std::any_of(schema.fields().begin(), schema.fields().end(),
                     [](const auto& f) { return !word(*f, "asterism:modality").empty(); });
}

Layout layout_of(const arrow::Schema& schema, const std::string& name) {
  if (!is_ours(schema)) return mmu_layout(schema, name);
  Layout out;
  for (const auto& f : schema.fields()) {
    const std::string modality = word(*f, "asterism:modality"), role = word(*f, "asterism:role");
    if (modality.empty()) {
      if (f->name() == "object_id") out.id_column = f->name();
      if (f->name() == "ra") out.ra_column = f->name();
      if (f->name() == "dec") out.dec_column = f->name();
      if (f->name() == "survey") out.survey_column = f->name();
    } else if (role == "value") {
      if (out.find(modality) != nullptr) base::data_error("{}: two columns hold the modality '{}'", name, modality);
      out.modalities.push_back(read_column(*f, name));
    }
  }
  for (const auto& f : schema.fields()) {
    const std::string modality = word(*f, "asterism:modality"), role = word(*f, "asterism:role");
    if (modality.empty() || role == "value") continue;
    for (auto& c : out.modalities) {
      if (c.modality != modality) continue;
      c.extra_column = f->name();
      if (role == "error") c.error = ErrorKind::kSigma;
    }
  }
  return out;
}

const ModalityColumn* Layout::find(const std::string& modality) const {
  for (const auto& c : modalities) {
    if (c.modality == modality) return &c;
  }
  return nullptr;
}

std::vector<std::string> Layout::names() const {
  std::vector<std::string> out;
  for (const auto& c : modalities) out.push_back(c.modality);
  return out;
}

std::vector<std::string> Layout::columns_for(const std::vector<std::string>& wanted) const {
  std::vector<std::string> out;
  for (const auto& column : {id_column, ra_column, dec_column, survey_column}) {
    if (!column.empty()) out.push_back(column);
  }
  for (const auto& modality : wanted.empty() ? names() : wanted) {
    const ModalityColumn* c = find(modality);
    if (c == nullptr)
      base::user_error("there is no modality '{}'; the nearest is '{}'", modality, base::nearest(modality, names()));
    out.push_back(c->column);
    if (!c->extra_column.empty()) out.push_back(c->extra_column);
  }
  return out;
}

}  // namespace asterism::data
