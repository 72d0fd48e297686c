#include "data/cache.h"

#include <arrow/api.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/progress.h"
#include "base/signals.h"
#include "data/arrow_lists.h"
#include "data/batch_table.h"
#include "data/cache_column.h"
#include "data/cache_file.h"
#include "data/split.h"
#include "io/json.h"
#include "io/parquet.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;
using modalities::Batch;
using modalities::ObjectKey;

constexpr int kFormat = 1;
constexpr int64_t kRowBytes = int64_t{32} << 20;  // decoded at a time

std::string place_column(const std::string& modality) { return "place:" + modality; }

// Keys, split numbers and places of the rows of one batch.
class RowsFile {
 public:
  RowsFile(const fs::path& path, const std::vector<std::string>& modalities) : modalities_(modalities) {
    arrow::FieldVector fields = {arrow::field("object_id", arrow::utf8()), arrow::field("survey", arrow::utf8()),
                                 arrow::field("ra", arrow::float64()), arrow::field("dec", arrow::float64()),
                                 arrow::field("split", arrow::uint8())};
    for (const auto& m : modalities) fields.push_back(arrow::field(place_column(m), arrow::int64()));
    schema_ = arrow::schema(fields);
    writer_ = std::make_unique<io::IpcWriter>(path, schema_);
  }

  void add(const Batch& batch, const std::vector<uint8_t>& splits, std::map<std::string, int64_t>& next) {
    arrow::StringBuilder id, survey;
    arrow::UInt8Builder split;
    std::vector<double> ra, dec;
    std::vector<uint8_t> placed;
    for (size_t i = 0; i < batch.objects.size(); ++i) {
      const ObjectKey& object = batch.objects[i];
      io::check_arrow(id.Append(object.id), "cache");
      io::check_arrow(survey.Append(object.survey), "cache");
      io::check_arrow(split.Append(splits[i]), "cache");
      ra.push_back(object.ra_deg);
      dec.push_back(object.dec_deg);
      placed.push_back(object.has_position);
    }
    const int64_t n = batch.size();
    arrow::ArrayVector columns = {io::need_arrow(id.Finish(), "cache"), io::need_arrow(survey.Finish(), "cache"),
                                  doubles(ra.data(), placed.data(), n), doubles(dec.data(), placed.data(), n),
                                  io::need_arrow(split.Finish(), "cache")};
    for (const auto& m : modalities_) {
      arrow::Int64Builder places;
      for (const uint8_t present : modalities::present(batch.blocks.at(m)))
        io::check_arrow(places.Append(present != 0 ? next[m]++ : -1), "cache");
      columns.push_back(io::need_arrow(places.Finish(), "cache"));
    }
    writer_->write(*arrow::RecordBatch::Make(schema_, n, columns));
  }
  void close() { writer_->close(); }

 private:
  std::vector<std::string> modalities_;
  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<io::IpcWriter> writer_;
};

std::vector<std::string> wanted(const HatsReader& dataset, const std::vector<std::string>& modalities) {
  auto out = modalities.empty() ? dataset.layout().names() : modalities;
  if (modalities.empty()) out.erase(std::remove(out.begin(), out.end(), kSplitColumn), out.end());
  return out;
}

std::vector<std::string> with_split(const HatsReader& dataset, std::vector<std::string> modalities) {
  const bool there = std::find(modalities.begin(), modalities.end(), kSplitColumn) != modalities.end();
  if (!there && dataset.layout().find(kSplitColumn) != nullptr) modalities.push_back(kSplitColumn);
  return modalities;
}

// What a cache of exactly this dataset holds; empty where there is none, or a damaged one.
std::vector<std::string> held_modalities(const fs::path& folder, const HatsReader& dataset) {
  const fs::path file = folder / "cache.json";
  if (!fs::exists(file)) return {};
  try {
    const auto about = io::read_json(file);
    if (io::text_or(about, "data_sha256", "", file.string()) != dataset.data_hash() || !about.contains("format") ||
        about["format"] != kFormat || !about.contains("modalities") || !about["modalities"].is_array())
      return {};
    std::vector<std::string> out;
    for (const auto& name : about["modalities"])
      if (name.is_string()) out.push_back(name.get<std::string>());
    return out;
  } catch (const base::DataError&) {
    return {};  // damaged: it is made again
  }
}

class CacheStore : public RowStore {
 public:
  CacheStore(const fs::path& folder, const std::vector<std::string>& modalities) : rows_(folder / "rows.arrow") {
    const auto schema = io::IpcFile::open(folder / "schema.arrow").schema();
    const Layout layout = layout_of(*schema, folder.string());
    for (const auto& name : modalities.empty() ? layout.names() : modalities) {
      const ModalityColumn* c = layout.find(name);
      if (c == nullptr) base::data_error("{}: the cache holds no '{}'; make it again", folder.string(), name);
      columns_.emplace(name, open_cache_column(folder, *c, *schema->GetFieldByName(c->column)->type()));
      const auto places = rows_.column<arrow::Int64Array>(place_column(name));
      for (const auto* chunk : places) {
        for (int64_t i = 0; i < chunk->length(); ++i) {
          if (chunk->Value(i) < -1 || chunk->Value(i) >= columns_.at(name)->num_rows())
            base::data_error("{}: place {} in {}, which has {} rows; make the cache again", rows_.where(),
                             chunk->Value(i), name, columns_.at(name)->num_rows());
        }
      }
      places_.emplace(name, places);
    }
    id_ = rows_.column<arrow::StringArray>("object_id");
    survey_ = rows_.column<arrow::StringArray>("survey");
    ra_ = rows_.column<arrow::DoubleArray>("ra");
    dec_ = rows_.column<arrow::DoubleArray>("dec");
    for (const auto* chunk : rows_.column<arrow::UInt8Array>("split"))
      splits_.insert(splits_.end(), chunk->raw_values(), chunk->raw_values() + chunk->length());
  }

