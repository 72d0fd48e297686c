#include "data/hats_read.h"

#include <arrow/api.h>

#include <algorithm>
#include <charconv>
#include <future>
#include <map>

#include "base/error.h"
#include "base/sha256.h"
#include "data/batch_table.h"
#include "data/catalogue_writer.h"
#include "io/any_table.h"
#include "io/parquet.h"
#include "io/place.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

// What follows '?' in a web address is no part of the name.
fs::path without_query(const fs::path& path) {
  const std::string text = path.string();
  return io::has_lists(path) ? path : fs::path(text.substr(0, text.find('?')));
}

bool is_parquet(const fs::path& path) {
  const auto ending = without_query(path).extension();
  return ending == ".parquet" || ending == ".parq";
}

std::vector<fs::path> parquet_files_in(const fs::path& folder) {
  auto out = io::files_below(folder);
  std::erase_if(out, [](const fs::path& path) { return !is_parquet(path); });
  return out;
}

fs::path properties_file(const fs::path& folder) {
  for (const char* name : {"hats.properties", "properties"}) {
    if (io::file_exists(folder / name)) return folder / name;
  }
  return {};
}

// A folder inside another one, named in a file: no way out of it.
fs::path inside(const fs::path& folder, const std::string& name, const std::string& file) {
  const fs::path relative(name);
  const bool leaves = relative.is_absolute() || std::find(relative.begin(), relative.end(), "..") != relative.end();
  if (leaves || name.empty()) base::data_error("{}: '{}' does not name a folder inside the collection", file, name);
  return folder / relative;
}

// Columns that our reader needs must have the same types in every file; others may be added or lacking.
std::optional<std::string> word(const arrow::Field& field, const std::string& key) {
  if (!field.metadata()) return std::nullopt;
  const auto value = field.metadata()->Get(key);
  return value.ok() ? std::optional(*value) : std::nullopt;
}

void check_same(const arrow::Schema& catalogue, const arrow::Schema& file, const fs::path& path) {
  for (const auto& field : catalogue.fields()) {
    const auto found = file.GetFieldByName(field->name());
    if (!found) base::data_error("{}: the catalogue's column '{}' is missing", path.string(), field->name());
    if (!found->type()->Equals(*field->type()))
      base::data_error("{}: column '{}' is of type {}; the catalogue has {}", path.string(), field->name(),
                       found->type()->ToString().substr(0, 80), field->type()->ToString().substr(0, 80));
    for (const char* key : {"unit", "asterism:unit"}) {
      const auto here = word(*found, key), there = word(*field, key);
      if (here && there && *here != *there)
        base::data_error("{}: column '{}' is in '{}'; the catalogue says '{}': import that tile again", path.string(),
                         field->name(), *here, *there);
    }
  }
}

// Without a list, the one file that our writer makes, where the properties say that there are such rows.
std::vector<fs::path> unplaced_files(const fs::path& folder, const Properties& properties) {
  if (io::has_lists(folder)) return parquet_files_in(folder / "unplaced");
  if (!properties.find("asterism_unplaced_rows") || properties.need_integer("asterism_unplaced_rows") == 0) return {};
  return {folder / "unplaced" / "part-0.parquet"};
}

// The data files of a catalogue: as they lie there, or without a list as its _metadata names them.
std::vector<fs::path> data_files(const fs::path& catalogue) {
  if (io::has_lists(catalogue)) return parquet_files_in(catalogue / "dataset");
  std::vector<fs::path> out;
  for (const auto& file : io::files_in_parquet_metadata(catalogue / "dataset" / "_metadata"))
    out.push_back(catalogue / "dataset" / file);
  return out;
}

}  // namespace

