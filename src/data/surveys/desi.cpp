#include "data/surveys/desi.h"

#include <cmath>
#include <map>
#include <optional>

#include "base/error.h"
#include "data/split.h"
#include "data/surveys/desi_arms.h"
#include "data/surveys/row_import.h"
#include "data/surveys/sdss_spectrum.h"
#include "io/fits.h"
#include "modalities/scalar.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

constexpr double kRepeatArcsec = 2;
constexpr int64_t kRowsPerBatch = 64, kMostTargets = 100000;
const char* const kBands[5] = {"G", "R", "Z", "W1", "W2"};

bool is_coadd(const std::string& name) {
  return name.starts_with("coadd-") && (name.ends_with(".fits") || name.ends_with(".fits.gz"));
}

struct Redshift {
  double z = 0, error = 0, delta_chi2 = 0;
  int64_t zwarn = 0;
  std::string type;
};

struct Target {
  size_t file = 0;
  int64_t row = 0;
  modalities::ObjectKey key;
  std::optional<Redshift> redshift;
};

// redrock-X.fits beside coadd-X.fits, whether or not one of them is gzipped; "" when there is none.
fs::path redrock_of(const fs::path& coadd) {
  std::string name = coadd.filename().string();
  name.replace(0, 5, "redrock");
  const std::string plain = name.ends_with(".gz") ? name.substr(0, name.size() - 3) : name;
  for (const std::string& candidate : {plain, plain + ".gz"}) {
    if (fs::is_regular_file(coadd.parent_path() / candidate)) return coadd.parent_path() / candidate;
  }
  return {};
}

std::map<int64_t, Redshift> read_redrock(const fs::path& path) {
  std::map<int64_t, Redshift> out;
  const auto hdu = io::FitsFile::open(path).hdu("REDSHIFTS");
  const auto id = hdu.column<int64_t>("TARGETID"), zwarn = hdu.column<int64_t>("ZWARN");
  const auto z = hdu.column<double>("Z"), error = hdu.column<double>("ZERR");
  const bool has_chi2 = hdu.find_column("DELTACHI2") != nullptr;
  const auto chi2 = has_chi2 ? hdu.column<double>("DELTACHI2") : io::FitsValues<double>{};
  const auto type = hdu.text_column("SPECTYPE");
  for (size_t i = 0; i < id.values.size(); ++i) {
    if (!std::isfinite(z.values[i]) || zwarn.valid[i] == 0) continue;
    Redshift r{z.values[i], std::isfinite(error.values[i]) && error.values[i] >= 0 ? error.values[i] : 0,
               has_chi2 && std::isfinite(chi2.values[i]) ? chi2.values[i] : -1, zwarn.values[i], type.at(i)};
    if (!out.emplace(id.values[i], r).second)
      base::data_error("{}, REDSHIFTS, row {}: TARGETID {} for the second time", path.string(), i, id.values[i]);
  }
  return out;
}

// A number of the FIBERMAP; nothing where the column is missing or the value none.
std::optional<double> cell(const io::FitsHdu& map, const std::string& column, int64_t row) {
  const auto* found = map.find_column(column);
  if (found == nullptr || found->per_row != 1) return std::nullopt;
  const auto value = map.column<double>(column, row, 1);
  return value.valid[0] != 0 && std::isfinite(value.values[0]) ? std::optional(value.values[0]) : std::nullopt;
}

class DesiImport : public RowImport {
 public:
  DesiImport(std::vector<fs::path> files, BadRows& bad) : RowImport(bad, kRowsPerBatch), files_(std::move(files)) {
    std::vector<modalities::ObjectKey> objects;
    std::map<std::string, int64_t> seen;
    for (size_t i = 0; i < files_.size(); ++i) {
      try {
        for (Target& target : read_targets(i)) {
          if (++seen[target.key.id] > 1) target.key.id += ":" + files_[i].stem().stem().string();
          objects.push_back(target.key);
          targets_.push_back(std::move(target));
        }
      } catch (const base::DataError& error) {
        bad.add(files_[i].string(), "", error.what());
      }
    }
    splits_ = grouped_split_numbers(objects, kRepeatArcsec);
    set_rows(int64_t(targets_.size()));
  }

  DatasetInfo info() const override {
    return {.name = "desi",
            .title = "DESI coadded spectra",
            .description =
                "One row a target of a coadd file; arms joined by inverse variance on the grid of 7,781 pixels. "
                "redshift_ok is ZWARN = 0 of redrock; targets without a redrock file have no redshift.",
            .provenance = "DESI coadd and redrock files, imported by asterism " ASTERISM_VERSION,
            .licence = "CC BY 4.0 (public DESI releases)",
            .citation = "DESI Collaboration 2024, AJ 168, 58; Guy et al. 2023, AJ 165, 144",
            .acknowledgement = "DESI: see https://data.desi.lbl.gov/doc/acknowledgments/",
            .columns = {{"zwarn", {"bit flags of the redshift fit; 0 is good", "meta.code.qual;src.redshift"}},
                        {"delta_chi2", {"chi-square difference to the next best fit", "stat.fit.chi2"}},
                        {"fibre_status", {"COADD_FIBERSTATUS, bit flags; 0 is good", "meta.code.qual"}}}};
  }

