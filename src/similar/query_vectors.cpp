#include "similar/query_vectors.h"

#include <algorithm>
#include <map>

#include "base/error.h"

namespace asterism::similar {
namespace {

constexpr int64_t kBatchRows = 4096;

// Where the vectors of the objects asked for will stand, and which have come.
class Places {
 public:
  Places(const std::filesystem::path& dataset, const std::vector<std::string>& ids)
      : dataset_(dataset), ids_(ids), come_(ids.size(), 0) {
    for (size_t i = 0; i < ids.size(); ++i) places_[ids[i]].push_back(i);
  }

  void put(const modalities::ObjectKey& key, bool present, const float* vector, QueryVectors& out) {
    for (const std::string& name : {key.id, key.survey + "/" + key.id}) {
      const auto found = places_.find(name);
      if (found == places_.end()) continue;
      if (!present) base::user_error("{}: object '{}' has no vector.", dataset_.string(), name);
      for (const size_t i : found->second) {
        if (come_[i]++ > 0)
          base::user_error("{}: several objects are called '{}'; {}.", dataset_.string(), name,
                           name == key.id ? "write SURVEY/ID" : "give them different ids to tell them apart");
        std::copy_n(vector, out.dimension, out.values.data() + i * out.dimension);
      }
    }
  }

  void all_came() const {
    for (size_t i = 0; i < ids_.size(); ++i)
      if (come_[i] == 0) base::user_error("{} has no object '{}'.", dataset_.string(), ids_[i]);
  }

 private:
  const std::filesystem::path& dataset_;
  const std::vector<std::string>& ids_;
  std::vector<int> come_;
  std::map<std::string, std::vector<size_t>> places_;
};

}  // namespace

std::string vector_column(const data::HatsReader& dataset, const std::string& asked) {
  std::vector<std::string> found;
  for (const auto& column : dataset.layout().modalities)
    if (column.kind == "vector" && column.vocabulary == 0) found.push_back(column.modality);
  const std::string where = dataset.path().string();
  if (found.empty())
    base::user_error("{} has no column of vectors. Make one with 'asterism embed MODEL DATASET OUT'.", where);
  if (asked.empty() && found.size() > 1)
    base::user_error("{} has the vector columns {}; choose one with --column.", where, base::quoted_list(found));
  if (asked.empty()) return found.front();
  if (base::nearest(asked, found) != asked)
    base::user_error("{} has no vector column '{}'; the nearest is '{}'.", where, asked, base::nearest(asked, found));
  return asked;
}

QueryVectors read_query_vectors(const std::filesystem::path& path, const std::string& asked,
                                const std::vector<std::string>& ids) {
  const auto dataset = data::HatsReader::open(path);
  const std::string column = vector_column(dataset, asked);
  QueryVectors out;
  out.names = ids;
  Places places(path, ids);
  dataset.for_each({column}, kBatchRows, [&](modalities::Batch&& batch, int64_t) {
    const auto& vectors = std::get<modalities::VectorBlock>(batch.blocks.at(column));
    out.dimension = size_t(vectors.width);
    if (!ids.empty()) out.values.resize(ids.size() * out.dimension);
    for (int64_t row = 0; row < batch.size(); ++row) {
      const auto& key = batch.objects[size_t(row)];
      const float* vector = vectors.value.data() + row * vectors.width;
      const bool present = vectors.present[size_t(row)] != 0;
      if (!ids.empty()) {
        places.put(key, present, vector, out);
      } else if (present) {
        out.names.push_back(key.id);
        out.values.insert(out.values.end(), vector, vector + vectors.width);
      }
    }
    return true;
  });
  places.all_came();
  if (out.names.empty()) base::user_error("{}: no object has a vector.", path.string());
  return out;
}

}  // namespace asterism::similar
