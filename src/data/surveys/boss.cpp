#include "data/surveys/boss.h"

#include <algorithm>

#include "base/error.h"
#include "data/split.h"
#include "data/surveys/input_files.h"
#include "data/surveys/sdss_spectrum.h"
#include "io/fits.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

constexpr double kRepeatArcsec = 2;
constexpr size_t kRowsPerBatch = 64;
const char* const kBands[5] = {"u", "g", "r", "i", "z"};

bool is_spec(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with("spec-") && (name.ends_with(".fits") || name.ends_with(".fits.gz"));
}

// What HDU 2 of a file holds.
struct Entry {
  fs::path path;
  SdssCatalogueRow row;
  std::vector<std::optional<FluxAndError>> fluxes;
};

Entry read_entry(const fs::path& path) {
  const auto file = io::FitsFile::open(path);
  if (file.num_hdus() < 3)
    base::data_error(
        "{}: {} HDUs; a spec file has a spectrum in HDU 1 and its catalogue row in HDU 2: name spec-*.fits files, "
        "whole or lite",
        path.string(), file.num_hdus());
  const auto catalogue = file.hdu(2);
  return {path, read_sdss_row(catalogue, path.string()), read_sdss_fluxes(catalogue, "PSFFLUX")};
}

modalities::Batch read_spec(const Entry& entry, int split) {
  const std::string name = entry.path.string();
  const auto file = io::FitsFile::open(entry.path);
  if (const auto vacuum = file.hdu(0).logical("VACUUM"); vacuum && !*vacuum)
    base::data_error(
        "{}: wavelengths in air (VACUUM is F); only vacuum is read: convert them, or take a file of a later data "
        "release",
        name);
  check_flux_unit(file.hdu(0), name);
  const SdssCatalogueRow& row = entry.row;
  modalities::Batch batch;
  batch.objects.push_back({"boss", row.id, true, row.ra_deg, row.dec_deg});
  batch.blocks.emplace("spectrum_sdss", read_sdss_spectrum(file.hdu(1), name));
  for (size_t b = 0; b < 5; ++b)
    add_scalar(batch, std::string("flux_sdss_") + kBands[b], "nanomaggy",
               entry.fluxes.empty() ? std::nullopt : entry.fluxes[b]);
  const bool error_known = row.redshift_error && *row.redshift_error >= 0;  // negative: the fit failed
  add_scalar(
      batch, "redshift", "",
      row.redshift ? std::optional(FluxAndError{*row.redshift, error_known ? *row.redshift_error : 0}) : std::nullopt);
  add_scalar(batch, "redshift_ok", row.zwarning == 0 && row.redshift ? 1 : 0);
  add_scalar(batch, "zwarning", double(row.zwarning));
  add_scalar(batch, "object_class", row.object_class ? std::optional<double>(*row.object_class) : std::nullopt);
  add_scalar(batch, "sn_median", row.sn_median);
  add_scalar(batch, kSplitColumn, double(split));
  return batch;
}

class BossImport : public SurveyImport {
 public:
  BossImport(const std::vector<fs::path>& files, BadRows& bad) : bad_(bad) {
    // The catalogue rows first: repeats must share a split number, and their files may lie anywhere in the list.
    std::vector<modalities::ObjectKey> objects;
    for (const auto& path : files) {
      try {
        entries_.push_back(read_entry(path));
        const SdssCatalogueRow& row = entries_.back().row;
        objects.push_back({"boss", row.id, true, row.ra_deg, row.dec_deg});
      } catch (const base::DataError& error) {
        bad_.add(path.string(), "0", error.what());
      }
    }
    splits_ = grouped_split_numbers(objects, kRepeatArcsec);
  }

  DatasetInfo info() const override {
    return {
        .name = "boss",
        .title = "SDSS, BOSS and eBOSS spectra",
        .description =
            "One row a spectrum; repeated observations of an object are rows of their own with a common split_u. "
            "Fluxes are PSF fluxes. The mask is and_mask != 0 or no inverse variance.",
        .provenance = "spec files of SDSS, BOSS or eBOSS, imported by asterism " ASTERISM_VERSION,
        .licence = "not stated in the files",
        .citation = "Dawson et al. 2013, AJ 145, 10; Dawson et al. 2016, AJ 151, 44",
        .acknowledgement = "Funding for SDSS-III and SDSS-IV: see https://www.sdss.org/collaboration/#acknowledgements",
        .columns = {{"zwarning", {"bit flags of the redshift fit; 0 is good", "meta.code.qual;src.redshift"}},
                    {"sn_median", {"median signal-to-noise ratio per pixel", "stat.snr"}}}};
  }

  int64_t expected_rows() const override { return int64_t(entries_.size()); }

  std::optional<modalities::Batch> next() override {
    std::vector<modalities::Batch> rows;
    files_.clear();
    for (; next_ < entries_.size() && rows.size() < kRowsPerBatch; ++next_) {
      try {
        rows.push_back(read_spec(entries_[next_], splits_[next_]));
        files_.push_back(entries_[next_].path.string());
      } catch (const base::DataError& error) {
        bad_.add(entries_[next_].path.string(), "0", error.what());
      }
    }
    if (rows.empty()) return std::nullopt;
    return modalities::concatenate(rows);
  }

  std::optional<Place> place(int64_t row) const override { return Place{files_[size_t(row)], "0"}; }

 private:
  BadRows& bad_;
  std::vector<Entry> entries_;
  std::vector<uint8_t> splits_;
  size_t next_ = 0;
  std::vector<std::string> files_;  // of the last batch
};

}  // namespace

std::unique_ptr<SurveyImport> open_boss(const std::vector<fs::path>& inputs, const ImportOptions&, BadRows& bad) {
  return std::make_unique<BossImport>(input_files(inputs, is_spec, "spec-*.fits or spec-*.fits.gz"), bad);
}

}  // namespace asterism::data
