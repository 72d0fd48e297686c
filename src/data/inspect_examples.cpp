#include "data/inspect_examples.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "data/picture.h"
#include "report/gallery.h"

namespace asterism::data {
namespace {

using modalities::CatalogBlock;
using modalities::LightCurveBlock;
using modalities::SpectrumBlock;
using modalities::VectorBlock;
using report::Figure;

constexpr int64_t kGallery = 24;
constexpr int64_t kFigures = 6;

void name_axes(Figure& figure, const std::string& x, const std::string& x_unit, const std::string& y,
               const std::string& y_unit) {
  figure.x = {.label = x, .unit = x_unit, .low = std::nullopt, .high = std::nullopt};
  figure.y = {.label = y, .unit = y_unit, .low = std::nullopt, .high = std::nullopt};
}

void draw(const SpectrumBlock& block, int64_t row, Figure& figure) {
  report::Line line;
  for (int64_t i = row * block.length; i < (row + 1) * block.length; ++i) {
    if (block.mask[size_t(i)] != 0) continue;
    line.x.push_back(double(block.wavelength_angstrom[size_t(i)]));
    line.y.push_back(double(block.flux[size_t(i)]));
  }
  line.width = 1;
  name_axes(figure, "wavelength", "Angstrom", "flux", block.unit);
  figure.add(line);
}

void draw(const LightCurveBlock& block, int64_t row, Figure& figure) {
  report::Scatter limits;
  limits.name = "upper limit";
  limits.colour = report::Colour::kMuted;
  limits.size = 3;
  for (size_t b = 0; b < block.bands.size(); ++b) {
    report::Scatter points;
    points.name = block.bands[b].name.empty() ? "no band" : block.bands[b].name;
    for (int64_t i = row * block.length; i < row * block.length + block.count[size_t(row)]; ++i) {
      if (size_t(block.band[size_t(i)]) != b) continue;
      if (block.upper_limit[size_t(i)] != 0) {
        limits.x.push_back(block.time_day[size_t(i)]);
        limits.y.push_back(double(block.value[size_t(i)]));
      } else if (block.mask[size_t(i)] == 0) {
        points.x.push_back(block.time_day[size_t(i)]);
        points.y.push_back(double(block.value[size_t(i)]));
        points.y_error.push_back(double(block.error[size_t(i)]));
      }
    }
    if (!points.x.empty()) figure.add(points);
  }
  if (!limits.x.empty()) figure.add(limits);
  name_axes(figure, block.time_system == "MJD" ? "MJD" : "time", "d", block.unit == "mag" ? "magnitude" : "flux",
            block.unit);
  figure.y.reversed = block.unit == "mag";
}

void draw(const CatalogBlock& block, int64_t row, Figure& figure) {
  const auto place = [&](const char* name) {
    for (size_t c = 0; c < block.columns.size(); ++c) {
      if (block.columns[c].name == name) return int64_t(c);
    }
    return int64_t{-1};
  };
  const bool sky = place("X") >= 0 && place("Y") >= 0;
  const int64_t x = sky ? place("X") : 0;
  const int64_t y = sky ? place("Y") : std::min<int64_t>(1, int64_t(block.columns.size()) - 1);
  report::Scatter points;
  const int64_t size = int64_t(block.columns.size()) * block.length;
  for (int64_t i = 0; i < block.count[size_t(row)]; ++i) {
    const size_t at_x = size_t(row * size + x * block.length + i), at_y = size_t(row * size + y * block.length + i);
    if (block.mask[at_x] != 0 || block.mask[at_y] != 0) continue;
    points.x.push_back(double(block.value[at_x]));
    points.y.push_back(double(block.value[at_y]));
  }
  name_axes(figure, block.columns[size_t(x)].name, block.columns[size_t(x)].unit, block.columns[size_t(y)].name,
            block.columns[size_t(y)].unit);
  figure.equal_axes = sky;
  figure.add(points);
}

void draw(const VectorBlock& block, int64_t row, Figure& figure) {
  report::Line line;
  for (int64_t i = 0; i < block.width; ++i) {
    line.x.push_back(double(i));
    line.y.push_back(double(block.value[size_t(row * block.width + i)]));
  }
  line.width = 1;
  line.steps = true;
  name_axes(figure, "element", "", block.vocabulary > 0 ? "token" : "value", "");
  figure.add(line);
}

}  // namespace

Figure example_figure(const modalities::Block& block, int64_t row, const std::string& title) {
  Figure figure;
  figure.title = title;
  figure.height = 260;
  if (const auto* spectrum = std::get_if<SpectrumBlock>(&block)) {
    draw(*spectrum, row, figure);
  } else if (const auto* curve = std::get_if<LightCurveBlock>(&block)) {
    draw(*curve, row, figure);
  } else if (const auto* list = std::get_if<CatalogBlock>(&block)) {
    draw(*list, row, figure);
  } else {
    const auto* vector = std::get_if<VectorBlock>(&block);
    ASTERISM_CHECK(vector != nullptr, "no figure of a {}", modalities::kind(block));
    draw(*vector, row, figure);
  }
  return figure;
}

void add_examples(const HatsReader& dataset, report::Page& page) {
  for (const auto& column : dataset.layout().modalities) {
    if (column.kind == "scalar") continue;
    const bool pictures =
        column.kind == "image" || column.kind == "picture" || column.kind == "map" || column.kind == "cube";
    report::GalleryRow tiles;
    std::vector<Figure> figures;
    const auto enough = [&] {
      return pictures ? int64_t(tiles.tiles.size()) >= kGallery : int64_t(figures.size()) >= kFigures;
    };
    dataset.for_each({column.modality}, column.kind == "cube" ? 1 : 16, [&](modalities::Batch&& batch, int64_t) {
      const auto& block = batch.blocks.at(column.modality);
      for (int64_t i = 0; i < batch.size() && !enough(); ++i) {
        if (modalities::present(block)[size_t(i)] == 0) continue;
        const std::string& id = batch.objects[size_t(i)].id;
        if (pictures) {
          tiles.tiles.push_back({report::jpeg_uri(picture_of_block(block, i)), id, "", false});
        } else {
          figures.push_back(example_figure(block, i, id));
        }
      }
      return !enough();
    });
    page.section(column.modality);
    if (!tiles.tiles.empty())
      page.gallery({{tiles}, "The first " + std::to_string(tiles.tiles.size()) + " objects.", 112});
    if (!figures.empty()) page.figures(figures);
    if (tiles.tiles.empty() && figures.empty()) page.paragraph("Present in no row.");
  }
}

}  // namespace asterism::data
