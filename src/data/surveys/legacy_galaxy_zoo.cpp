#include "data/surveys/legacy_galaxy_zoo.h"

#include <algorithm>
#include <cmath>

#include "astro/sphere.h"
#include "base/error.h"
#include "data/surveys/pictures.h"
#include "data/surveys/sdss_spectrum.h"
#include "data/surveys/text_table.h"
#include "modalities/image.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

constexpr size_t kRowsPerBatch = 16;

struct Vote {
  const char *modality, *column, *description;
};
const Vote kVotes[] = {
    {"spiral_fraction", "P_CS_DEBIASED", "debiased share of votes for a spiral"},
    {"elliptical_fraction", "P_EL_DEBIASED", "debiased share of votes for an elliptical"},
    {"votes", "NVOTE", "number of votes"},
    {"vote_elliptical", "P_EL", "share of votes: elliptical"},
    {"vote_clockwise", "P_CW", "share of votes: spiral turning clockwise"},
    {"vote_anticlockwise", "P_ACW", "share of votes: spiral turning anticlockwise"},
    {"vote_edge", "P_EDGE", "share of votes: seen edge-on"},
    {"vote_unknown", "P_DK", "share of votes: do not know"},
    {"vote_merger", "P_MG", "share of votes: merger"},
    {"vote_spiral", "P_CS", "share of votes: spiral of any kind"},
};

std::vector<std::string> columns() {
  std::vector<std::string> out = {"OBJID", "ra", "dec", "jpg", "SPIRAL", "ELLIPTICAL", "UNCERTAIN"};
  for (const Vote& vote : kVotes) out.emplace_back(vote.column);
  return out;
}

class GalaxyZooImport : public SurveyImport {
 public:
  GalaxyZooImport(fs::path folder, int64_t picture_size, BadRows& bad)
      : folder_(std::move(folder)), table_(folder_ / "labels.csv", columns()), picture_size_(picture_size), bad_(bad) {}

  DatasetInfo info() const override {
    DatasetInfo info{
        .name = "legacy_galaxy_zoo",
        .title = "Legacy Survey pictures with Galaxy Zoo votes",
        .description =
            "Pictures are stretched for the eye; their pixel scale is not recorded. Edge-on galaxies and mergers "
            "were removed from the selection, so vote shares are bimodal and not representative.",
        .provenance = "DESI Legacy Surveys DR8 pictures, Galaxy Zoo 1 votes; imported by asterism " ASTERISM_VERSION,
        .licence = "not stated",
        .citation = "Lintott et al. 2011, MNRAS 410, 166; Dey et al. 2019, AJ 157, 168",
        .acknowledgement = "The Legacy Surveys: see https://www.legacysurvey.org/acknowledgment",
        .columns = {{"galaxy_zoo_class", {"0 spiral, 1 elliptical, 2 uncertain", "meta.code.class"}}}};
    for (const Vote& vote : kVotes) info.columns[vote.modality] = {vote.description, "stat.value"};
    return info;
  }

  int64_t expected_rows() const override { return table_.num_rows(); }

  std::optional<modalities::Batch> next() override {
    std::vector<modalities::Batch> rows;
    lines_.clear();
    for (; next_ < table_.num_rows() && rows.size() < kRowsPerBatch; ++next_) {
      try {
        rows.push_back(read_row(next_));
        lines_.push_back(table_.line(next_));
      } catch (const base::DataError& error) {
        bad_.add((folder_ / "labels.csv").string(), std::to_string(table_.line(next_)), error.what());
      }
    }
    if (rows.empty()) return std::nullopt;
    return modalities::concatenate(rows);
  }

  std::optional<Place> place(int64_t row) const override {
    return Place{(folder_ / "labels.csv").string(), std::to_string(lines_[size_t(row)])};
  }

