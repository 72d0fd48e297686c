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
