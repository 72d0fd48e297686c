// build_object_index of object_index.h.

#include <arrow/api.h>

#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/signals.h"
#include "data/hats_read.h"
#include "io/image_file.h"
#include "io/json.h"
#include "io/parquet.h"
#include "similar/index_check.h"
#include "similar/object_index.h"
#include "similar/query_vectors.h"
#include "similar/thumbnail.h"

namespace asterism::similar {
namespace {

constexpr int64_t kBatchRows = 4096, kPictureRows = 256;
constexpr const char* kStopped = "stopped by a signal; no index was made";

// The first image of flux, else the first picture, else the first spectrum.
std::string pictured_modality(const data::HatsReader& dataset) {
  for (const char* kind : {"image", "picture", "spectrum"})
    for (const auto& column : dataset.layout().modalities)
      if (column.kind == kind) return column.modality;
  base::user_error("{} has neither images nor spectra to show. Leave --pictures away, or name a dataset that has.",
                   dataset.path().string());
}

std::unordered_map<std::string, std::string> pictures_of(const std::filesystem::path& path) {
  std::unordered_map<std::string, std::string> out;
  if (path.empty()) return out;
  const auto dataset = data::HatsReader::open(path);
  const std::string modality = pictured_modality(dataset);
  base::Progress progress("pictures", uint64_t(dataset.num_rows()));
  dataset.for_each({modality}, kPictureRows, [&](modalities::Batch&& batch, int64_t) {
    base::stop_if_requested(kStopped);
    for (int64_t row = 0; row < batch.size(); ++row) {
      const auto picture = thumbnail(batch.blocks.at(modality), row);
      if (!picture) continue;
      const auto png = io::encode_png(*picture);
      const auto& key = batch.objects[size_t(row)];
      out[key.survey + "/" + key.id].assign(reinterpret_cast<const char*>(png.data()), png.size());
    }
    progress.add(uint64_t(batch.size()));
    return true;
  });
  return out;
}

// The columns of objects.parquet, growing batch by batch.
class ObjectTable {
 public:
  ObjectTable(std::vector<std::string> scalars, const std::unordered_map<std::string, std::string>& pictures)
      : scalars_(std::move(scalars)), pictures_(pictures), values_(scalars_.size()) {}

  void add(const modalities::Batch& batch) {
    for (const auto& key : batch.objects) {
      const auto picture = pictures_.find(key.survey + "/" + key.id);
      check(id_.Append(key.id), survey_.Append(key.survey));
      check(key.has_position ? ra_.Append(key.ra_deg) : ra_.AppendNull(),
            key.has_position ? dec_.Append(key.dec_deg) : dec_.AppendNull());
      pictured_ += picture != pictures_.end();
      repeated_ += !seen_.insert(key.hash()).second;
      check(picture == pictures_.end() ? picture_.AppendNull() : picture_.Append(picture->second));
    }
    for (size_t i = 0; i < scalars_.size(); ++i) {
      const auto& scalar = std::get<modalities::ScalarBlock>(batch.blocks.at(scalars_[i]));
      for (int64_t row = 0; row < scalar.n; ++row)
        check(scalar.present[size_t(row)] ? values_[i].Append(scalar.value[size_t(row)]) : values_[i].AppendNull());
    }
  }

  int64_t pictured() const { return pictured_; }
  int64_t repeated() const { return repeated_; }

  void write(const std::filesystem::path& path) {
    arrow::FieldVector fields;
    arrow::ArrayVector arrays;
    const auto finish = [&](const std::string& name, arrow::ArrayBuilder& builder) {
      arrays.push_back(io::need_arrow(builder.Finish(), path.string()));
      fields.push_back(arrow::field(name, arrays.back()->type()));
    };
    finish("object_id", id_);
    finish("survey", survey_);
    finish("ra", ra_);
    finish("dec", dec_);
    for (size_t i = 0; i < scalars_.size(); ++i) finish(scalars_[i], values_[i]);
    finish("picture", picture_);
    io::write_parquet(path, *arrow::Table::Make(arrow::schema(fields), arrays), {.plain = {"picture"}});
  }

 private:
  template <class... Status>
  static void check(const Status&... status) {
    (io::check_arrow(status, "the table of objects"), ...);
  }
  std::vector<std::string> scalars_;
  const std::unordered_map<std::string, std::string>& pictures_;
  arrow::StringBuilder id_, survey_;
  arrow::DoubleBuilder ra_, dec_;
  arrow::BinaryBuilder picture_;
  std::vector<arrow::DoubleBuilder> values_;
  std::unordered_set<uint64_t> seen_;
  int64_t pictured_ = 0, repeated_ = 0;
};

}  // namespace

uint64_t build_object_index(const BuildOptions& options, const std::filesystem::path& out) {
  const auto dataset = data::HatsReader::open(options.vectors);
  const std::string column = vector_column(dataset, options.column);
  std::vector<std::string> scalars, wanted = {column};
  for (const auto& c : dataset.layout().modalities)
    if (c.kind == "scalar") scalars.push_back(c.modality);
  wanted.insert(wanted.end(), scalars.begin(), scalars.end());

  if (options.replace == base::Replace::yes) base::check_replaces(out, kVectorsFile);
  base::AtomicFolder folder(out, options.replace);
  const auto pictures = pictures_of(options.pictures);
  ObjectTable table(scalars, pictures);
  std::unique_ptr<search::Index> index;
  base::Progress progress("indexing", uint64_t(dataset.num_rows()));
  dataset.for_each(wanted, kBatchRows, [&](modalities::Batch&& batch, int64_t) {
    base::stop_if_requested(kStopped);
    const auto& vectors = std::get<modalities::VectorBlock>(batch.blocks.at(column));
    if (!index) index = search::make(options.kind, options.metric, size_t(vectors.width));
    index->append({vectors.value.data(), size_t(vectors.n), size_t(vectors.width)});
    table.add(batch);
    progress.add(uint64_t(batch.size()));
    return true;
  });
  if (!index) base::user_error("{} has no rows to index.", options.vectors.string());
  if (!options.pictures.empty() && table.pictured() == 0)
    base::user_error("{} holds none of the objects of {}: ids and surveys must be the same.", options.pictures.string(),
                     options.vectors.string());
  if (!options.pictures.empty() && table.pictured() < int64_t(index->size()))
    base::log_warning("{} of {} objects have no picture in {}", int64_t(index->size()) - table.pictured(),
                      index->size(), options.pictures.string());
  if (table.repeated() > 0)
    base::log_warning(
        "{} of {} rows repeat the survey and id of another: they are found, but 'search --id' cannot tell them apart",
        table.repeated(), index->size());
  index->save(folder.path() / kVectorsFile);
  table.write(folder.path() / kObjectsFile);
  nlohmann::json about;
  about["format"] = "asterism object index 1";
  about["vectors"] = {{"dataset", dataset.name()}, {"column", column}, {"data_hash", dataset.data_hash()}};
  about["kind"] = index->kind();
  about["metric"] = std::string(search::name_of(index->metric()));
  about["rows"] = index->size();
  about["dimension"] = index->dimension();
  about["objects_crc32c"] = objects_checksum(folder.path());
  io::write_json(folder.path() / kAboutFile, about);
  folder.commit();
  return index->size();
}

}  // namespace asterism::similar
