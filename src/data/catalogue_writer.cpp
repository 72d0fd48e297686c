#include "data/catalogue_writer.h"

#include <arrow/api.h>
#include <parquet/metadata.h>

#include <algorithm>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/sha256.h"
#include "io/parquet.h"

namespace asterism::data {

std::string partition_path(Pixel pixel) {
  return fmt::format("Norder={}/Dir={}/Npix={}.parquet", pixel.order, pixel.npix / 10000 * 10000, pixel.npix);
}

CatalogueWriter::CatalogueWriter(std::filesystem::path folder, std::shared_ptr<arrow::Schema> schema,
                                 ParquetShape shape)
    : folder_(std::move(folder)), schema_(std::move(schema)), shape_(shape) {
  std::filesystem::create_directories(folder_ / "dataset");
}

void CatalogueWriter::add(Pixel pixel, const arrow::Table& rows) {
  add(pixel, rows.num_rows(), [&](io::ParquetWriter& writer) { writer.write(rows); });
}

void CatalogueWriter::add(Pixel pixel, const io::ParquetFile& rows) {
  add(pixel, rows.num_rows(), [&](io::ParquetWriter& writer) {
    for (int group = 0; group < rows.num_row_groups(); ++group) writer.write(*rows.read_groups({group}));
  });
}

void CatalogueWriter::add(Pixel pixel, int64_t rows, const std::function<void(io::ParquetWriter&)>& write) {
  ASTERISM_CHECK(rows > 0 && (pixels_.empty() || pixels_.back().end() <= pixel.begin()));
  const std::string name = partition_path(pixel);
  const auto path = folder_ / "dataset" / name;
  std::filesystem::create_directories(path.parent_path());
  io::ParquetWriter writer(path, schema_,
                           {.rows_per_group = shape_.rows_per_group,
                            .zstd_level = shape_.zstd_level,
                            .sorted_by = {"_healpix_29"},
                            .plain = {"object_id"}});
  write(writer);
  writer.close();
  rows_ += rows;
  bytes_ += int64_t(std::filesystem::file_size(path));
  pixels_.push_back(pixel);
  footers_.emplace_back(name, writer.metadata());
  hashes_.emplace_back(name, base::sha256_file(path));
}

void CatalogueWriter::finish(Properties properties) {
  std::string info = "Norder,Npix\n";
  int order = 0;
  for (const Pixel& pixel : pixels_) {
    info += fmt::format("{},{}\n", pixel.order, pixel.npix);
    order = std::max(order, pixel.order);
  }
  base::write_text(folder_ / "partition_info.csv", info);
  io::write_parquet_schema(folder_ / "dataset" / "_common_metadata", schema_);
  if (footers_.empty()) {
    io::write_parquet_schema(folder_ / "dataset" / "_metadata", schema_);
  } else {
    io::write_parquet_metadata(folder_ / "dataset" / "_metadata", footers_);
  }
  properties.set("hats_nrows", rows_);
  properties.set("hats_order", order);
  properties.set("hats_estsize", (bytes_ + 1023) / 1024);
  for (const char* name : {"hats.properties", "properties"}) properties.write(folder_ / name, "HATS catalog");
}

}  // namespace asterism::data
