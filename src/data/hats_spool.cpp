#include "data/hats_spool.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <arrow/io/file.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <arrow/util/byte_size.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "data/arrow_lists.h"
#include "io/parquet.h"

namespace asterism::data {
namespace {

using TablePtr = std::shared_ptr<arrow::Table>;

TablePtr joined(const std::vector<TablePtr>& tables, const std::shared_ptr<arrow::Schema>& schema) {
  if (tables.empty()) return io::need_arrow(arrow::Table::MakeEmpty(schema), "an empty table");
  const TablePtr all = io::need_arrow(arrow::ConcatenateTables(tables), "joining rows");
  return io::need_arrow(all->CombineChunks(), "joining rows");
}

std::span<const int64_t> index_column(const arrow::Table& table) {
  if (table.num_rows() == 0) return {};
  const auto& chunk = static_cast<const arrow::Int64Array&>(*table.column(0)->chunk(0));
  return {chunk.raw_values(), size_t(chunk.length())};
}

std::vector<int64_t> sorted_order(std::span<const int64_t> indices) {
  std::vector<int64_t> order(indices.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return indices[size_t(a)] < indices[size_t(b)]; });
  return order;
}

// Through a file and back, mapped: the rows then cost address space instead of memory.
TablePtr spooled(const std::filesystem::path& path, const TablePtr& table) {
  const std::string where = path.string();
  {
    auto file = io::need_arrow(arrow::io::FileOutputStream::Open(where), where);
    auto writer = io::need_arrow(arrow::ipc::MakeFileWriter(file, table->schema()), where);
    io::check_arrow(writer->WriteTable(*table), where);
    io::check_arrow(writer->Close(), where);
    io::check_arrow(file->Close(), where);
  }
  auto file = io::need_arrow(arrow::io::MemoryMappedFile::Open(where, arrow::io::FileMode::READ), where);
  auto reader = io::need_arrow(arrow::ipc::RecordBatchFileReader::Open(file), where);
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  batches.reserve(size_t(reader->num_record_batches()));
  for (int i = 0; i < reader->num_record_batches(); ++i)
    batches.push_back(io::need_arrow(reader->ReadRecordBatch(i), where));
  return io::need_arrow(arrow::Table::FromRecordBatches(table->schema(), batches), where);
}

}  // namespace

TablePtr take_rows(const TablePtr& table, const std::vector<int64_t>& rows) {
  const auto indices =
      std::make_shared<arrow::Int64Array>(int64_t(rows.size()), arrow::Buffer::Wrap(rows.data(), rows.size()));
  const auto taken =
      io::need_arrow(arrow::compute::Take(arrow::Datum(table), arrow::Datum(indices)), "putting rows in order");
  return io::need_arrow(taken.table()->CombineChunks(), "putting rows in order");
}

HatsSpool::HatsSpool(std::filesystem::path folder, std::shared_ptr<arrow::Schema> schema, int64_t run_bytes)
    : folder_(std::move(folder)), schema_(std::move(schema)), run_bytes_(run_bytes) {}

HatsSpool::~HatsSpool() {
  runs_.clear();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void HatsSpool::add(const TablePtr& rows) {
  if (rows->num_rows() == 0) return;
  const int64_t size = io::need_arrow(arrow::util::ReferencedBufferSize(*rows), "measuring rows");
  pending_.push_back(rows);
  pending_bytes_ += size;
  bytes_ += size;
  rows_ += rows->num_rows();
  if (pending_bytes_ < run_bytes_) return;
  close_run();
  // More than one run: all of them live in files.
  std::filesystem::create_directories(folder_);
  for (size_t i = 0; i < runs_.size(); ++i) {
    const auto path = folder_ / fmt::format("run-{}.arrow", i);
    if (!std::filesystem::exists(path)) runs_[i].rows = spooled(path, runs_[i].rows);
  }
}

void HatsSpool::close_run() {
  TablePtr table = joined(pending_, schema_);
  pending_.clear();
  pending_bytes_ = 0;
  const auto order = sorted_order(index_column(*table));
  table = take_rows(table, order);
  const auto indices = index_column(*table);
  runs_.push_back({std::vector<int64_t>(indices.begin(), indices.end()), std::move(table)});
}

void HatsSpool::end() {
  if (!pending_.empty()) close_run();
}

std::vector<std::span<const int64_t>> HatsSpool::indices() const {
  std::vector<std::span<const int64_t>> out;
  for (const auto& run : runs_) out.emplace_back(run.indices);
  return out;
}

TablePtr HatsSpool::rows_inside(Pixel pixel) const {
  std::vector<TablePtr> parts;
  for (const auto& run : runs_) {
    const auto first = std::lower_bound(run.indices.begin(), run.indices.end(), pixel.begin());
    const auto last = std::lower_bound(first, run.indices.end(), pixel.end());
    if (first != last) parts.push_back(run.rows->Slice(first - run.indices.begin(), last - first));
  }
  const bool several = parts.size() > 1;
  TablePtr table = joined(parts, schema_);
  return several ? take_rows(table, sorted_order(index_column(*table))) : table;
}

TablePtr HatsSpool::rows_at(const std::vector<Place>& places) const {
  std::vector<TablePtr> parts;
  for (size_t i = 0; i < places.size();) {
    std::vector<int64_t> rows;
    const int64_t run = places[i].run;
    for (; i < places.size() && places[i].run == run; ++i) rows.push_back(places[i].row);
    parts.push_back(take_rows(runs_[size_t(run)].rows, rows));
  }
  return joined(parts, schema_);
}

}  // namespace asterism::data