  int64_t num_rows() const override { return rows_.num_rows(); }
  const std::vector<uint8_t>& splits() const override { return splits_; }

  Batch gather(const std::vector<int64_t>& rows) const override {
    Batch batch;
    std::vector<std::pair<size_t, int64_t>> found;
    for (const int64_t row : rows) {
      found.push_back(rows_.find(row));
      const auto [chunk, i] = found.back();
      ObjectKey key;
      key.id = id_[chunk]->GetString(i);
      key.survey = survey_[chunk]->GetString(i);
      key.has_position = ra_[chunk]->IsValid(i);
      if (key.has_position) {
        key.ra_deg = ra_[chunk]->Value(i);
        key.dec_deg = dec_[chunk]->Value(i);
      }
      batch.objects.push_back(std::move(key));
    }
    std::vector<int64_t> places(rows.size());
    for (const auto& [name, column] : columns_) {
      const auto& chunks = places_.at(name);
      for (size_t i = 0; i < found.size(); ++i) places[i] = chunks[found[i].first]->Value(found[i].second);
      batch.blocks.emplace(name, column->gather(places));
    }
    return batch;
  }

 private:
  CacheFile rows_;
  std::map<std::string, std::unique_ptr<CacheColumn>> columns_;
  std::map<std::string, std::vector<const arrow::Int64Array*>> places_;
  std::vector<const arrow::StringArray*> id_, survey_;
  std::vector<const arrow::DoubleArray*> ra_, dec_;
  std::vector<uint8_t> splits_;
};

}  // namespace

fs::path default_cache(const HatsReader& dataset) {
  const fs::path absolute = fs::absolute(dataset.path()).lexically_normal();
  const fs::path whole = absolute.has_filename() ? absolute : absolute.parent_path();
  fs::path beside = whole.string() + ".cache";
  if (fs::exists(beside) || access(whole.parent_path().c_str(), W_OK) == 0) return beside;
  const char* given = std::getenv("ASTERISM_CACHE");
  const char* home = std::getenv("HOME");
  const fs::path base =
      given != nullptr ? fs::path(given) : fs::path(home != nullptr ? home : "/tmp") / ".cache" / "asterism";
  fs::create_directories(base);
  return base / dataset.data_hash().substr(0, 32);
}

int64_t make_cache(const HatsReader& dataset, const std::vector<std::string>& modalities, const fs::path& folder) {
  auto names = wanted(dataset, modalities);
  for (const auto& name : held_modalities(folder, dataset))  // or two users would make it anew in turn, without end
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  const auto reading = with_split(dataset, names);
  if (!fs::exists(folder / "cache.json")) base::check_replaces(folder, "rows.arrow");  // a damaged one is made again
  base::AtomicFolder out(folder, base::Replace::yes);
  std::map<std::string, std::unique_ptr<CacheColumnWriter>> writers;
  std::map<std::string, int64_t> next;
  RowsFile rows(out.path() / "rows.arrow", names);
  base::Progress progress("caching " + dataset.name(), uint64_t(dataset.num_rows()));
  Batch first;
  const int64_t step = std::clamp<int64_t>(
      kRowBytes * dataset.num_rows() / std::max<int64_t>(1, decoded_bytes(dataset, names)), 1, 65536);
  dataset.for_each(reading, step, [&](Batch&& batch, int64_t) {
    base::stop_if_requested("stopped by a signal; no cache was made");
    rows.add(batch, split_numbers(batch), next);
    for (const auto& name : names) {
      auto& writer = writers[name];
      if (!writer) writer = write_cache_column(out.path(), name, dataset.layout().find(name)->kind);
      writer->add(batch.blocks.at(name));
    }
    if (first.objects.empty()) first = modalities::select(batch, {0});
    progress.add(uint64_t(batch.size()));
    return true;
  });
  if (first.objects.empty()) base::data_error("{}: the dataset holds no rows", dataset.path().string());
  rows.close();
  for (auto& [name, writer] : writers) writer->close();
  if (first.blocks.count(kSplitColumn) != 0 && std::find(names.begin(), names.end(), kSplitColumn) == names.end())
    first.blocks.erase(kSplitColumn);
  const auto schema = schema_for(first, {.name = dataset.name()});
  io::write_ipc(out.path() / "schema.arrow", *io::need_arrow(arrow::Table::MakeEmpty(schema), "schema"));
  io::write_json(out.path() / "cache.json",
                 {{"format", kFormat}, {"data_sha256", dataset.data_hash()}, {"modalities", names}});
  int64_t bytes = 0;
  for (const auto& entry : fs::directory_iterator(out.path())) bytes += int64_t(entry.file_size());
  out.commit();
  return bytes;
}

bool cache_serves(const fs::path& folder, const HatsReader& dataset, const std::vector<std::string>& modalities) {
  const auto held = held_modalities(folder, dataset);
  const auto names = wanted(dataset, modalities);
  return !held.empty() && std::all_of(names.begin(), names.end(), [&](const std::string& name) {
    return std::find(held.begin(), held.end(), name) != held.end();
  });
}

std::unique_ptr<RowStore> open_cache(const fs::path& folder, const std::vector<std::string>& modalities) {
  return std::make_unique<CacheStore>(folder, modalities);
}

}  // namespace asterism::data
