#pragma once
// The answers of a search as a page with pictures.

#include <string>
#include <vector>

#include "report/gallery.h"
#include "report/page.h"
#include "search/index.h"
#include "similar/object_index.h"

namespace asterism::similar {

// One row of pictures a query: the query itself, framed, then its neighbours, nearest first, with score and `captions`
// columns. query_rows[i] is the row of query i in the index, or search::kNoRow for a vector from elsewhere.
report::Gallery neighbours_gallery(const ObjectIndex& index, const std::vector<uint64_t>& query_rows,
                                   const search::Neighbours& neighbours, const std::vector<std::string>& captions);

report::Page answer_page(const ObjectIndex& index, const std::vector<uint64_t>& query_rows,
                         const search::Neighbours& neighbours, const std::vector<std::string>& captions,
                         const std::string& conditions);

}  // namespace asterism::similar