HatsReader HatsReader::open(const fs::path& path) {
  HatsReader out;
  out.path_ = path;
  // A web server may answer for a folder as it does for a file: what is in it decides, unless the name does.
  const bool lists = io::has_lists(path);
  const bool file = (lists || is_parquet(path)) && io::file_exists(path);
  if (!file && lists && !io::folder_exists(path)) base::user_error("there is no dataset at {}", path.string());
  if (file) {
    out.name_ = without_query(path).stem().string();
    out.open_files({path});
  } else if (!properties_file(path).empty()) {
    out.open_catalogue(path);
  } else if (io::file_exists(path / "collection.properties")) {
    out.open_collection(path);
  } else if (!lists) {
    if (is_parquet(path)) io::open_for_reading(path);  // says what the server answers
    if (!io::file_exists(path))
      base::user_error(
          "there is no dataset at {}: neither hats.properties nor collection.properties is there, and a web server has "
          "no list of its files; name the folder of a HATS catalogue, or one Parquet file",
          path.string());
    out.name_ = without_query(path).stem().string();
    out.open_files({path});
  } else {
    const auto files = parquet_files_in(path);
    if (files.empty())
      base::user_error("{} is no dataset: it holds neither collection.properties nor hats.properties nor Parquet files",
                       path.string());
    out.name_ = (io::is_remote(path) ? path : fs::absolute(path).lexically_normal()).filename().string();
    out.open_files(files);
  }
  return out;
}

void HatsReader::open_collection(const fs::path& folder) {
  const fs::path file = folder / "collection.properties";
  const Properties collection = Properties::read(file);
  const fs::path primary = inside(folder, collection.need("hats_primary_table_url"), file.string());
  if (properties_file(primary).empty())
    base::data_error("{}: its catalogue {} has no hats.properties", file.string(), primary.string());
  open_catalogue(primary);
  if (const auto margin = collection.find("default_margin")) margin_ = inside(folder, *margin, file.string());
  const auto unplaced = unplaced_files(folder, properties_);
  if (!unplaced.empty() && files_.empty()) {
    open_files(unplaced);
    return;
  }
  for (const auto& extra : unplaced) files_.push_back({extra, std::nullopt});
}

void HatsReader::open_catalogue(const fs::path& folder) {
  const fs::path file = properties_file(folder);
  properties_ = Properties::read(file);
  const std::string type = properties_.need("dataproduct_type");
  if (type != "object" && type != "source" && type != "margin" && type != "map")
    base::data_error("{}: a catalogue of type '{}'; allowed are object, source, margin and map", file.string(), type);
  name_ = properties_.need("obs_collection");
  read_partition_info(folder);
  const fs::path common = folder / "dataset" / "_common_metadata";
  if (io::file_exists(common)) {
    schema_ = io::ParquetFile::open(common).schema();
  } else {
    if (files_.empty()) base::data_error("{}: neither data files nor dataset/_common_metadata", folder.string());
    schema_ = io::ParquetFile::open(files_.front().path).schema();
  }
  find_layout();
  // The properties name the coordinates, whatever they are called.
  for (auto [key, column] : {std::pair<const char*, std::string*>{"hats_col_ra", &layout_.ra_column},
                             {"hats_col_dec", &layout_.dec_column}}) {
    if (const auto value = properties_.find(key); value && schema_->GetFieldIndex(*value) >= 0) *column = *value;
  }
}