 private:
  modalities::Batch read_row(int64_t row) {
    modalities::Batch batch;
    const double ra = table_.need_number(row, "ra"), dec = table_.need_number(row, "dec");
    const std::string id = table_.text(row, "OBJID"), jpg = table_.text(row, "jpg");
    if (id.empty()) base::data_error("labels.csv, line {}: no OBJID", table_.line(row));
    if (ra < 0 || ra > 360 || std::abs(dec) > 90)
      base::data_error("labels.csv, line {}: ({}, {}) is no position", table_.line(row), ra, dec);
    const fs::path relative(jpg);
    if (jpg.empty() || relative.is_absolute() || std::find(relative.begin(), relative.end(), "..") != relative.end())
      base::data_error(
          "labels.csv, line {}: '{}' names no picture inside the folder; give its name relative to labels.csv",
          table_.line(row), jpg);
    if (!fs::is_regular_file(folder_ / relative))
      base::data_error("{}: the picture is missing; download it, or take its row out of labels.csv",
                       (folder_ / relative).string());
    batch.objects.push_back({"galaxy_zoo", id, true, astro::wrap_ra(ra), dec});
    auto picture = read_picture_block(folder_ / relative, picture_size_);
    if (height_ == 0) height_ = picture.height, width_ = picture.width;
    if (picture.height != height_ || picture.width != width_)
      base::data_error("{}: {} x {} pixels; the others have {} x {}: cut or resize it to that",
                       (folder_ / relative).string(), picture.height, picture.width, height_, width_);
    batch.blocks.emplace("rgb_image", std::move(picture));
    for (const Vote& vote : kVotes) add_scalar(batch, vote.modality, table_.number(row, vote.column));
    std::optional<double> type;
    const char* const types[] = {"SPIRAL", "ELLIPTICAL", "UNCERTAIN"};
    for (int k = 0; k < 3; ++k) {
      if (table_.number(row, types[k]).value_or(0) == 1) type = k;
    }
    add_scalar(batch, "galaxy_zoo_class", type);
    return batch;
  }

  fs::path folder_;
  TextTable table_;
  int64_t picture_size_, height_ = 0, width_ = 0, next_ = 0;
  std::vector<int64_t> lines_;  // of the last batch
  BadRows& bad_;
};

}  // namespace

modalities::ImageBlock reduced(const modalities::ImageBlock& pictures, int64_t size) {
  if (pictures.height != pictures.width || pictures.height < size)
    base::data_error("a picture of {} x {} pixels cannot be averaged down to {} x {}", pictures.height, pictures.width,
                     size, size);
  const int64_t from = pictures.height, planes = pictures.n * int64_t(pictures.bands.size());
  auto out = modalities::make_images(pictures.n, pictures.bands, size, size, pictures.unit,
                                     pictures.pixel_scale_arcsec * double(from) / double(size), pictures.has_ivar);
  // The share of old pixel i in new pixel k, along one axis.
  const double step = double(from) / double(size);
  const auto share = [&](int64_t k, int64_t i) {
    return std::max(0.0, std::min(double(k + 1) * step, double(i + 1)) - std::max(double(k) * step, double(i))) / step;
  };
  std::vector<float> lines(static_cast<size_t>(size * from));
  for (int64_t p = 0; p < planes; ++p) {
    const float* in = pictures.flux.data() + p * from * from;
    float* to = out.flux.data() + p * size * size;
    std::fill(lines.begin(), lines.end(), 0.0f);
    for (int64_t k = 0; k < size; ++k) {
      for (int64_t i = int64_t(double(k) * step); i < std::min(from, int64_t(std::ceil(double(k + 1) * step))); ++i) {
        const float w = float(share(k, i));
        for (int64_t y = 0; y < from; ++y) lines[size_t(y * size + k)] += w * in[y * from + i];
      }
    }
    for (int64_t k = 0; k < size; ++k) {
      for (int64_t i = int64_t(double(k) * step); i < std::min(from, int64_t(std::ceil(double(k + 1) * step))); ++i) {
        const float w = float(share(k, i));
        for (int64_t x = 0; x < size; ++x) to[k * size + x] += w * lines[size_t(i * size + x)];
      }
    }
  }
  out.present = pictures.present;
  std::fill(out.mask.begin(), out.mask.end(), uint8_t{0});
  std::fill(out.ivar.begin(), out.ivar.end(), 1.0f);
  return out;
}

std::unique_ptr<SurveyImport> open_legacy_galaxy_zoo(const std::vector<fs::path>& inputs, const ImportOptions& options,
                                                     BadRows& bad) {
  if (inputs.size() != 1 || !fs::is_regular_file(inputs[0] / "labels.csv") || !fs::is_directory(inputs[0] / "images"))
    base::user_error("legacy_galaxy_zoo takes one folder that holds labels.csv and images/");
  return std::make_unique<GalaxyZooImport>(inputs[0], options.picture_size, bad);
}

}  // namespace asterism::data
