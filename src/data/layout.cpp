#include "data/layout.h"

#include <arrow/api.h>

#include <algorithm>

#include "base/error.h"
#include "data/column_words.h"
#include "data/mmu_layout.h"
#include "io/json.h"
#include "modalities/vector.h"

namespace asterism::data {
namespace {

using modalities::Batch;
using modalities::ImageBlock;
using modalities::ScalarBlock;
using modalities::SpectrumBlock;
using modalities::VectorBlock;

std::shared_ptr<arrow::DataType> list_of(const std::shared_ptr<arrow::DataType>& type) {
  return arrow::list(arrow::field("element", type));
}

std::string bands_text(const std::vector<modalities::Band>& bands) {
  nlohmann::json out = nlohmann::json::array();
  for (const auto& band : bands)
    out.push_back({{"name", band.name},
                   {"wavelength_angstrom", band.wavelength_angstrom},
                   {"width_angstrom", band.width_angstrom}});
  return io::dump_json(out, -1);
}

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

Words modality_words(const std::string& modality, const std::string& kind, const std::string& unit,
                     const DatasetInfo& info) {
  const ColumnNote note = column_note(modality, info);
  return {{"unit", vo_unit(unit)},         {"ucd", note.ucd},       {"description", note.description},
          {"asterism:modality", modality}, {"asterism:kind", kind}, {"asterism:role", "value"},
          {"asterism:unit", unit}};
}

std::string inverse_square(const std::string& unit) { return unit.empty() ? "" : "(" + unit + ")**-2"; }

void add_image(const std::string& column, const std::string& modality, const ImageBlock& block, const DatasetInfo& info,
               arrow::FieldVector& out) {
  const bool picture = block.unit == "display";
  Words words = modality_words(modality, picture ? "picture" : "image", block.unit, info);
  words.emplace_back("asterism:bands", bands_text(block.bands));
  words.emplace_back("asterism:size", fmt::format("{} {}", block.height, block.width));
  words.emplace_back("asterism:pixel_scale", fmt::format("{}", block.pixel_scale_arcsec));
  words.emplace_back("asterism:ivar", block.has_ivar ? "yes" : "no");
  const std::string unit = vo_unit(block.unit);
  if (picture) {
    if (block.bands.size() != 3)
      base::data_error("{}: a picture has 3 colours, this one has {}", modality, block.bands.size());
    const auto file = arrow::struct_({arrow::field("bytes", arrow::binary()), arrow::field("path", arrow::utf8())});
    out.push_back(field_of(column, file, words));
    out.push_back(field_of(column + "_mask", file,
                           {{"description", "PNG, white where the picture must not be used; absent: nowhere"},
                            {"asterism:modality", modality},
                            {"asterism:role", "mask"}}));
    return;
  }
  const auto image = [&](const std::shared_ptr<arrow::DataType>& type) { return list_of(list_of(list_of(type))); };
  out.push_back(field_of(
      column,
      arrow::struct_(
          {field_of("band", list_of(arrow::utf8()), {{"ucd", "meta.id;instr.bandpass"}, {"description", "filter"}}),
           field_of("flux", image(arrow::float32()),
                    {{"unit", unit}, {"ucd", "phot.flux"}, {"description", "per pixel"}}),
           field_of("ivar", image(arrow::float32()),
                    {{"unit", inverse_square(unit)},
                     {"ucd", "stat.weight"},
                     {"description", "inverse variance; 0 where masked"}}),
           field_of("mask", image(arrow::boolean()), {{"ucd", "meta.code"}, {"description", "true: do not use"}}),
           field_of("psf_fwhm", list_of(arrow::float32()), {{"unit", "arcsec"}, {"ucd", "instr.det.psf"}}),
           field_of("scale", list_of(arrow::float32()), {{"unit", "arcsec/pixel"}, {"ucd", "instr.pixel"}})}),
      words));
}

void add_spectrum(const std::string& column, const std::string& modality, const SpectrumBlock& block,
                  const DatasetInfo& info, arrow::FieldVector& out) {
  const std::string unit = vo_unit(block.unit);
  const auto floats = list_of(arrow::float32());
  out.push_back(field_of(
      column,
      arrow::struct_(
          {field_of("flux", floats, {{"unit", unit}, {"ucd", "phot.flux.density;em.wl"}}),
           field_of("ivar", floats,
                    {{"unit", inverse_square(unit)},
                     {"ucd", "stat.weight"},
                     {"description", "inverse variance; 0 where masked"}}),
           field_of("lsf_sigma", floats,
                    {{"unit", "Angstrom"}, {"ucd", "instr.dispersion"}, {"description", "sigma of the line spread"}}),
           field_of("lambda", floats,
                    {{"unit", "Angstrom"}, {"ucd", "em.wl"}, {"description", "vacuum wavelength, observed frame"}}),
           field_of("mask", list_of(arrow::boolean()), {{"ucd", "meta.code"}, {"description", "true: do not use"}})}),
      modality_words(modality, "spectrum", block.unit, info)));
}

void add_scalar(const std::string& modality, const ScalarBlock& block, const DatasetInfo& info,
                arrow::FieldVector& out) {
  const Words words = modality_words(modality, "scalar", block.unit, info);
  out.push_back(field_of(modality, arrow::float64(), words));
  if (!block.has_error) return;
  const ColumnNote note = column_note(modality, info);
  out.push_back(field_of(modality + "_error", arrow::float64(),
                         {{"unit", vo_unit(block.unit)},
                          {"ucd", note.ucd.empty() ? "stat.error" : "stat.error;" + note.ucd},
                          {"description", "one standard deviation of " + modality},
                          {"asterism:modality", modality},
                          {"asterism:role", "error"}}));
}

void add_vector(const std::string& modality, const VectorBlock& block, const DatasetInfo& info,
                arrow::FieldVector& out) {
  const auto item = block.vocabulary == 0       ? arrow::float32()
                    : block.vocabulary <= 65536 ? arrow::uint16()
                                                : arrow::uint32();
  Words words = modality_words(modality, "vector", "", info);
  words.emplace_back("asterism:vocabulary", std::to_string(block.vocabulary));
  out.push_back(field_of(modality, arrow::fixed_size_list(item, int32_t(block.width)), words));
}

// `image` for the only image of flux, `spectrum` for the only spectrum; else the modality's name.
std::string column_name(const Batch& batch, const std::string& modality) {
  const auto family = [](const modalities::Block& block) -> std::string {
    if (const auto* image = std::get_if<ImageBlock>(&block)) return image->unit == "display" ? "" : "image";
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
  if (base::nearest(c.kind, {"image", "picture", "spectrum", "scalar", "vector"}) != c.kind || !fits)
    base::data_error(
        "{}: of type {} but of kind '{}'; allowed are struct columns of kind image, picture and spectrum, numbers "
        "of kind scalar, and lists of fixed size of kind vector",
        where, f.type()->ToString().substr(0, 60), c.kind);
  if (c.kind == "vector") c.vocabulary = std::strtoll(word(f, "asterism:vocabulary").c_str(), nullptr, 10);
  if (c.vocabulary < 0 || c.vocabulary > modalities::kMostTokens)
    base::data_error("{}: a vocabulary of {} tokens; at most {} are allowed", where, c.vocabulary,
                     modalities::kMostTokens);
  if (c.kind == "image" || c.kind == "picture") {
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
      field_of("object_id", arrow::utf8(),
               {{"ucd", "meta.id;meta.main"}, {"description", "name of the object, unique in its survey"}}),
      field_of("ra", arrow::float64(),
               {{"unit", "deg"}, {"ucd", "pos.eq.ra;meta.main"}, {"description", "right ascension, ICRS"}}),
      field_of("dec", arrow::float64(),
               {{"unit", "deg"}, {"ucd", "pos.eq.dec;meta.main"}, {"description", "declination, ICRS"}}),
      field_of("survey", arrow::utf8(),
               {{"ucd", "meta.id;meta.dataset"}, {"description", "survey that named the object"}})};
  for (const auto& [modality, block] : prototype.blocks) {
    const std::string column = column_name(prototype, modality);
    if (const auto* image = std::get_if<ImageBlock>(&block)) add_image(column, modality, *image, info, out);
    if (const auto* spectrum = std::get_if<SpectrumBlock>(&block)) add_spectrum(column, modality, *spectrum, info, out);
    if (const auto* scalar = std::get_if<ScalarBlock>(&block)) add_scalar(modality, *scalar, info, out);
    if (const auto* vector = std::get_if<VectorBlock>(&block)) add_vector(modality, *vector, info, out);
  }
  for (size_t i = 0; i < out.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (out[i]->name() == out[j]->name())
        base::data_error("two modalities want the column '{}': rename one of them", out[i]->name());
    }
  }
  return arrow::schema(out);
}

Layout layout_of(const arrow::Schema& schema, const std::string& name) {
  const bool ours = std::any_of(schema.fields().begin(), schema.fields().end(),
                                [](const auto& f) { return !word(*f, "asterism:modality").empty(); });
  if (!ours) return mmu_layout(schema, name);
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