void HatsReader::read_partition_info(const fs::path& folder) {
  const fs::path info = folder / "partition_info.csv";
  std::vector<Pixel> pixels;
  const std::string suffix = properties_.find("hats_npix_suffix").value_or(".parquet");
  if (io::file_exists(info)) {
    const std::string text = io::read_small_file(info, size_t{1} << 30);
    size_t at = text.find('\n');
    int line = 1;
    while (at != std::string::npos && at + 1 < text.size()) {
      const size_t end = std::min(text.find('\n', at + 1), text.size());
      const std::string row = text.substr(at + 1, end - at - 1);
      at = end == text.size() ? std::string::npos : end;
      ++line;
      int order = 0;
      long long npix = 0;
      if (row.empty() || row == "\r") continue;
      if (std::sscanf(row.c_str(), "%d,%lld", &order, &npix) != 2 || order < 0 || order > 29 || npix < 0 ||
          npix >= (12LL << (2 * order)))
        base::data_error("{}, line {}: '{}' is no Norder,Npix", info.string(), line, row.substr(0, 60));
      pixels.push_back({order, npix});
    }
  } else {
    for (const auto& path : data_files(folder)) {
      int order = 0;
      long long npix = 0;
      const std::string tail = (path.parent_path().parent_path().filename() / path.filename()).string();
      if (std::sscanf(tail.c_str(), "Norder=%d/Npix=%lld", &order, &npix) == 2) pixels.push_back({order, npix});
    }
  }
  const PixelFinder in_order(pixels);
  std::vector<fs::path> named;  // all data files, where a folder cannot be listed
  for (const Pixel& pixel : in_order.pixels()) {
    fs::path file = folder / "dataset" / partition_path(pixel);
    if (suffix == "/") {
      file.replace_extension("");
      if (!io::has_lists(folder) && named.empty()) named = data_files(folder);
      auto parts = io::has_lists(folder) ? parquet_files_in(file) : named;
      std::erase_if(parts, [&](const fs::path& part) { return !named.empty() && part.parent_path() != file; });
      if (parts.empty()) base::data_error("{}: the partition has no data files", file.string());
      for (const auto& part : parts) files_.push_back({part, pixel});
      continue;
    }
    if (suffix != ".parquet") file.replace_extension(suffix);
    files_.push_back({file, pixel});
  }
}

void HatsReader::open_files(const std::vector<fs::path>& paths) {
  if (paths.size() == 1 && !io::is_remote(paths[0]) && fs::is_regular_file(paths[0]))
    if (const auto format = io::table_format(paths[0]); format != "parquet")
      base::user_error("{} is a table ({}) and no dataset: 'asterism data import table MAPPING {} OUT' makes one of it",
                       paths[0].string(), format, paths[0].string());
  for (const auto& path : paths) files_.push_back({path, std::nullopt});
  schema_ = io::ParquetFile::open(files_.front().path).schema();
  find_layout();
}

DatasetInfo HatsReader::info() const {
  const auto get = [&](const char* key) { return properties_.find(key).value_or(""); };
  DatasetInfo out;
  out.name = name_;
  out.title = get("obs_title");
  out.description = get("obs_description");
  out.provenance = get("prov_progenitor");
  out.licence = get("obs_copyright");
  out.citation = get("bib_reference");
  out.acknowledgement = get("obs_ack");
  return out;
}

void HatsReader::look_ahead() const {
  std::vector<fs::path> paths;
  for (const auto& file : files_) paths.push_back(file.path);
  io::look_ahead(paths);
}

std::string HatsReader::data_hash() const {
  if (const auto hash = properties_.find("asterism_data_sha256")) return *hash;
  look_ahead();
  base::Sha256 all;
  for (const auto& file : files_) {
    const uint64_t size = io::file_bytes(file.path);
    std::error_code error;  // of a remote file there is no time
    const auto time = fs::last_write_time(file.path, error).time_since_epoch().count();
    const std::string name = file.path.string();
    all.update(fmt::format("{} {} {}\n", name.starts_with(path_.string()) ? name.substr(path_.string().size()) : name,
                           size, error ? 0 : time));
  }
  return all.hex();
}

const std::vector<HatsReader::Group>& HatsReader::groups() const {
  if (groups_known_) return groups_;
  std::vector<Group> out;
  int64_t first = 0, placed = 0;
  look_ahead();
  for (size_t i = 0; i < files_.size(); ++i) {
    if (!io::file_exists(files_[i].path))
      base::data_error("{}: partition_info.csv names this file, and it is missing", files_[i].path.string());
    const auto file = io::ParquetFile::open(files_[i].path);
    if (file.schema()->GetFieldIndex("object_id") >= 0 || files_[i].pixel) {
      auto wanted = schema_;
      if (!files_[i].pixel && wanted->GetFieldIndex("_healpix_29") >= 0)
        wanted = io::need_arrow(wanted->RemoveField(wanted->GetFieldIndex("_healpix_29")), "schema");
      check_same(*wanted, *file.schema(), files_[i].path);
    }
    for (int g = 0; g < file.num_row_groups(); ++g) {
      out.push_back({int64_t(i), g, first, file.rows_in_group(g)});
      first += out.back().rows;
      if (files_[i].pixel) placed += out.back().rows;
    }
  }
  if (const auto stated = properties_.find("hats_nrows"); stated && placed != properties_.need_integer("hats_nrows"))
    base::data_error("{}: hats_nrows is {}, and the files hold {} rows", path_.string(), *stated, placed);
  groups_ = std::move(out);
  groups_known_ = true;
  return groups_;
}

