#pragma once
// Vectors of a dataset as queries to an index: the vectors of images asked of an index of spectra, say.

#include <filesystem>
#include <string>
#include <vector>

#include "data/hats_read.h"
#include "search/index.h"

namespace asterism::similar {

// The dataset's only column of vectors, or the one asked for. UserError where there is none, or several and none named.
std::string vector_column(const data::HatsReader& dataset, const std::string& asked);

struct QueryVectors {
  std::vector<std::string> names;  // ids of the objects
  std::vector<float> values;       // [names, dimension]
  size_t dimension = 0;
  search::Rows rows() const { return {values.data(), names.size(), dimension}; }
};

// The vectors of these objects ("id" or "survey/id"), in this order; without ids, of all that have one, in the order of
// the dataset. UserError for an object that is not there, is there twice, or has no vector, and where no object has
// one.
QueryVectors read_query_vectors(const std::filesystem::path& dataset, const std::string& column,
                                const std::vector<std::string>& ids);

}  // namespace asterism::similar
