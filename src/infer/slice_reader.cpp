#include "infer/slice_reader.h"

#include <arrow/api.h>
#include <fmt/format.h>

#include <algorithm>

#include "data/batch_table.h"
#include "io/parquet.h"

namespace asterism::infer {

SliceReader::SliceReader(const data::HatsReader& reader, size_t file, const std::vector<std::string>& columns,
                         std::vector<std::string> modalities, int64_t batch_size, bool ahead)
    : reader_(reader), modalities_(std::move(modalities)), batch_size_(batch_size), ahead_(ahead) {
  for (const auto& group : reader.groups())
    if (size_t(group.file) == file && group.rows > 0) groups_.push_back(group);
  if (groups_.empty()) return;
  const auto schema = io::ParquetFile::open(reader.files()[file].path).schema();
  for (const auto& name : columns)
    if (schema->GetFieldIndex(name.substr(0, name.find('.'))) >= 0) columns_.push_back(name);
}

std::optional<SliceReader::Slice> SliceReader::read() {
  if (group_ == groups_.size()) return std::nullopt;
  const auto& group = groups_[group_];
  const auto& path = reader_.files()[size_t(group.file)].path;
  if (!table_) table_ = io::ParquetFile::open(path).read_groups({group.group}, columns_);
  Slice out;
  out.rows = table_->Slice(row_, std::min(batch_size_, group.rows - row_));
  out.batch = data::from_table(*out.rows, reader_.layout(), modalities_,
                               fmt::format("{}, row group {}", path.string(), group.group), group.first_row + row_);
  row_ += out.rows->num_rows();
  if (row_ >= group.rows) {
    table_.reset();
    row_ = 0;
    ++group_;
  }
  return out;
}

std::optional<SliceReader::Slice> SliceReader::next() {
  if (!ahead_) return read();
  if (!coming_.valid()) coming_ = std::async(std::launch::async, [this] { return read(); });
  auto out = coming_.get();
  if (out) coming_ = std::async(std::launch::async, [this] { return read(); });
  return out;
}

}  // namespace asterism::infer
