#include "similar/object_index.h"

#include <arrow/api.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "data/arrow_lists.h"
#include "io/parquet.h"
#include "similar/condition.h"
#include "similar/index_check.h"

namespace asterism::similar {
namespace {

constexpr uintmax_t kCheckedOnOpening = uintmax_t{256} << 20;  // bytes of vectors: a tenth of a second

std::vector<double> numbers(const arrow::Table& table, const std::string& name, const std::string& where) {
  const auto column = table.GetColumnByName(name);
  if (!column) base::data_error("{}: there is no column '{}'", where, name);
  const size_t n = size_t(table.num_rows());
  std::vector<double> out(n);
  std::vector<uint8_t> missing(n, 0);
  data::read_doubles(*data::one_chunk(*column, where), 0, int64_t(n), out.data(), missing.data(),
                     where + ", column " + name);
  for (size_t i = 0; i < n; ++i)
    if (missing[i]) out[i] = std::nan("");
  return out;
}

std::vector<std::string> texts(const arrow::Table& table, const std::string& name, const std::string& where) {
  const auto column = table.GetColumnByName(name);
  if (!column) base::data_error("{}: there is no column '{}'", where, name);
  const auto values = data::one_chunk(*column, where);
  std::vector<std::string> out(size_t(table.num_rows()));
  for (size_t i = 0; i < out.size(); ++i) out[i] = data::read_text(*values, int64_t(i), where + ", column " + name);
  return out;
}

}  // namespace

ObjectIndex ObjectIndex::open(const std::filesystem::path& folder) {
  if (!std::filesystem::is_directory(folder))
    base::user_error("there is no index '{}'. Make one with 'asterism index VECTORS OUT'.", folder.string());
  ObjectIndex out;
  const auto vectors = folder / kVectorsFile;
  if (!std::filesystem::exists(vectors))
    base::user_error("'{}' is no index: it holds no {}. Of a dataset with vectors 'asterism index {} OUT' makes one.",
                     folder.string(), kVectorsFile, folder.string());
  out.index_ = search::open(vectors);
  if (std::filesystem::file_size(vectors) <= kCheckedOnOpening) out.index_->check();
  const std::string where = (folder / kObjectsFile).string();
  check_objects(folder);
  const auto table = io::read_parquet(where);
  if (uint64_t(table->num_rows()) != out.index_->size())
    base::data_error("{}: {} objects for {} vectors; the index is damaged, make it again.", where, table->num_rows(),
                     out.index_->size());
  const auto ids = texts(*table, "object_id", where), surveys = texts(*table, "survey", where);
  const auto ra = numbers(*table, "ra", where), dec = numbers(*table, "dec", where);
  out.objects_.resize(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    auto& key = out.objects_[i];
    key.id = ids[i];
    key.survey = surveys[i];
    key.has_position = !std::isnan(ra[i]) && !std::isnan(dec[i]);
    if (key.has_position) key.ra_deg = ra[i], key.dec_deg = dec[i];
  }
  out.pictures_ = texts(*table, "picture", where);
  for (const auto& field : table->schema()->fields())
    if (field->type()->id() == arrow::Type::DOUBLE) out.columns_[field->name()] = numbers(*table, field->name(), where);
  return out;
}

std::vector<std::string> ObjectIndex::columns() const {
  std::vector<std::string> out;
  for (const auto& entry : columns_) out.push_back(entry.first);
  return out;
}

const std::vector<double>& ObjectIndex::column(const std::string& name) const {
  const auto found = columns_.find(name);
  if (found == columns_.end())
    base::user_error("the index has no column '{}'; the nearest is '{}'.", name, base::nearest(name, columns()));
  return found->second;
}

const std::string& ObjectIndex::picture(uint64_t row) const {
  ASTERISM_CHECK(row < pictures_.size(), "row {} of {}", row, pictures_.size());
  return pictures_[row];
}

namespace {

bool is_called(const modalities::ObjectKey& key, std::string_view id) {
  return key.id == id || key.survey + "/" + key.id == id;
}

}  // namespace

bool ObjectIndex::has(std::string_view id) const {
  return std::any_of(objects_.begin(), objects_.end(), [&](const auto& key) { return is_called(key, id); });
}

uint64_t ObjectIndex::row_of(std::string_view id) const {
  std::vector<uint64_t> found;
  std::set<std::string> surveys;
  for (uint64_t row = 0; row < objects_.size(); ++row) {
    const auto& key = objects_[row];
    if (!is_called(key, id)) continue;
    found.push_back(row);
    surveys.insert(key.survey);
  }
  if (surveys.size() > 1)
    base::user_error("{} objects are called '{}', of the surveys {}; write SURVEY/ID.", found.size(), id,
                     base::quoted_list({surveys.begin(), surveys.end()}));
  if (found.size() > 1)
    base::user_error(
        "{} rows of the index have survey '{}' and id '{}': they cannot be told apart. Give the objects of the dataset "
        "different ids and make the index again, or look for the vectors of another dataset with --vectors.",
        found.size(), *surveys.begin(), objects_[found.front()].id);
  if (found.empty())
    base::user_error("the index has no object '{}'; its first is '{}'.", id,
                     objects_.empty() ? "" : objects_.front().id);
  return found.front();
}

search::Filter ObjectIndex::filter_for(std::string_view conditions) const {
  search::Filter filter(objects_.size(), true);
  for (const Condition& condition : parse_conditions(conditions)) {
    const auto& values = column(condition.column);
    for (uint64_t row = 0; row < values.size(); ++row)
      if (!condition.holds(values[row])) filter.forbid(row);
  }
  return filter;
}

search::Neighbours ObjectIndex::search(const std::vector<uint64_t>& rows, size_t k, std::string_view conditions) const {
  if (k == 0) base::user_error("how many neighbours? -k must be at least 1.");
  const size_t d = index_->dimension();
  std::vector<float> queries(rows.size() * d);
  for (size_t i = 0; i < rows.size(); ++i) {
    index_->copy_row(rows[i], queries.data() + i * d);
    bool zero = true;
    for (size_t j = 0; j < d; ++j) zero = zero && queries[i * d + j] == 0;
    if (zero)
      base::user_error("object '{}' has no vector: the model was given none of its modalities.", objects_[rows[i]].id);
  }
  const auto with_self = search(search::Rows{queries.data(), rows.size(), d}, k + 1, conditions);
  search::Neighbours out{rows.size(), k, {}, {}};
  for (size_t i = 0; i < rows.size(); ++i) {
    size_t taken = 0;
    for (size_t j = 0; j <= k && taken < k; ++j) {
      if (with_self.rows_of(i)[j] == rows[i]) continue;
      out.rows.push_back(with_self.rows_of(i)[j]);
      out.scores.push_back(with_self.scores_of(i)[j]);
      ++taken;
    }
  }
  return out;
}

search::Neighbours ObjectIndex::search(search::Rows queries, size_t k, std::string_view conditions) const {
  if (k == 0) base::user_error("how many neighbours? -k must be at least 1.");
  if (queries.d != index_->dimension())
    base::user_error("queries of {} numbers, vectors of {} in the index: they are of different models.", queries.d,
                     index_->dimension());
  if (conditions.empty()) return index_->search(queries, k);
  const auto filter = filter_for(conditions);
  return index_->search(queries, k, &filter);
}

}  // namespace asterism::similar
