#include <fmt/core.h>

#include <cmath>

#include "apps/commands.h"
#include "apps/options.h"
#include "base/error.h"
#include "base/json_line.h"
#include "base/log.h"
#include "similar/answer_page.h"
#include "similar/object_index.h"
#include "similar/query_vectors.h"

namespace asterism::apps {
namespace {

void print_answers(const similar::ObjectIndex& index, const std::vector<similar::Query>& queries,
                   const search::Neighbours& found, const std::vector<std::string>& columns, bool json) {
  const auto score = similar::score_name(index);
  if (!json) fmt::print("{:<24} {:>4} {:<24} {:>8} {:>11} {:>11}", "query", "rank", "object", score, "ra", "dec");
  if (!json)
    for (const auto& name : columns) fmt::print(" {:>14}", name);
  if (!json) fmt::print("\n");
  for (size_t i = 0; i < found.queries; ++i)
    for (size_t j = 0; j < found.k; ++j) {
      const uint64_t row = found.rows_of(i)[j];
      if (row == search::kNoRow) break;
      const auto& key = index.objects()[row];
      const double told = similar::told_score(index, found.scores_of(i)[j]);
      if (json) {
        base::JsonLine line;
        line.add("query", queries[i].name)
            .add("rank", int64_t(j + 1))
            .add("object_id", key.id)
            .add("survey", key.survey)
            .add(score, told);
        if (key.has_position) line.add("ra", key.ra_deg).add("dec", key.dec_deg);
        for (const auto& name : columns)
          if (const double value = index.column(name)[row]; !std::isnan(value)) line.add(name, value);
        fmt::print("{}\n", line.str());
        continue;
      }
      fmt::print("{:<24} {:>4} {:<24} {:>8.4f} {:>11} {:>11}", queries[i].name, j + 1, key.id, told,
                 key.has_position ? fmt::format("{:.5f}", key.ra_deg) : "-",
                 key.has_position ? fmt::format("{:.5f}", key.dec_deg) : "-");
      for (const auto& name : columns) {
        const double value = index.column(name)[row];
        fmt::print(" {:>14}", std::isnan(value) ? "-" : fmt::format("{:.5g}", value));
      }
      fmt::print("\n");
    }
}

// An id may hold commas; what is no object of the index is a,b,...
std::vector<std::string> ids_in(const std::vector<std::string>& texts, const similar::ObjectIndex& index) {
  std::vector<std::string> out;
  for (const auto& text : texts) {
    const auto some = index.has(text) ? std::vector{text} : split_commas({text});
    out.insert(out.end(), some.begin(), some.end());
  }
  return out;
}

}  // namespace

int search_command(const Arguments& arguments) {
  CommandLine line(
      "search", "Finds the objects most like those named.",
      "asterism search out/index --id mock-1-17 -k 10 --where 'redshift < 0.3' --show redshift --html like17.html");
  std::string folder, where, html, vectors, column;
  std::vector<std::string> ids, show;
  size_t k = 10;
  line.app.add_option("INDEX", folder, "folder made by 'asterism index'")->required();
  auto* id = line.app.add_option("--id", ids, "objects to look for, ID or SURVEY/ID, a,b,...");
  auto* from = line.app.add_option("--vectors", vectors,
                                   "dataset whose vectors are looked for, those of images in an index of spectra, say; "
                                   "all of them, or those of --id");
  line.app.add_option("--column", column, "of --vectors, where it has several of vectors")->needs(from);
  line.app.add_option("-k", k, "neighbours of each")->capture_default_str()->check(CLI::Range(1, 100000));
  line.app.add_option("--where", where, "only objects that fulfil this, e.g. 'redshift < 0.1 and flux_r >= 20'");
  line.app.add_option("--show", show, "columns to print beside them, a,b,...");
  line.app.add_option("--html", html, "also write a page with pictures");
  if (!line.parse(arguments)) return 0;
  if (id->count() + from->count() == 0)
    base::user_error("search: name what to look for, with --id or --vectors. 'asterism search --help' tells more.");
  show = split_commas(show);
  const auto index = similar::ObjectIndex::open(folder);
  ids = ids_in(ids, index);
  for (const auto& name : show) index.column(name);  // refuse an unknown one before anything is printed
  std::vector<similar::Query> queries;
  search::Neighbours found;
  if (vectors.empty()) {
    std::vector<uint64_t> rows;
    rows.reserve(ids.size());
    for (const auto& one : ids) rows.push_back(index.row_of(one));
    queries = similar::queries_of(index, rows);
    found = index.search(rows, k, where);
  } else {
    const auto asked = similar::read_query_vectors(vectors, column, ids);
    queries = similar::named_queries(index, asked.names);
    found = index.search(asked.rows(), k, where);
  }
  print_answers(index, queries, found, show, line.json);
  if (std::all_of(found.rows.begin(), found.rows.end(), [](uint64_t row) { return row == search::kNoRow; }))
    base::log_warning("nothing was found: no other object of the index{}",
                      where.empty() ? "" : " fulfils --where '" + where + "'");
  if (!html.empty()) similar::answer_page(index, queries, found, show, where).write(html);
  return 0;
}

}  // namespace asterism::apps