int64_t HatsReader::num_rows() const { return groups().empty() ? 0 : groups().back().first_row + groups().back().rows; }

std::string HatsReader::where(const Group& group) const {
  return fmt::format("{}, row group {}", files_[size_t(group.file)].path.string(), group.group);
}

void HatsReader::find_layout() {
  unfolding_.reset();
  if (!is_ours(*schema_)) unfolding_.emplace(*schema_);
  if (unfolding_ && unfolding_->schema()->Equals(*schema_)) unfolding_.reset();
  layout_ = layout_of(unfolding_ ? *unfolding_->schema() : *schema_, name_);
}

std::shared_ptr<arrow::Table> HatsReader::read_table(const Group& group,
                                                     const std::vector<std::string>& columns) const {
  const auto file = io::ParquetFile::open(files_[size_t(group.file)].path);
  const auto made = [&](const std::string& column) { return unfolding_ && !unfolding_->source(column).empty(); };
  if (std::none_of(columns.begin(), columns.end(), made)) return file.read_groups({group.group}, columns);
  std::vector<std::string> stored;
  for (const auto& column : columns) {
    const std::string& name = made(column) ? unfolding_->source(column) : column;
    if (std::find(stored.begin(), stored.end(), name) == stored.end()) stored.push_back(name);
  }
  return unfolding_->unfold(*file.read_groups({group.group}, stored), where(group));
}

modalities::Batch HatsReader::read(const Group& group, const std::vector<std::string>& names) const {
  return from_table(*read_table(group, layout_.columns_for(names)), layout_, names, where(group), group.first_row);
}

void HatsReader::for_each_table(const std::vector<std::string>& names, int64_t max_rows,
                                const std::function<bool(const arrow::Table&, const Group&, int64_t)>& function) const {
  const auto columns = layout_.columns_for(names);
  // The next row group is read and decompressed on a thread of its own while this one is taken apart here.
  std::future<std::shared_ptr<arrow::Table>> ahead;
  for (size_t i = 0; i < groups().size(); ++i) {
    const Group& group = groups()[i];
    const auto table = ahead.valid() ? ahead.get() : read_table(group, columns);
    if (i + 1 < groups().size())
      ahead = std::async(std::launch::async, [&, i] { return read_table(groups_[i + 1], columns); });
    for (int64_t row = 0; row < group.rows; row += max_rows)
      if (!function(*table->Slice(row, std::min(max_rows, group.rows - row)), group, group.first_row + row)) return;
  }
}

void HatsReader::for_each(const std::vector<std::string>& names, int64_t max_rows,
                          const std::function<bool(modalities::Batch&&, int64_t)>& function) const {
  for_each_table(names, max_rows, [&](const arrow::Table& part, const Group& group, int64_t first_row) {
    return function(from_table(part, layout_, names, where(group), first_row), first_row);
  });
}

std::vector<modalities::ObjectKey> HatsReader::keys() const {
  std::vector<std::string> columns;
  for (const auto& column : {layout_.id_column, layout_.ra_column, layout_.dec_column, layout_.survey_column}) {
    if (!column.empty()) columns.push_back(column);
  }
  std::vector<modalities::ObjectKey> out;
  for (const Group& group : groups()) {
    auto part = keys_of(*read_table(group, columns), layout_, where(group), group.first_row);
    out.insert(out.end(), std::make_move_iterator(part.begin()), std::make_move_iterator(part.end()));
  }
  return out;
}

}  // namespace asterism::data
