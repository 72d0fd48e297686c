#include "infer/map_dataset.h"

#include <ATen/Parallel.h>
#include <arrow/api.h>

#include <algorithm>
#include <future>
#include <optional>
#include <set>

#include "base/atomic_file.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/folder_lock.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "base/signals.h"
#include "data/hats_read.h"
#include "data/properties.h"
#include "data/split.h"
#include "infer/assemble_catalogue.h"
#include "infer/columns.h"
#include "infer/named_object.h"
#include "infer/side_column.h"
#include "infer/slice_reader.h"
#include "io/arrow_status.h"
#include "io/json.h"
#include "io/parquet.h"
#include "nn/device.h"
#include "nn/int8_weight.h"
#include "nn/thread_choice.h"

namespace asterism::infer {
namespace {

namespace fs = std::filesystem;

int64_t rows_without_any(const NewColumns& made, int64_t rows) {
  int64_t out = 0;
  for (int64_t row = 0; row < rows; ++row)
    out += std::all_of(made.begin(), made.end(), [&](const auto& column) { return column.second->IsNull(row); });
  return made.empty() ? 0 : out;
}

class Mapping {
 public:
  Mapping(const MapOptions& options, const BatchFunction& function)
      : options_(options),
        function_(function),
        reader_(data::HatsReader::open(options.dataset)),
        partial_(options.out.string() + ".partial"),
        threads_(at::get_num_threads(), options.device.is_cpu() ? 0 : at::get_num_threads()) {
    if (options.shards < 1) base::user_error("--shards = {}: it is at least 1", options.shards);
    if (options.shard < 0 || options.shard >= options.shards)
      base::user_error("shard {} of {}: shards are numbered from 0 to {}", options.shard, options.shards,
                       options.shards - 1);
    if (reader_.num_rows() == 0) base::user_error("{} holds no objects", options.dataset.string());
    choose_columns();
    if (fs::exists(options.out)) {
      done_ = (options.resume || options.shards > 1) && identity_of_output() == identity();
      if (!done_)
        base::user_error("{} exists{}; give another output", options.out.string(),
                         options.resume ? " and is not what this model makes of these data and options" : "");
      return;
    }
    look_at_partial();
  }

  MapResult run();

  // After a failure: how to go on where finished tiles are kept; else nothing is left, and "".
  std::string tidy_up() const;

 private:
  void choose_columns();
  void look_at_partial();
  void remove_nameless_tiles();
  void remove_done_partial();
  void make_partial();
  bool whole() const { return options_.shards == 1; }
  void check_partial() const;  // that it is of this request
  std::string identity() const;
  std::string identity_of_output() const;  // of a finished output, "" where it cannot be told
  int64_t finished_tiles() const;
  fs::path part(size_t file) const { return partial_ / fmt::format("tile-{:06}.parquet", file); }
  bool map_file(size_t file, base::Progress& progress);
  std::shared_ptr<arrow::Table> map_batch(const SliceReader::Slice& slice, int64_t& without);
  void put_together();

