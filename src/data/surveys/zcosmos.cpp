#include "data/surveys/zcosmos.h"

#include <cmath>

#include "astro/photometry.h"
#include "astro/sphere.h"
#include "base/error.h"
#include "data/surveys/text_table.h"
#include "modalities/scalar.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFile = "zcosmost_bright20k.csv";
constexpr int64_t kRowsPerBatch = 8192;
constexpr double kHighest = 20;  // redshift: beyond any that a spectrum has shown
const std::vector<std::string> kBands = {"fuv", "nuv", "u", "b", "v", "g", "r", "i", "z", "j", "k", "ic"};
const std::vector<std::string> kFlags = {"b", "v", "i", "z", "d"};

std::string column_of(const std::string& band) { return band + "_photzi25"; }
std::string error_column_of(const std::string& band) { return "e" + band + "_photzi25"; }

std::vector<std::string> columns() {
  std::vector<std::string> out = {"id_zcosmos", "zpec", "cc", "alpha", "delta", "mag_sel"};
  for (const auto& band : kBands) {
    out.push_back(column_of(band));
    out.push_back(error_column_of(band));
  }
  for (const auto& flag : kFlags) out.push_back("flag_mask" + flag + "_photzi25");
  return out;
}

void set(modalities::Batch& batch, const std::string& name, int64_t row, double value, double error = 0) {
  auto& block = std::get<modalities::ScalarBlock>(batch.blocks.at(name));
  block.present[size_t(row)] = 1;
  block.value[size_t(row)] = value;
  if (block.has_error) block.error[size_t(row)] = error;
}

modalities::Batch empty_batch(int64_t n) {
  modalities::Batch batch;
  const auto add = [&](const std::string& name, const std::string& unit, bool error) {
    batch.blocks.emplace(name, modalities::make_scalars(n, unit, error));
  };
  for (const auto& band : kBands) add("flux_cosmos_" + band, "nanomaggy", true);
  for (const char* name : {"redshift", "redshift_ok", "redshift_confidence"}) add(name, "", false);
  add("i_magnitude", "mag", false);
  for (const auto& flag : kFlags) add("flag_mask_" + flag, "", false);
  return batch;
}

class ZcosmosImport : public SurveyImport {
 public:
  ZcosmosImport(const fs::path& path, BadRows& bad) : path_(path), table_(path, columns()), bad_(bad) {}

  DatasetInfo info() const override {
    DatasetInfo info{
        .name = "zcosmos",
        .title = "zCOSMOS-bright redshifts with COSMOS photometry",
        .description =
            "Magnitudes as published, as fluxes; sentinels (-99, -99.9, negative errors) are missing. Nearly every "
            "row has a confidence that ends in .5: the file favours objects whose photometric redshift agrees, so "
            "photometric redshifts score too well on it.",
        .provenance = "zcosmost_bright20k.csv (zCOSMOS-bright 20k), imported by asterism " ASTERISM_VERSION,
        .licence = "not stated",
        .citation = "Lilly et al. 2009, ApJS 184, 218; Ilbert et al. 2009, ApJ 690, 1236",
        .acknowledgement =
            "Based on observations at ESO telescopes at La Silla Paranal Observatory, programme 175.A-0839",
        .columns = {
            {"redshift_confidence",
             {"spectroscopic class (integer part) and agreement of the photometric redshift", "meta.code.qual"}},
            {"i_magnitude", {"AB magnitude of the selection", "phot.mag;em.opt.I"}}}};
    for (const auto& flag : kFlags)
      info.columns["flag_mask_" + flag] = {"1 where the photometry in " + flag + " is masked", "meta.code"};
    return info;
  }

  int64_t expected_rows() const override { return table_.num_rows(); }

  std::optional<modalities::Batch> next() override {
    if (next_ >= table_.num_rows()) return std::nullopt;
    const int64_t n = std::min(kRowsPerBatch, table_.num_rows() - next_);
    modalities::Batch batch = empty_batch(n);
    std::vector<int64_t> good;
    lines_.clear();
    for (int64_t i = 0; i < n; ++i, ++next_) {
      batch.objects.emplace_back();
      try {
        read_row(next_, i, batch);
        good.push_back(i);
        lines_.push_back(table_.line(next_));
      } catch (const base::DataError& error) {
        bad_.add(path_.string(), std::to_string(table_.line(next_)), error.what());
      }
    }
    return int64_t(good.size()) == n ? batch : modalities::select(batch, good);
  }

  std::optional<Place> place(int64_t row) const override {
    return Place{path_.string(), std::to_string(lines_[size_t(row)])};
  }

 private:
  void read_row(int64_t row, int64_t i, modalities::Batch& batch) {
    auto& object = batch.objects.back();
    object = {"zcosmos", table_.text(row, "id_zcosmos"), true, table_.need_number(row, "alpha"),
              table_.need_number(row, "delta")};
    if (object.id.empty()) base::data_error("{}, line {}: no id_zcosmos", path_.string(), table_.line(row));
    if (object.ra_deg < 0 || object.ra_deg > 360 || std::abs(object.dec_deg) > 90)
      base::data_error("{}, line {}: ({}, {}) is no position", path_.string(), table_.line(row), object.ra_deg,
                       object.dec_deg);
    object.ra_deg = astro::wrap_ra(object.ra_deg);
    for (const auto& band : kBands) {
      const auto magnitude = table_.number(row, column_of(band)), error = table_.number(row, error_column_of(band));
      if (!magnitude || !error || *magnitude < 0 || *magnitude > 50 || *error < 0) continue;
      const astro::Measured flux = astro::nanomaggy_of(astro::Measured{*magnitude, *error});
      set(batch, "flux_cosmos_" + band, i, flux.value, flux.error);
    }
    const auto z = table_.number(row, "zpec"), confidence = table_.number(row, "cc"),
               selection = table_.number(row, "mag_sel");
    if (z && *z > kHighest)
      base::data_error("{}, line {}: zpec {}; at most {} is a redshift, and -99 stands for none", path_.string(),
                       table_.line(row), *z, kHighest);
    if (z && *z > -0.1) set(batch, "redshift", i, *z);
    if (confidence) set(batch, "redshift_confidence", i, *confidence);
    set(batch, "redshift_ok", i, z && confidence && *z > 0.002 && *confidence >= 3 && *confidence < 5);
    if (selection && *selection > 0) set(batch, "i_magnitude", i, *selection);
    for (const auto& flag : kFlags) {
      const auto value = table_.number(row, "flag_mask" + flag + "_photzi25");
      if (value && *value >= 0) set(batch, "flag_mask_" + flag, i, *value);
    }
  }

  fs::path path_;
  TextTable table_;
  BadRows& bad_;
  int64_t next_ = 0;
  std::vector<int64_t> lines_;  // of the last batch
};

}  // namespace

std::unique_ptr<SurveyImport> open_zcosmos(const std::vector<fs::path>& inputs, const ImportOptions&, BadRows& bad) {
  if (inputs.size() != 1) base::user_error("zcosmos takes one input: {} or its folder", kFile);
  const fs::path path = fs::is_directory(inputs[0]) ? inputs[0] / kFile : inputs[0];
  if (!fs::is_regular_file(path))
    base::user_error("there is no {}: zcosmos takes {} or its folder", path.string(), kFile);
  return std::make_unique<ZcosmosImport>(path, bad);
}

}  // namespace asterism::data
