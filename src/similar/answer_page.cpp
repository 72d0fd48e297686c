#include "similar/answer_page.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "io/base64.h"
#include "report/table.h"

namespace asterism::similar {
namespace {

std::string picture_uri(const ObjectIndex& index, uint64_t row) {
  const std::string& png = index.picture(row);
  if (png.empty()) return "";
  return io::data_uri("image/png", std::as_bytes(std::span(png.data(), png.size())));
}

report::Tile tile(const ObjectIndex& index, uint64_t row, const std::vector<std::string>& captions,
                  const std::string& score, bool marked) {
  report::Tile out;
  out.image = picture_uri(index, row);
  out.marked = marked;
  for (const auto& name : captions) {
    const double value = index.column(name)[row];
    if (std::isnan(value)) continue;
    out.caption += (out.caption.empty() ? "" : ", ") + name + fmt::format(" {:.5g}", value);
  }
  if (out.caption.empty()) out.caption = index.objects()[row].id;
  out.detail = score;
  return out;
}

}  // namespace

std::vector<Query> queries_of(const ObjectIndex& index, const std::vector<uint64_t>& rows) {
  std::vector<Query> out;
  out.reserve(rows.size());
  for (const uint64_t row : rows) out.push_back({index.objects().at(row).id, row});
  return out;
}

std::vector<Query> named_queries(const ObjectIndex& index, const std::vector<std::string>& names) {
  std::unordered_map<std::string_view, uint64_t> rows;  // kNoRow: not there, or more than once
  for (const auto& name : names) rows.emplace(name, search::kNoRow);
  std::unordered_set<std::string_view> twice;
  for (uint64_t row = 0; row < index.objects().size(); ++row) {
    const auto found = rows.find(index.objects()[row].id);
    if (found == rows.end()) continue;
    if (found->second != search::kNoRow) twice.insert(found->first);
    found->second = row;
  }
  std::vector<Query> out;
  out.reserve(names.size());
  for (const auto& name : names) out.push_back({name, twice.contains(name) ? search::kNoRow : rows.at(name)});
  return out;
}

std::string score_name(const ObjectIndex& index) {
  return index.vectors().metric() == search::Metric::l2 ? "distance" : "score";
}

double told_score(const ObjectIndex& index, float score) {
  return index.vectors().metric() == search::Metric::l2 ? std::sqrt(std::max(0.0, double(score))) : double(score);
}

report::Gallery neighbours_gallery(const ObjectIndex& index, const std::vector<Query>& queries,
                                   const search::Neighbours& neighbours, const std::vector<std::string>& captions) {
  report::Gallery gallery;
  for (size_t i = 0; i < neighbours.queries; ++i) {
    report::GalleryRow row;
    row.label = queries[i].name;
    if (queries[i].row != search::kNoRow) row.tiles.push_back(tile(index, queries[i].row, captions, "the query", true));
    for (size_t j = 0; j < neighbours.k; ++j) {
      const uint64_t found = neighbours.rows_of(i)[j];
      if (found == search::kNoRow) break;
      row.tiles.push_back(
          tile(index, found, captions, report::significant(told_score(index, neighbours.scores_of(i)[j]), 3), false));
    }
    gallery.rows.push_back(std::move(row));
  }
  gallery.caption = "Each row: the query in a frame, where the index has it, then the objects nearest to it by " +
                    (score_name(index) == "distance" ? std::string("Euclidean distance (l2)")
                                                     : std::string(search::name_of(index.vectors().metric()))) +
                    " of their vectors.";
  return gallery;
}

report::Page answer_page(const ObjectIndex& index, const std::vector<Query>& queries,
                         const search::Neighbours& neighbours, const std::vector<std::string>& captions,
                         const std::string& conditions) {
  report::Page page("Objects like these", std::to_string(index.objects().size()) + " objects searched");
  if (!conditions.empty()) page.paragraph("Only objects with `" + conditions + "`.");
  page.gallery(neighbours_gallery(index, queries, neighbours, captions));
  report::Table table;
  table.columns = {{"query", ""},           {"rank", ""},  {"object", ""}, {"survey", ""},
                   {score_name(index), ""}, {"ra", "deg"}, {"dec", "deg"}};
  for (const auto& name : captions) table.columns.push_back({name, ""});
  for (size_t i = 0; i < neighbours.queries; ++i)
    for (size_t j = 0; j < neighbours.k; ++j) {
      const uint64_t row = neighbours.rows_of(i)[j];
      if (row == search::kNoRow) break;
      const auto& key = index.objects()[row];
      table.rows.push_back({queries[i].name, std::to_string(j + 1), key.id, key.survey,
                            report::significant(told_score(index, neighbours.scores_of(i)[j]), 4),
                            key.has_position ? fmt::format("{:.5f}", key.ra_deg) : "",
                            key.has_position ? fmt::format("{:.5f}", key.dec_deg) : ""});
      for (const auto& name : captions) {
        const double value = index.column(name)[row];
        table.rows.back().push_back(std::isnan(value) ? "" : report::significant(value, 4));
      }
    }
  return page.table(table);
}

}  // namespace asterism::similar