  const MapOptions& options_;
  const BatchFunction& function_;
  data::HatsReader reader_;
  fs::path partial_;
  std::vector<std::string> read_, kept_;  // columns to read, and those of them that are copied
  MapResult result_;
  std::optional<base::FolderLock> lock_;  // of partial_, where the whole is made by one process
  bool done_ = false;                     // the output is there, made by the same call or by other shares of it
  nn::ThreadChoice threads_;              // a GPU's batches tell nothing of threads: all of them then
};

void Mapping::choose_columns() {
  const auto& layout = reader_.layout();
  read_ = layout.columns_for(options_.modalities);
  std::set<std::string> copied;
  for (const auto& name : {layout.id_column, layout.ra_column, layout.dec_column, layout.survey_column})
    if (!name.empty()) copied.insert(name);
  for (const auto& column : layout.modalities) {
    // The side of a split is no observation: without it repeats of one object come to lie on both.
    const bool is_split = column.modality == data::kSplitColumn;
    if (!is_split && (!options_.keep_scalars || column.kind != "scalar")) continue;
    copied.insert(column.column);
    if (!column.extra_column.empty()) copied.insert(column.extra_column);
  }
  copied.insert("_healpix_29");
  for (const auto& field : reader_.schema()->fields()) {  // in the input's order
    if (!copied.contains(field->name())) continue;
    kept_.push_back(field->name());
    if (std::find(read_.begin(), read_.end(), field->name()) == read_.end()) read_.push_back(field->name());
  }
}

// Shards by unlike kernels of int8 would give one dataset two kinds of numbers.
std::string Mapping::identity() const {
  const auto kernel = options_.precision == nn::Precision::int8 ? " " + nn::int8_kernel() : "";
  return base::sha256_hex(options_.identity + "\n" + reader_.data_hash() + "\n" + kSideColumn + " " +
                          (options_.keep_scalars ? "scalars" : "bare") + kernel);
}

std::string Mapping::identity_of_output() const {
  const fs::path file = options_.out / options_.out.filename() / "hats.properties";
  if (!fs::exists(file)) return "";
  return data::Properties::read(file).find("asterism_identity").value_or("");
}

int64_t Mapping::finished_tiles() const {
  int64_t count = 0;
  for (size_t file = 0; file < reader_.files().size(); ++file) count += fs::exists(part(file)) ? 1 : 0;
  return count;
}

// Refuses work of others. Of one that left no finished tile nothing is worth keeping: it is swept away.
void Mapping::look_at_partial() {
  const fs::path file = partial_ / "identity.json";
  if (!fs::exists(file)) return remove_nameless_tiles();
  if (whole()) lock_.emplace(partial_);
  if (finished_tiles() == 0) {
    tidy_up();
    if (!fs::exists(file)) return lock_.reset();
  }
  if (!options_.resume && whole())
    base::user_error("{} holds the work of a run that did not end; go on with --resume, or remove it",
                     partial_.string());
  check_partial();
}

// Whose they are is written before the first of them: these were left by a kill while a finished run tidied up.
void Mapping::remove_nameless_tiles() {
  if (finished_tiles() == 0) return;
  const base::FolderLock lock(partial_);
  std::error_code ignored;
  for (size_t file = 0; file < reader_.files().size(); ++file) fs::remove(part(file), ignored);
}

// What a run that was killed after its output stood did not come to.
void Mapping::remove_done_partial() {
  if (!fs::exists(partial_ / "identity.json")) return;
  try {
    const base::FolderLock lock(partial_);
    check_partial();
    std::error_code ignored;
    fs::remove_all(partial_, ignored);
  } catch (const base::UserError&) {  // of another process, or of other work
  }
}

void Mapping::check_partial() const {
  const fs::path file = partial_ / "identity.json";
  const auto found = io::read_json(file);
  if (io::text_or(found, "identity", "", file.string()) != identity())
    base::user_error("{} was begun with another dataset, model or settings; remove it, or give another output",
                     partial_.string());
}

// Only when a tile has something to write: a request that the model refuses leaves no trace.
void Mapping::make_partial() {
  std::error_code error;
  fs::create_directories(partial_, error);
  if (error) base::user_error("{}: cannot be made: {}", partial_.string(), error.message());
  if (whole() && !lock_) lock_.emplace(partial_);
  const fs::path file = partial_ / "identity.json";
  if (!fs::exists(file))
    io::write_json(file, {{"identity", identity()}, {"dataset", options_.dataset.string()}, {"what", options_.what}});
  check_partial();  // another process may have begun since this one looked
}

std::string Mapping::tidy_up() const {
  if (whole() && !lock_) return "";  // nothing there is ours
  if (const int64_t tiles = finished_tiles(); tiles > 0)
    return fmt::format(
        "\n{} finished tiles are kept in {}: give the same command with --resume to go on, or remove it.", tiles,
        partial_.string());
  for (size_t file = 0; file < reader_.files().size(); ++file) base::remove_leftovers(part(file));
  std::error_code ignored;
  for (fs::directory_iterator it(partial_, ignored), end; !ignored && it != end; it.increment(ignored))
    if (const auto name = it->path().filename(); name != "identity.json" && !(lock_ && name == ".lock"))
      return "";  // another share is at work here
  fs::remove_all(partial_, ignored);
  return "";
}

std::shared_ptr<arrow::Table> Mapping::map_batch(const SliceReader::Slice& slice, int64_t& without) {
  const auto& [table, batch] = slice;
  const auto& rows = *table;
  arrow::FieldVector fields;
  arrow::ChunkedArrayVector columns;
  for (const auto& name : kept_) {
    const int at = rows.schema()->GetFieldIndex(name);
    if (at < 0) continue;  // rows without position have no _healpix_29
    fields.push_back(rows.schema()->field(at));
    columns.push_back(rows.column(at));
  }
  if (reader_.layout().id_column.empty()) {  // rows go by their number then
    arrow::StringBuilder ids;
    for (const auto& object : batch.objects) io::check_arrow(ids.Append(object.id), "ids");
    fields.push_back(arrow::field("object_id", arrow::utf8()));
    columns.push_back(std::make_shared<arrow::ChunkedArray>(io::need_arrow(ids.Finish(), "ids")));
  }
  if (std::find(kept_.begin(), kept_.end(), kSideColumn) == kept_.end()) {
    fields.push_back(side_field());
    columns.push_back(std::make_shared<arrow::ChunkedArray>(side_column(rows, batch.objects)));
  }
  threads_.begin();
  const base::Stopwatch watch;
  const auto made = with_object_named(function_, batch);
  threads_.end(watch.seconds() / double(std::max<int64_t>(1, batch.size())));
  for (const auto& [field, array] : made) {
    ASTERISM_CHECK(array->length() == batch.size(), "column '{}' has {} rows of {}", field->name(), array->length(),
                   batch.size());
    if (reader_.schema()->GetFieldIndex(field->name()) >= 0)
      base::user_error("{} already has a column '{}'; give the new one another name", options_.dataset.string(),
                       field->name());
    check_finite(field->name(), *array, batch.objects);
    fields.push_back(field);
    columns.push_back(std::make_shared<arrow::ChunkedArray>(array));
  }
  without += rows_without_any(made, batch.size());
  return arrow::Table::Make(arrow::schema(fields), columns, batch.size());
}

// False when a stop was asked for; nothing of the tile is left then.
bool Mapping::map_file(size_t file, base::Progress& progress) {
  const bool ahead = !options_.device.is_cpu();  // a GPU need not wait for files
  std::unique_ptr<io::ParquetWriter> writer;
  std::future<void> written;  // of the batch before
  int64_t rows = 0, without = 0;
  SliceReader slices(reader_, file, read_, options_.modalities, options_.batch_size, ahead);
  while (true) {
    const auto slice = slices.next();
    if (!slice) break;
    if (base::stop_requested()) return false;
    const auto mapped = map_batch(*slice, without);
    if (!writer) {
      make_partial();
      writer = std::make_unique<io::ParquetWriter>(
          part(file), mapped->schema(),
          io::ParquetOptions{.rows_per_group = options_.rows_per_group, .zstd_level = 1, .plain = {"object_id"}});
    }
    if (written.valid()) written.get();
    written = std::async(ahead ? std::launch::async : std::launch::deferred, [&, mapped] { writer->write(*mapped); });
    if (!ahead) written.get();
    rows += mapped->num_rows();
    progress.add(uint64_t(mapped->num_rows()));
  }
  if (written.valid()) written.get();
  if (writer) writer->close();
  result_.rows += rows;
  result_.without += without;
  return true;
}

// Of several shares that end at the same time one puts the tiles together; the others leave it to that one.
void Mapping::put_together() {
  std::optional<base::FolderLock> lock;
  try {
    if (!lock_) lock.emplace(partial_);
  } catch (const base::UserError& error) {
    result_.complete = identity_of_output() == identity();
    if (!result_.complete) base::log_info("{}: left to another process: {}", options_.out.string(), error.what());
    return;
  }
  if (!fs::exists(options_.out))
    assemble_catalogue(
        options_, reader_, [this](size_t file) { return part(file); }, identity());
  else if (identity_of_output() != identity())
    base::user_error("{} was made by another command meanwhile; give another output", options_.out.string());
  std::error_code ignored;
  fs::remove_all(partial_, ignored);
  result_.complete = true;
  if (reader_.files().size() == 1 && !reader_.files()[0].pixel && !reader_.layout().ra_column.empty())
    base::log_warning(
        "{} is a file and no catalogue: the rows of {} lie in its folder unplaced, which LSDB does not read; 'asterism "
        "data import mmu' makes a catalogue of the file first",
        options_.dataset.string(), options_.out.string());
}

MapResult Mapping::run() {
  const base::Stopwatch watch;
  result_.complete = done_;
  if (done_) {
    remove_done_partial();
    return result_;
  }
  std::vector<int64_t> rows(reader_.files().size(), 0);
  for (const auto& group : reader_.groups()) rows[size_t(group.file)] += group.rows;
  result_.tiles_in_all = int64_t(rows.size());
  uint64_t mine = 0, before = 0;
  std::vector<size_t> to_do;
  for (size_t file = size_t(options_.shard); file < rows.size(); file += size_t(options_.shards)) {
    mine += uint64_t(rows[file]);
    if (rows[file] == 0) continue;
    if (fs::exists(part(file))) {
      before += uint64_t(rows[file]);
      ++result_.tiles_before;
    } else {
      to_do.push_back(file);
    }
  }
  {
    base::Progress progress(options_.what, mine, "objects", before);
    for (const size_t file : to_do) {
      if (!map_file(file, progress)) {
        result_.interrupted = true;
        break;
      }
      ++result_.tiles;
    }
  }
  bool all = !result_.interrupted;
  for (size_t file = 0; file < rows.size() && all; ++file) all = rows[file] == 0 || fs::exists(part(file));
  if (all) put_together();
  if (result_.interrupted) tidy_up();
  result_.seconds = watch.seconds();
  return result_;
}

}  // namespace

MapResult map_dataset(const MapOptions& given, const BatchFunction& function) {
  if (given.out.empty()) base::user_error("OUT is empty: name the dataset to make");
  auto options = given;
  if (!options.out.has_filename()) options.out = options.out.parent_path();  // "out/", as shells complete it
  Mapping mapping(options, function);
  const int64_t products = nn::int8_products();
  try {
    const auto result = mapping.run();
    if (options.precision == nn::Precision::int8 && result.rows > 0 && nn::int8_products() == products)
      base::log_warning("int8 changed nothing: what computed here has no layers that it is for, and ran in fp32");
    return result;
  } catch (const base::UserError& error) {
    throw base::UserError(error.what() + mapping.tidy_up());
  } catch (const base::DataError& error) {
    throw base::DataError(error.what() + mapping.tidy_up());
  } catch (...) {
    if (const auto advice = mapping.tidy_up(); !advice.empty()) base::log_warning("{}", advice.substr(1));
    throw;
  }
}

}  // namespace asterism::infer
