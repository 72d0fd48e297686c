#pragma once
// A search index that knows whose vectors its rows are.
//
//   build_object_index({.vectors = "vectors", .pictures = "sky"}, "index");
//   auto index = ObjectIndex::open("index");
//   auto near = index.search({index.row_of("mock-1-17")}, 10, "redshift < 0.2");
//
// On disk a folder that is complete or not there: vectors.index (docs/formats/index.md), objects.parquet (a row for
// each vector, in the same order: object_id, survey, ra, dec, the scalar columns, and `picture`, a small PNG),
// about.json.

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/atomic_file.h"
#include "modalities/block.h"
#include "search/index.h"

namespace asterism::similar {

struct BuildOptions {
  std::filesystem::path vectors;   // a dataset with a column of vectors, as `asterism embed` writes it
  std::string column;              // of the vectors; empty: the only one there is
  std::filesystem::path pictures;  // a dataset with images or spectra of the same objects; empty: no pictures
  std::string kind = "exact";      // search/all.cpp
  search::Metric metric = search::Metric::cosine;
  base::Replace replace = base::Replace::no;
};

// Returns the number of rows. UserError where there is no vector column, or `out` exists; DataError as the files
// deserve.
uint64_t build_object_index(const BuildOptions& options, const std::filesystem::path& out);

class ObjectIndex {
 public:
  // UserError where there is none. DataError where its files do not belong together, or differ from their checksums
  // (those of the vectors are compared up to 256 MiB; check_object_index() of index_check.h reads everything).
  static ObjectIndex open(const std::filesystem::path& folder);

  const search::Index& vectors() const { return *index_; }
  const std::vector<modalities::ObjectKey>& objects() const { return objects_; }
  std::vector<std::string> columns() const;  // that conditions may name
  const std::vector<double>& column(
      const std::string& name) const;              // NaN where missing; UserError with the nearest name
  const std::string& picture(uint64_t row) const;  // PNG bytes; "" where there is none

  // The row of an id, "id" or "survey/id". UserError where there is none, or several of one id (names the surveys).
  uint64_t row_of(std::string_view id) const;
  bool has(std::string_view id) const;  // one or several of that name

  // The k nearest rows of each of these rows' vectors, the row itself left out, among those that fulfil the conditions.
  // UserError for a row without a vector.
  search::Neighbours search(const std::vector<uint64_t>& rows, size_t k, std::string_view conditions = "") const;
  // The same for vectors from elsewhere, [n, d].
  search::Neighbours search(search::Rows queries, size_t k, std::string_view conditions = "") const;

 private:
  search::Filter filter_for(std::string_view conditions) const;
  std::unique_ptr<search::Index> index_;
  std::vector<modalities::ObjectKey> objects_;
  std::map<std::string, std::vector<double>> columns_;
  std::vector<std::string> pictures_;
};

}  // namespace asterism::similar
