#include "tour/sections_data.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "data/hats_read.h"
#include "report/gallery.h"
#include "report/sky_map.h"
#include "report/table.h"
#include "similar/thumbnail.h"
#include "tour/redshift_text.h"

namespace asterism::tour {
namespace {

constexpr int64_t kMostPoints = 4000;  // of a map: more only fill the page
constexpr int64_t kPictures = 24;

struct Glance {
  report::SkyPoints points;
  std::vector<double> redshift;
  int64_t rows = 0;
};

Glance glance_at(const data::HatsReader& dataset) {
  Glance out;
  const bool has_redshift = dataset.layout().find("redshift") != nullptr;
  const int64_t every = std::max<int64_t>(1, dataset.num_rows() / kMostPoints);
  const std::vector<std::string> wanted =
      has_redshift ? std::vector<std::string>{"redshift"} : std::vector<std::string>{};
  if (!has_redshift) {
    for (const auto& key : dataset.keys()) {
      if (key.has_position && out.rows % every == 0)
        out.points.ra_deg.push_back(key.ra_deg), out.points.dec_deg.push_back(key.dec_deg);
      ++out.rows;
    }
    return out;
  }
  dataset.for_each(wanted, 8192, [&](modalities::Batch&& batch, int64_t first) {
    const auto& redshift = std::get<modalities::ScalarBlock>(batch.blocks.at("redshift"));
    for (int64_t row = 0; row < batch.size(); ++row, ++out.rows) {
      const double z = redshift.present[size_t(row)] ? redshift.value[size_t(row)] : std::nan("");
      if (!std::isnan(z)) out.redshift.push_back(z);
      const auto& key = batch.objects[size_t(row)];
      if (!key.has_position || (first + row) % every != 0) continue;
      out.points.ra_deg.push_back(key.ra_deg);
      out.points.dec_deg.push_back(key.dec_deg);
      out.points.value.push_back(z);
    }
    return true;
  });
  out.points.value_label = "redshift";
  return out;
}

void add_gallery(report::Page& page, const data::HatsReader& dataset) {
  report::Gallery gallery;
  for (const char* kind : {"image", "picture", "spectrum"}) {
    for (const auto& column : dataset.layout().modalities) {
      if (column.kind != kind) continue;
      report::GalleryRow row;
      row.label = column.modality;
      std::vector<std::string> wanted = {column.modality};
      if (dataset.layout().find("redshift") != nullptr) wanted.push_back("redshift");
      dataset.for_each(wanted, 64, [&](modalities::Batch&& batch, int64_t) {
        for (int64_t i = 0; i < batch.size() && int64_t(row.tiles.size()) < kPictures / 2; ++i) {
          const auto picture = similar::thumbnail(batch.blocks.at(column.modality), i);
          if (!picture) continue;
          report::Tile tile;
          tile.image = report::png_uri(*picture);
          tile.caption = batch.objects[size_t(i)].id;
          if (const auto found = batch.blocks.find("redshift"); found != batch.blocks.end()) {
            const auto& z = std::get<modalities::ScalarBlock>(found->second);
            if (z.present[size_t(i)]) {
              tile.detail = "z = " + redshift_text(z.value[size_t(i)]);
            }
          }
          row.tiles.push_back(std::move(tile));
        }
        return int64_t(row.tiles.size()) < kPictures / 2;
      });
      gallery.rows.push_back(std::move(row));
    }
  }
  if (gallery.rows.empty()) return;
  gallery.caption =
      "Some of the objects. Pictures: asinh stretch of three bands. Curves: inverse-variance means of the spectrum's "
      "pixels.";
  page.gallery(gallery);
}

}  // namespace

void add_dataset_section(report::Page& page, const std::filesystem::path& path, const std::string& name,
                         const std::string& sentence, bool gallery) {
  const auto dataset = data::HatsReader::open(path);
  Glance glance = glance_at(dataset);
  page.section("Data: " + name).paragraph(sentence);
  report::Table table;
  table.columns = {{"modality", ""}, {"kind", ""}, {"unit", ""}};
  for (const auto& column : dataset.layout().modalities)
    table.rows.push_back({column.modality, column.kind, column.unit});
  table.caption = fmt::format("{} objects, {} modalities.", glance.rows, table.rows.size());
  std::vector<report::Figure> figures;
  if (!glance.points.ra_deg.empty()) figures.push_back(report::sky_map({glance.points}));
  if (!glance.redshift.empty()) {
    report::Figure figure;
    const double high = std::max(0.1, *std::max_element(glance.redshift.begin(), glance.redshift.end()));
    figure.x.label = "redshift";
    figure.y.label = "objects";
    figure.y.log = true;
    figure.add(report::histogram(glance.redshift, 0, high, 60));
    figure.caption = "Redshifts of all objects that have one.";
    figures.push_back(std::move(figure));
  }
  if (!figures.empty()) page.figures(figures);
  if (gallery) add_gallery(page, dataset);
  page.table(table);
}

}  // namespace asterism::tour