 protected:
  modalities::Batch read_row(int64_t row) override {
    const Target& target = targets_[size_t(row)];
    if (!open_ || open_file_ != target.file) {
      open_.reset();  // one file at a time is held
      const auto file = io::FitsFile::open(files_[target.file]);
      open_ = std::make_unique<Opened>(Opened{file.hdu("FIBERMAP"), DesiArms(file, file.hdu("FIBERMAP").num_rows())});
      open_file_ = target.file;
    }
    modalities::Batch batch;
    batch.objects.push_back(target.key);
    batch.blocks.emplace("spectrum_desi", open_->arms.spectrum(target.row));
    add_photometry(batch, open_->map, target.row);
    const auto& z = target.redshift;
    add_scalar(batch, "redshift", "", z ? std::optional(FluxAndError{z->z, z->error}) : std::nullopt);
    add_scalar(batch, "redshift_ok", z ? std::optional<double>(z->zwarn == 0) : std::nullopt);
    add_scalar(batch, "zwarn", z ? std::optional(double(z->zwarn)) : std::nullopt);
    add_scalar(batch, "delta_chi2", z && z->delta_chi2 >= 0 ? std::optional(z->delta_chi2) : std::nullopt);
    std::optional<double> type;
    if (z && z->type == "GALAXY") type = 0;
    if (z && z->type == "STAR") type = 1;
    if (z && z->type == "QSO") type = 2;
    add_scalar(batch, "object_class", type);
    add_scalar(batch, kSplitColumn, double(splits_[size_t(row)]));
    return batch;
  }

  Place place_of(int64_t row) const override {
    const Target& target = targets_[size_t(row)];
    return {files_[target.file].string(), fmt::format("FIBERMAP row {}", target.row)};
  }

 private:
  struct Opened {
    io::FitsHdu map;
    DesiArms arms;
  };

  static void add_photometry(modalities::Batch& batch, const io::FitsHdu& map, int64_t row) {
    for (const char* band : kBands) {
      const auto flux = cell(map, std::string("FLUX_") + band, row),
                 ivar = cell(map, std::string("FLUX_IVAR_") + band, row);
      std::string name = std::string("flux_") + band;
      for (char& c : name) c = char(std::tolower(static_cast<unsigned char>(c)));
      add_scalar(batch, name, "nanomaggy",
                 flux && ivar && *ivar > 0 ? std::optional(FluxAndError{*flux, 1 / std::sqrt(*ivar)}) : std::nullopt);
    }
    auto ebv = modalities::make_scalars(1, "mag", false);
    if (const auto value = cell(map, "EBV", row); value && *value >= 0) {
      ebv.present[0] = 1;
      ebv.value[0] = *value;
    }
    batch.blocks.emplace("ebv", std::move(ebv));
    add_scalar(batch, "fibre_status", cell(map, "COADD_FIBERSTATUS", row));
  }

  std::vector<Target> read_targets(size_t index) {
    const std::string name = files_[index].string();
    const auto map = io::FitsFile::open(files_[index]).hdu("FIBERMAP");
    if (map.num_rows() > kMostTargets)
      base::data_error("{}, FIBERMAP: {} rows; at most {} are read", name, map.num_rows(), kMostTargets);
    const auto id = map.column<int64_t>("TARGETID");
    const auto ra = map.column<double>("TARGET_RA"), dec = map.column<double>("TARGET_DEC");
    const auto type = map.find_column("OBJTYPE") != nullptr ? map.text_column("OBJTYPE") : std::vector<std::string>{};
    std::map<int64_t, Redshift> redshifts;
    if (const fs::path redrock = redrock_of(files_[index]); !redrock.empty()) redshifts = read_redrock(redrock);
    std::vector<Target> out;
    for (size_t i = 0; i < id.values.size(); ++i) {
      if (!type.empty() && type.at(i) != "TGT") continue;  // sky fibres
      if (id.values[i] < 0) continue;                      // negative ids are fibres without a target
      Target target{index, int64_t(i), {}, std::nullopt};
      const std::string where = fmt::format("{}, FIBERMAP, row {}", name, i);
      try {
        const auto position = checked_position(ra.values[i], dec.values[i], where);
        target.key = {"desi", std::to_string(id.values[i]), true, position.ra_deg, position.dec_deg};
      } catch (const base::DataError& error) {
        bad().add(name, fmt::format("FIBERMAP row {}", i), error.what());
        continue;
      }
      if (const auto found = redshifts.find(id.values[i]); found != redshifts.end()) target.redshift = found->second;
      out.push_back(std::move(target));
    }
    return out;
  }

  std::vector<fs::path> files_;
  std::vector<Target> targets_;
  std::vector<uint8_t> splits_;
  std::unique_ptr<Opened> open_;
  size_t open_file_ = 0;
};

}  // namespace

std::unique_ptr<SurveyImport> open_desi(const std::vector<fs::path>& inputs, const ImportOptions&, BadRows& bad) {
  return std::make_unique<DesiImport>(files_of(inputs, is_coadd, "coadd-*.fits"), bad);
}

}  // namespace asterism::data
