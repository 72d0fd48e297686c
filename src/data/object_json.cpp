#include "data/object_json.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "io/json.h"

namespace asterism::data {
namespace {

using nlohmann::json;

// The first `count` values, null where masked. `mask` may be null: nothing is.
json values_of(const float* values, const uint8_t* mask, int64_t count) {
  json out = json::array();
  for (int64_t i = 0; i < count; ++i) out.push_back(mask != nullptr && mask[i] != 0 ? json(nullptr) : json(values[i]));
  return out;
}

void fill(json& out, const modalities::ScalarBlock& block) {
  out["unit"] = block.unit;
  out["value"] = block.value[0];
  if (block.has_error) out["error"] = block.error[0];
}

void fill(json& out, const modalities::SpectrumBlock& block) {
  out["unit"] = block.unit;
  int64_t length = block.length;  // the padding that other objects' longer spectra ask for ends it
  while (length > 0 && block.mask[size_t(length - 1)] != 0) --length;
  out["wavelength"] = values_of(block.wavelength_angstrom.data(), nullptr, length);
  out["flux"] = values_of(block.flux.data(), block.mask.data(), length);
  out["ivar"] = values_of(block.ivar.data(), block.mask.data(), length);
}

void fill(json& out, const modalities::ImageBlock& block) {
  out["unit"] = block.unit;
  out["bands"] = json::array();
  for (const auto& band : block.bands) out["bands"].push_back(band.name);
  out["height"] = block.height;
  out["width"] = block.width;
  if (block.pixel_scale_arcsec > 0) out["pixel_scale_arcsec"] = block.pixel_scale_arcsec;
  const int64_t pixels = int64_t(block.bands.size()) * block.height * block.width;
  out["flux"] = values_of(block.flux.data(), block.mask.data(), pixels);
  if (block.has_ivar) out["ivar"] = values_of(block.ivar.data(), block.mask.data(), pixels);
}

void fill(json& out, const modalities::VectorBlock& block) {
  out["value"] = values_of(block.value.data(), nullptr, block.width);
}

void fill(json& out, const modalities::LightCurveBlock& block) {
  out["unit"] = block.unit;
  out["time_system"] = block.time_system;
  for (const char* name : {"time_day", "band", "value", "error", "upper_limit"}) out[name] = json::array();
  for (int64_t i = 0; i < block.count[0]; ++i) {
    const auto at = size_t(i);
    const bool limit = block.upper_limit[at] != 0;
    out["time_day"].push_back(block.time_day[at]);
    out["band"].push_back(block.bands[size_t(block.band[at])].name);
    out["value"].push_back(block.mask[at] != 0 && !limit ? json(nullptr) : json(block.value[at]));
    out["error"].push_back(block.error[at] > 0 ? json(block.error[at]) : json(nullptr));
    out["upper_limit"].push_back(limit);
  }
}

void fill(json& out, const modalities::CatalogBlock& block) {
  for (size_t c = 0; c < block.columns.size(); ++c) {
    const size_t first = c * size_t(block.length);
    out["columns"][block.columns[c].name] = {
        {"unit", block.columns[c].unit},
        {"value", values_of(block.value.data() + first, block.mask.data() + first, block.count[0])}};
  }
}

void fill(json& out, const modalities::MapBlock& block) {
  const int64_t pixels = block.height * block.width;
  out["height"] = block.height;
  out["width"] = block.width;
  for (size_t k = 0; k < block.layers.size(); ++k) {
    const size_t first = k * size_t(pixels);
    out["layers"][block.layers[k].name] = {
        {"unit", block.layers[k].unit},
        {"value", values_of(block.value.data() + first, block.mask.data() + first, pixels)}};
  }
}

void fill(json& out, const modalities::CubeBlock& block) {
  out["unit"] = block.unit;
  out["height"] = block.height;
  out["width"] = block.width;
  int64_t length = block.length;
  while (length > 0 && block.wavelength_angstrom[size_t(length - 1)] <= 0) --length;
  const int64_t pixels = length * block.height * block.width;
  out["wavelength"] = values_of(block.wavelength_angstrom.data(), nullptr, length);
  out["flux"] = values_of(block.flux.data(), block.mask.data(), pixels);
  out["ivar"] = values_of(block.ivar.data(), block.mask.data(), pixels);
}

}  // namespace

std::string object_json(const modalities::Batch& object) {
  ASTERISM_CHECK(object.size() >= 1, "an object of an empty batch");
  const auto& key = object.objects[0];
  json out = {{"object_id", key.id}, {"survey", key.survey}, {"modalities", json::object()}};
  if (key.has_position) out.update({{"ra", key.ra_deg}, {"dec", key.dec_deg}});
  for (const auto& [name, block] : object.blocks) {
    if (modalities::present(block)[0] == 0) continue;
    json one = {{"kind", modalities::kind(block)}};
    std::visit([&](const auto& some) { fill(one, some); }, block);
    out["modalities"][name] = std::move(one);
  }
  return io::dump_json(out);
}

}  // namespace asterism::data
