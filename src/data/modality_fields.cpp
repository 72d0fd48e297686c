#include "data/modality_fields.h"

#include <arrow/api.h>

#include "base/error.h"
#include "data/list_columns.h"
#include "io/json.h"

namespace asterism::data {

using modalities::CatalogBlock;
using modalities::CubeBlock;
using modalities::ImageBlock;
using modalities::LightCurveBlock;
using modalities::MapBlock;
using modalities::ScalarBlock;
using modalities::SpectrumBlock;
using modalities::VectorBlock;
using Words = FieldWords;

Words modality_words(const std::string& modality, const std::string& kind, const std::string& unit,
                     const DatasetInfo& info) {
  const ColumnNote note = column_note(modality, info);
  return {{"unit", vo_unit(unit)},         {"ucd", note.ucd},       {"description", note.description},
          {"asterism:modality", modality}, {"asterism:kind", kind}, {"asterism:role", "value"},
          {"asterism:unit", unit}};
}

std::string inverse_square(const std::string& unit) { return unit.empty() ? "" : "(" + unit + ")**-2"; }

namespace {

std::string bands_text(const std::vector<modalities::Band>& bands) {
  nlohmann::json out = nlohmann::json::array();
  for (const auto& band : bands)
    out.push_back({{"name", band.name},
                   {"wavelength_angstrom", band.wavelength_angstrom},
                   {"width_angstrom", band.width_angstrom}});
  return io::dump_json(out, -1);
}

// What images and maps have in common.
void add_grid_words(Words& words, int64_t height, int64_t width, double pixel_scale_arcsec, bool has_ivar) {
  words.emplace_back("asterism:size", fmt::format("{} {}", height, width));
  words.emplace_back("asterism:pixel_scale", fmt::format("{}", pixel_scale_arcsec));
  words.emplace_back("asterism:ivar", has_ivar ? "yes" : "no");
}

std::shared_ptr<arrow::DataType> planes_of(const std::shared_ptr<arrow::DataType>& type) {
  return list_of(list_of(list_of(type)));
}

// ivar and mask, of whatever shape.
std::shared_ptr<arrow::Field> ivar_field(const std::shared_ptr<arrow::DataType>& type, const std::string& unit) {
  return described_field(
      "ivar", type,
      {{"unit", inverse_square(unit)}, {"ucd", "stat.weight"}, {"description", "inverse variance; 0 where masked"}});
}

std::shared_ptr<arrow::Field> mask_field(const std::shared_ptr<arrow::DataType>& type) {
  return described_field("mask", type, {{"ucd", "meta.code"}, {"description", "true: do not use"}});
}

}  // namespace

void add_fields(const std::string& column, const std::string& modality, const ImageBlock& block,
                const DatasetInfo& info, arrow::FieldVector& out) {
  const bool picture = block.unit == "display";
  Words words = modality_words(modality, picture ? "picture" : "image", block.unit, info);
  words.emplace_back("asterism:bands", bands_text(block.bands));
  add_grid_words(words, block.height, block.width, block.pixel_scale_arcsec, block.has_ivar);
  const std::string unit = vo_unit(block.unit);
  if (picture) {
    if (block.bands.size() != 3)
      base::data_error("{}: a picture has 3 colours, this one has {}", modality, block.bands.size());
    const auto file = arrow::struct_({arrow::field("bytes", arrow::binary()), arrow::field("path", arrow::utf8())});
    out.push_back(described_field(column, file, words));
    out.push_back(described_field(column + "_mask", file,
                                  {{"description", "PNG, white where the picture must not be used; absent: nowhere"},
                                   {"asterism:modality", modality},
                                   {"asterism:role", "mask"}}));
    return;
  }
  out.push_back(described_field(
      column,
      arrow::struct_(
          {described_field("band", list_of(arrow::utf8()),
                           {{"ucd", "meta.id;instr.bandpass"}, {"description", "filter"}}),
           described_field("flux", planes_of(arrow::float32()),
                           {{"unit", unit}, {"ucd", "phot.flux"}, {"description", "per pixel"}}),
           ivar_field(planes_of(arrow::float32()), unit), mask_field(planes_of(arrow::boolean())),
           described_field("psf_fwhm", list_of(arrow::float32()), {{"unit", "arcsec"}, {"ucd", "instr.det.psf"}}),
           described_field("scale", list_of(arrow::float32()), {{"unit", "arcsec/pixel"}, {"ucd", "instr.pixel"}})}),
      words));
}

void add_fields(const std::string& column, const std::string& modality, const SpectrumBlock& block,
                const DatasetInfo& info, arrow::FieldVector& out) {
  const std::string unit = vo_unit(block.unit);
  const auto floats = list_of(arrow::float32());
  out.push_back(described_field(
      column,
      arrow::struct_(
          {described_field("flux", floats, {{"unit", unit}, {"ucd", "phot.flux.density;em.wl"}}),
           ivar_field(floats, unit),
           described_field(
               "lsf_sigma", floats,
               {{"unit", "Angstrom"}, {"ucd", "instr.dispersion"}, {"description", "sigma of the line spread"}}),
           described_field(
               "lambda", floats,
               {{"unit", "Angstrom"}, {"ucd", "em.wl"}, {"description", "vacuum wavelength, observed frame"}}),
           mask_field(list_of(arrow::boolean()))}),
      modality_words(modality, "spectrum", block.unit, info)));
}

void add_fields(const std::string&, const std::string& modality, const ScalarBlock& block, const DatasetInfo& info,
                arrow::FieldVector& out) {
  const Words words = modality_words(modality, "scalar", block.unit, info);
  out.push_back(described_field(modality, arrow::float64(), words));
  if (!block.has_error) return;
  const ColumnNote note = column_note(modality, info);
  out.push_back(described_field(modality + "_error", arrow::float64(),
                                {{"unit", vo_unit(block.unit)},
                                 {"ucd", note.ucd.empty() ? "stat.error" : "stat.error;" + note.ucd},
                                 {"description", "one standard deviation of " + modality},
                                 {"asterism:modality", modality},
                                 {"asterism:role", "error"}}));
}

void add_fields(const std::string&, const std::string& modality, const VectorBlock& block, const DatasetInfo& info,
                arrow::FieldVector& out) {
  const auto item = block.vocabulary == 0       ? arrow::float32()
                    : block.vocabulary <= 65536 ? arrow::uint16()
                                                : arrow::uint32();
  Words words = modality_words(modality, "vector", "", info);
  words.emplace_back("asterism:vocabulary", std::to_string(block.vocabulary));
  out.push_back(described_field(modality, arrow::fixed_size_list(item, int32_t(block.width)), words));
}

void add_fields(const std::string& column, const std::string& modality, const MapBlock& block, const DatasetInfo& info,
                arrow::FieldVector& out) {
  nlohmann::json layers = nlohmann::json::array();
  for (const auto& layer : block.layers) layers.push_back({{"name", layer.name}, {"unit", layer.unit}});
  Words words = modality_words(modality, "map", "", info);
  words.emplace_back("asterism:layers", io::dump_json(layers, -1));
  words.emplace_back("asterism:integer", block.integer ? "yes" : "no");
  add_grid_words(words, block.height, block.width, block.pixel_scale_arcsec, block.has_ivar);
  out.push_back(described_field(
      column,
      arrow::struct_(
          {described_field("label", list_of(arrow::utf8()),
                           {{"ucd", "meta.id"}, {"description", "what each map shows"}}),
           described_field("flux", planes_of(arrow::float32()), {{"description", "the value in each pixel"}}),
           ivar_field(planes_of(arrow::float32()), ""), mask_field(planes_of(arrow::boolean())),
           described_field("array_units", list_of(arrow::utf8()),
                           {{"ucd", "meta.unit"}, {"description", "unit of each map"}}),
           described_field("scale", list_of(arrow::float32()), {{"unit", "arcsec/pixel"}, {"ucd", "instr.pixel"}})}),
      words));
}

void add_fields(const std::string& column, const std::string& modality, const CubeBlock& block, const DatasetInfo& info,
                arrow::FieldVector& out) {
  const std::string unit = vo_unit(block.unit);
  Words words = modality_words(modality, "cube", block.unit, info);
  add_grid_words(words, block.height, block.width, block.pixel_scale_arcsec, true);
  out.push_back(described_field(
      column,
      arrow::struct_(
          {described_field(
               "flux", planes_of(arrow::float32()),
               {{"unit", unit}, {"ucd", "phot.flux.density;em.wl"}, {"description", "wavelength, line, pixel"}}),
           ivar_field(planes_of(arrow::float32()), unit), mask_field(planes_of(arrow::boolean())),
           described_field(
               "lsf_sigma", list_of(arrow::float32()),
               {{"unit", "Angstrom"}, {"ucd", "instr.dispersion"}, {"description", "sigma of the line spread"}}),
           described_field(
               "lambda", list_of(arrow::float32()),
               {{"unit", "Angstrom"}, {"ucd", "em.wl"}, {"description", "vacuum wavelength, observed frame"}})}),
      words));
}

void add_fields(const std::string& column, const std::string& modality, const LightCurveBlock& block,
                const DatasetInfo& info, arrow::FieldVector& out) {
  Words words = modality_words(modality, "light_curve", block.unit, info);
  words.emplace_back("asterism:bands", bands_text(block.bands));
  words.emplace_back("asterism:time_system", block.time_system);
  out.push_back(described_field(column, light_curve_type(block), words));
}

void add_fields(const std::string& column, const std::string& modality, const CatalogBlock& block,
                const DatasetInfo& info, arrow::FieldVector& out) {
  Words words = modality_words(modality, "catalog", "", info);
  nlohmann::json columns = nlohmann::json::array();
  for (const auto& c : block.columns) columns.push_back({{"name", c.name}, {"unit", c.unit}});
  words.emplace_back("asterism:columns", io::dump_json(columns, -1));
  out.push_back(described_field(column, catalog_type(block), words));
}

}  // namespace asterism::data
