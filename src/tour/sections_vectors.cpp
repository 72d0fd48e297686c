#include "tour/sections_vectors.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "data/hats_read.h"
#include "eval/methods/pca.h"
#include "report/gallery.h"
#include "search/index.h"
#include "similar/answer_page.h"
#include "similar/object_index.h"
#include "similar/thumbnail.h"
#include "tour/redshift_text.h"

namespace asterism::tour {
namespace {

constexpr size_t kQueries = 6, kNeighbours = 6;

report::Figure vector_map(const eval::Collected& collected, const eval::Vectors& vectors) {
  std::vector<int64_t> rows;
  for (const int64_t row : collected.split.test)
    if (vectors.present[size_t(row)]) rows.push_back(row);
  report::Figure figure;
  if (rows.size() < 10) return figure;
  const auto x_ND = vectors.vectors_ND.index_select(0, at::tensor(rows)).to(at::kDouble);
  const auto z_N2 = eval::Pca::fit(x_ND, 2).project(x_ND).contiguous();
  report::Scatter scatter;
  const auto label = collected.labels.find("redshift");
  for (size_t i = 0; i < rows.size(); ++i) {
    scatter.x.push_back(z_N2[int64_t(i)][0].item<double>());
    scatter.y.push_back(z_N2[int64_t(i)][1].item<double>());
    const size_t row = size_t(rows[i]);
    scatter.hover.push_back(collected.subject.objects[row].id);
    if (label == collected.labels.end()) continue;
    const bool known = label->second.present[row];
    scatter.value.push_back(known ? std::log10(1 + label->second.value[row]) : std::nan(""));
    if (known) scatter.hover.back() += ", z = " + redshift_text(label->second.value[row]);
  }
  scatter.value_label = "log10(1 + z)";
  figure.x.label = "first principal component";
  figure.y.label = "second principal component";
  figure.height = 520;
  figure.caption =
      fmt::format("The vectors of {} test objects, flattened by their two leading principal components.", rows.size());
  figure.add(scatter);
  return figure;
}

using Pictures = std::map<std::string, std::string>;  // object id -> data URI

Pictures pictures_of(const std::filesystem::path& dataset, const std::string& modality,
                     const std::vector<std::string>& ids) {
  Pictures out;
  for (const auto& id : ids) out[id] = "";
  size_t found = 0;
  data::HatsReader::open(dataset).for_each({modality}, 64, [&](modalities::Batch&& batch, int64_t) {
    for (int64_t i = 0; i < batch.size(); ++i) {
      const auto wanted = out.find(batch.objects[size_t(i)].id);
      if (wanted == out.end()) continue;
      ++found;
      if (const auto picture = similar::thumbnail(batch.blocks.at(modality), i))
        wanted->second = report::png_uri(*picture);
    }
    return found < out.size();
  });
  return out;
}

// For the first few test objects with both: which rows' `to` vectors are nearest to their `from` vector.
void add_crossing(report::Page& page, const eval::Collected& collected, const std::string& from, const std::string& to,
                  const std::filesystem::path& dataset) {
  const auto &a = collected.subject.vectors.at(from), &b = collected.subject.vectors.at(to);
  std::vector<int64_t> rows;
  for (const int64_t row : collected.split.test)
    if (a.present[size_t(row)] && b.present[size_t(row)]) rows.push_back(row);
  if (rows.size() < 20 || a.vectors_ND.size(1) != b.vectors_ND.size(1)) return;
  const auto chosen = at::tensor(rows);
  const auto queries = a.vectors_ND.index_select(0, chosen).to(at::kFloat).contiguous();
  const auto targets = b.vectors_ND.index_select(0, chosen).to(at::kFloat).contiguous();
  const size_t d = size_t(queries.size(1));
  const auto index = search::build("exact", search::Metric::cosine, {targets.const_data_ptr<float>(), rows.size(), d});
  const auto found = index->search({queries.const_data_ptr<float>(), std::min(kQueries, rows.size()), d}, kNeighbours);
  std::vector<std::string> ids;
  for (const uint64_t row : found.rows)
    if (row != search::kNoRow) ids.push_back(collected.subject.objects[size_t(rows[row])].id);
  for (size_t i = 0; i < found.queries; ++i) ids.push_back(collected.subject.objects[size_t(rows[i])].id);
  const auto asked = pictures_of(dataset, from, ids), shown = pictures_of(dataset, to, ids);
  report::Gallery gallery;
  for (size_t i = 0; i < found.queries; ++i) {
    report::GalleryRow row;
    const std::string query = collected.subject.objects[size_t(rows[i])].id;
    row.label = query;
    row.tiles.push_back({.image = asked.at(query), .caption = from});
    for (const uint64_t hit : found.rows_of(i)) {
      if (hit == search::kNoRow) break;
      const std::string id = collected.subject.objects[size_t(rows[hit])].id;
      row.tiles.push_back({.image = shown.at(id),
                           .caption = id,
                           .detail = id == query ? "the same object" : "",
                           .marked = id == query});
    }
    gallery.rows.push_back(std::move(row));
  }
  gallery.caption = fmt::format(
      "{} finds {}: at the left what was asked with, then the nearest of {} test objects; the true match is framed.",
      from, to, rows.size());
  page.gallery(gallery);
}

}  // namespace

void add_vector_section(report::Page& page, const eval::Collected& collected, const std::filesystem::path& dataset) {
  const auto& vectors = collected.subject.vectors;
  const auto all = vectors.count("all") ? vectors.find("all") : vectors.begin();
  if (all == vectors.end()) return;
  if (auto figure = vector_map(collected, all->second); !figure.marks.empty())
    page.heading("A map of the vectors").figure(figure);
  std::string image, spectrum;
  for (const auto& entry : vectors) {
    if (entry.first.starts_with("image_")) image = entry.first;
    if (entry.first.starts_with("spectrum_")) spectrum = entry.first;
  }
  if (image.empty() || spectrum.empty()) return;
  page.heading("Neighbours across modalities");
  add_crossing(page, collected, image, spectrum, dataset);
  add_crossing(page, collected, spectrum, image, dataset);
}

void add_search_section(report::Page& page, const std::filesystem::path& folder) {
  const auto index = similar::ObjectIndex::open(folder);
  std::vector<uint64_t> rows;
  std::vector<float> vector(index.vectors().dimension());
  for (uint64_t row = 0; row < index.objects().size() && rows.size() < kQueries;
       row += 1 + index.objects().size() / 50) {
    index.vectors().copy_row(row, vector.data());
    if (std::any_of(vector.begin(), vector.end(), [](float x) { return x != 0; })) rows.push_back(row);
  }
  if (rows.empty()) return;
  std::vector<std::string> captions;
  for (const auto& name : index.columns())
    if (name == "redshift") captions.push_back(name);
  page.section("Objects like these").paragraph("The same index answers `asterism search`.");
  page.gallery(
      similar::neighbours_gallery(index, similar::queries_of(index, rows), index.search(rows, kNeighbours), captions));
}

}  // namespace asterism::tour
