#pragma once
// The answers of a search as a page with pictures.

#include <string>
#include <vector>

#include "report/gallery.h"
#include "report/page.h"
#include "search/index.h"
#include "similar/object_index.h"

namespace asterism::similar {

struct Query {
  std::string name;
  uint64_t row = search::kNoRow;  // of the index; kNoRow where that has no such object
};

// The rows of an index as queries.
std::vector<Query> queries_of(const ObjectIndex& index, const std::vector<uint64_t>& rows);

// Vectors from elsewhere as queries: of objects that the index holds under that id, once, with their row.
std::vector<Query> named_queries(const ObjectIndex& index, const std::vector<std::string>& names);

// What is told of a neighbour, and its name: the Euclidean "distance" by l2, whose scores are its square; the "score"
// itself by the other metrics.
std::string score_name(const ObjectIndex& index);
double told_score(const ObjectIndex& index, float score);

// One row of pictures a query: the query itself, framed (where the index has it), then its neighbours, nearest first,
// with score and `captions` columns.
report::Gallery neighbours_gallery(const ObjectIndex& index, const std::vector<Query>& queries,
                                   const search::Neighbours& neighbours, const std::vector<std::string>& captions);

report::Page answer_page(const ObjectIndex& index, const std::vector<Query>& queries,
                         const search::Neighbours& neighbours, const std::vector<std::string>& captions,
                         const std::string& conditions);

}  // namespace asterism::similar
