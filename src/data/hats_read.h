#pragma once
// Opens a dataset: our own collections, any HATS collection or catalogue, a Parquet file, or a folder of Parquet files.

#include <arrow/type_fwd.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset_info.h"
#include "data/layout.h"
#include "data/mmu_unfold.h"
#include "data/pixel_tree.h"
#include "data/properties.h"
#include "modalities/block.h"

namespace asterism::data {

class HatsReader {
 public:
  // path: a folder of this machine, or s3://..., https://..., hf://... (io/place.h). Reads the properties,
  // partition_info.csv (dataset/_metadata without it) and the schema; no data file is opened yet. UserError when the
  // path does not exist or holds no dataset, DataError naming the file when it is damaged or its parts disagree.
  static HatsReader open(const std::filesystem::path& path);

  struct File {
    std::filesystem::path path;
    std::optional<Pixel> pixel;  // none: rows without position, or a plain file
  };
  struct Group {       // one Parquet row group
    int64_t file = 0;  // place in files()
    int group = 0;
    int64_t first_row = 0, rows = 0;  // first_row counts over the whole dataset, in the order of files()
  };

  const std::filesystem::path& path() const { return path_; }
  const std::string& name() const { return name_; }
  const Properties& properties() const { return properties_; }  // of the catalogue; empty for plain files
  DatasetInfo info() const;                                     // what the properties say of provenance and licence
  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }  // of the files
  const Layout& layout() const { return layout_; }  // where it is not ours, of columns unfolded as mmu_unfold.h says
  const std::vector<File>& files() const { return files_; }  // in sky order, unplaced rows last
  std::optional<std::filesystem::path> margin() const { return margin_; }

  // The hash that the writer recorded; else one of the names, sizes and times of the files.
  std::string data_hash() const;

  // Opens every footer once. DataError where a file's schema differs from the catalogue's or rows do not add up.
  const std::vector<Group>& groups() const;
  int64_t num_rows() const;

  std::string where(const Group& group) const;  // file and row group, for messages
  // Columns of schema() or of layout(); {}: all of schema().
  std::shared_ptr<arrow::Table> read_table(const Group& group, const std::vector<std::string>& columns = {}) const;
  modalities::Batch read(const Group& group, const std::vector<std::string>& modalities = {}) const;

  // Every row in order, in batches of at most max_rows. The function returns false to stop.
  void for_each(const std::vector<std::string>& modalities, int64_t max_rows,
                const std::function<bool(modalities::Batch&& batch, int64_t first_row)>& function) const;
  // The same as they are stored: from_table(part, layout(), modalities, where(group), first_row) makes the batch.
  void for_each_table(
      const std::vector<std::string>& modalities, int64_t max_rows,
      const std::function<bool(const arrow::Table& part, const Group& group, int64_t first_row)>& function) const;
  // The object keys alone, all of them.
  std::vector<modalities::ObjectKey> keys() const;

 private:
  void open_collection(const std::filesystem::path& folder);
  void open_catalogue(const std::filesystem::path& folder);
  void open_files(const std::vector<std::filesystem::path>& paths);
  void look_ahead() const;
  void find_layout();
  void read_partition_info(const std::filesystem::path& folder);
  std::filesystem::path path_;
  std::string name_;
  Properties properties_;
  std::shared_ptr<arrow::Schema> schema_;
  std::optional<MmuUnfolding> unfolding_;  // of a foreign schema with something to unfold
  Layout layout_;
  std::vector<File> files_;
  std::optional<std::filesystem::path> margin_;
  mutable std::vector<Group> groups_;
  mutable bool groups_known_ = false;
};

}  // namespace asterism::data
