#include "data/surveys/mmu_adapter.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>

#include "astro/filter.h"
#include "astro/photometry.h"
#include "base/error.h"
#include "data/mmu_surveys.h"
#include "modalities/all.h"

namespace asterism::data {
namespace {

using modalities::Batch;
using modalities::ImageBlock;
using modalities::SpectrumBlock;

constexpr double kHscZeroPoint = 27.0, kJwstNjyPerCount = 10.0, kFluxcalZeroPoint = 27.5;
constexpr double kKeplerZeroMjd = 2454833 - 2400000.5;

std::string lower(std::string text) {
  for (char& c : text) c = char(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

template <class Block>
void scale_flux(Block& block, double factor, const std::string& unit) {
  for (float& v : block.flux) v = float(double(v) * factor);
  for (float& v : block.ivar) v = float(double(v) / (factor * factor));
  block.unit = unit;
}

// Images without a variance keep weights of 1 whatever their unit.
void scale_image(ImageBlock& block, double factor) {
  const auto weights = block.ivar;
  scale_flux(block, factor, "nanomaggy");
  if (!block.has_ivar) block.ivar = weights;
}

void repair_vipers(SpectrumBlock& block) {
  for (size_t i = 0; i < block.ivar.size(); ++i) {
    const double v = double(block.ivar[i]), ivar = v * v * 1e34;
    if (v > 0 && std::isfinite(float(ivar)) && float(ivar) > 0) {
      block.ivar[i] = float(ivar);
    } else {
      block.ivar[i] = 0;
      block.mask[i] = 1;
    }
  }
}

// SNANA's FLUXCAL and Kepler's own clock.
void convert_curves(const std::string& survey, modalities::LightCurveBlock& block) {
  if (block.unit == "FLUXCAL") {
    const double scale = astro::nanomaggy_of_counts(1, kFluxcalZeroPoint);
    for (float& v : block.value) v = float(double(v) * scale);
    for (float& v : block.error) v = float(double(v) * scale);
    block.unit = "nanomaggy";
  }
  if (survey != "kepler") return;
  for (int64_t row = 0; row < block.n; ++row) {
    for (int64_t k = 0; k < block.count[size_t(row)]; ++k)
      block.time_day[size_t(row * block.length + k)] += kKeplerZeroMjd;
  }
  block.unit = "electron/s";
  block.time_system = "MJD";
  if (block.bands.size() == 1) block.bands[0] = {"kepler", 6400, 4000};
}

// "legacy" in a JWST path is no field; the longest name first.
std::string jwst_field(const std::string& path) {
  const std::string text = lower(path);
  for (const char* field :
       {"primer-cosmos", "primer-uds", "primer_cosmos", "primer_uds", "ngdeep", "ceers", "gds", "gdn"}) {
    if (text.find(field) != std::string::npos) {
      std::string out = field;
      std::replace(out.begin(), out.end(), '_', '-');
      return out;
    }
  }
  return "jwst";
}

// Filters by the bands' published names: des-g, hsc-i, sdss-r, lsst-y, euclid...
void name_filters(ImageBlock& block) {
  static const std::map<std::string, std::string> sets = {
      {"des", "decam2014"}, {"hsc", "hsc2017"}, {"sdss", "sdss2010"}, {"lsst", "lsst2023"}};
  for (auto& band : block.bands) {
    const size_t dash = band.name.find('-');
    const auto set = sets.find(band.name.substr(0, dash));
    if (dash == std::string::npos || set == sets.end() || band.wavelength_angstrom > 0) continue;
    try {
      const auto& filter = astro::filter(set->second + band.name.substr(dash));
      band.wavelength_angstrom = filter.effective_wavelength();
      band.width_angstrom = filter.full_width_half_maximum();
    } catch (const base::UserError&) {
      // a band of another name: its wavelength is not known
    }
  }
}

// Targets without photometry: fluxes in the fibre are 0 there as well, and as little measured.
void drop_unmeasured(Batch& batch) {
  for (const std::string band : {"g", "r", "z"}) {
    const auto flux = batch.blocks.find("flux_" + band);
    if (flux == batch.blocks.end()) continue;
    const auto present = modalities::present(flux->second);
    for (const std::string start : {"fiberflux_", "fibertotflux_"}) {
      const auto found = batch.blocks.find(start + band);
      if (found == batch.blocks.end()) continue;
      auto& block = std::get<modalities::ScalarBlock>(found->second);
      for (size_t i = 0; i < present.size(); ++i) {
        if (present[i] == 0) block.present[i] = 0, block.value[i] = block.error[i] = 0;
      }
    }
  }
}

void rename(Batch& batch, const std::string& from, const std::string& to) {
  const auto found = batch.blocks.find(from);
  if (found == batch.blocks.end() || batch.blocks.count(to) != 0) return;
  auto node = batch.blocks.extract(found);
  node.key() = to;
  batch.blocks.insert(std::move(node));
}

void adapt_ids(const std::string& survey, const std::string& path, Batch& batch) {
  const std::string field = survey == "jwst" ? jwst_field(path) : "";
  for (auto& key : batch.objects) {
    key.survey = survey;
    if (survey == "vipers" && key.id.ends_with(".0")) key.id.resize(key.id.size() - 2);
    if (survey == "jwst" && key.has_position) key.id = fmt::format("{}-{:.6f}{:+.6f}", field, key.ra_deg, key.dec_deg);
  }
}

}  // namespace

void adapt_mmu(const std::string& survey, const std::string& path, Batch& batch) {
  adapt_ids(survey, path, batch);
  rename(batch, "image_unknown", "image_" + survey);
  rename(batch, "spectrum_unknown", "spectrum_" + survey);
  rename(batch, "image", "image_" + survey);
  rename(batch, "spectrum", "spectrum_" + survey);
  if (survey == "vipers") batch.blocks.erase("redflag");
  if (survey == "desi") drop_unmeasured(batch);
  for (auto& [name, block] : batch.blocks) {
    // Published tables tell no unit. Of a table of anyone's a flux may be in any, or a magnitude.
    const auto* known = survey == "unknown" ? nullptr : modalities::find(name);
    if (auto* scalar = std::get_if<modalities::ScalarBlock>(&block); scalar != nullptr && known != nullptr)
      scalar->unit = scalar->unit.empty() ? std::string(known->unit) : scalar->unit;
    if (auto* spectrum = std::get_if<SpectrumBlock>(&block)) {
      if (survey == "vipers") repair_vipers(*spectrum);
      if (survey == "galah") scale_flux(*spectrum, 1e17, "1e-17 erg/s/cm^2/Angstrom");
      if (survey == "lamost") spectrum->unit = "counts";
    }
    if (auto* curves = std::get_if<modalities::LightCurveBlock>(&block)) convert_curves(survey, *curves);
    if (auto* image = std::get_if<ImageBlock>(&block); image != nullptr && image->unit != "display") {
      if (survey == "hsc") scale_image(*image, astro::nanomaggy_of_counts(1, kHscZeroPoint));
      if (survey == "jwst") scale_image(*image, astro::nanomaggy_of_njy(kJwstNjyPerCount));
      name_filters(*image);
    }
  }
}

DatasetInfo mmu_info(const std::string& survey) {
  if (survey == "unknown")  // a table of anyone's: who made it and what it allows is not for us to say
    return {.name = "mmu",
            .title = "A table of no known survey",
            .description = "Rows of a table, its columns taken by their names.",
            .provenance = "a table, imported by asterism " ASTERISM_VERSION,
            .licence = "",
            .citation = "",
            .acknowledgement = "",
            .columns = {}};
  DatasetInfo out{.name = "mmu_" + survey,
                  .title = "Multimodal Universe: " + survey,
                  .description = "Published rows in Asterism's units and masks.",
                  .provenance = "Multimodal Universe tables, imported by asterism " ASTERISM_VERSION,
                  .licence = "that of the survey; the collection is CC BY 4.0",
                  .citation = "The Multimodal Universe Collaboration 2024, arXiv:2412.02527",
                  .acknowledgement = "",
                  .columns = {}};
  for (const auto& known : mmu_surveys())
    if (survey == known.name && *known.caveat != 0) out.description += std::string(" ") + known.caveat;
  return out;
}

}  // namespace asterism::data
