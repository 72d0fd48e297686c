#include "infer/assemble_catalogue.h"

#include <arrow/api.h>

#include <optional>
#include <utility>

#include "base/atomic_file.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/sha256.h"
#include "data/catalogue_writer.h"
#include "infer/bins_file.h"
#include "io/parquet.h"
#include "nn/device.h"

namespace asterism::infer {
namespace {

namespace fs = std::filesystem;

void write_properties(const MapOptions& options, const data::HatsReader& reader, const std::string& identity,
                      const fs::path& folder, data::CatalogueWriter& writer, int64_t unplaced) {
  const auto source = reader.info();
  const std::string name = folder.filename().string();
  auto describe = [&](data::Properties& out) {
    const std::pair<const char*, std::string> words[] = {
        {"obs_title", options.title},           {"obs_description", options.description},
        {"prov_progenitor", source.provenance}, {"obs_copyright", source.licence},
        {"bib_reference", source.citation},     {"obs_ack", source.acknowledgement}};
    for (const auto& [key, value] : words)
      if (!value.empty()) out.set(key, value);
    out.set("hats_builder", std::string("asterism ") + ASTERISM_VERSION);
    out.set("hats_creation_date", base::utc_now_iso().substr(0, 16) + "UTC");
    out.set("hats_version", "v1.0");
  };
  data::Properties properties;
  properties.set("obs_collection", name);
  properties.set("dataproduct_type", "object");
  properties.set("hats_col_ra", reader.layout().ra_column.empty() ? "ra" : reader.layout().ra_column);
  properties.set("hats_col_dec", reader.layout().dec_column.empty() ? "dec" : reader.layout().dec_column);
  properties.set("hats_col_healpix", "_healpix_29");
  properties.set("hats_col_healpix_order", int64_t{29});
  properties.set("hats_npix_suffix", ".parquet");
  describe(properties);
  properties.set("asterism_source_sha256", reader.data_hash());
  properties.set("asterism_identity", identity);
  properties.set("asterism_unplaced_rows", unplaced);
  base::Sha256 hash;
  for (const auto& [path, digest] : writer.hashes()) hash.update(path + " " + digest + "\n");
  properties.set("asterism_data_sha256", hash.hex());
  if (options.precision != nn::Precision::fp32) properties.set("asterism_precision", nn::name(options.precision));
  if (!options.device.is_cpu()) properties.set("asterism_device", nn::describe(options.device));
  for (const auto& [key, value] : options.properties) properties.set(key, value);
  writer.finish(properties);
  data::Properties collection;
  collection.set("obs_collection", name);
  collection.set("hats_primary_table_url", name);
  describe(collection);
  collection.write(folder.parent_path() / "collection.properties", "HATS collection");
}

// Of a tile of the sky, where any has rows; else of the rows without a position.
std::shared_ptr<arrow::Schema> schema_of(const MapOptions& options, const data::HatsReader& reader,
                                         const TileFile& part) {
  std::optional<fs::path> found;
  for (size_t file = 0; file < reader.files().size(); ++file) {
    if (!fs::exists(part(file))) continue;  // a tile without rows
    if (reader.files()[file].pixel) return io::ParquetFile::open(part(file)).schema();
    if (!found) found = part(file);
  }
  if (!found) base::user_error("{} has no rows: there is nothing to compute", options.dataset.string());
  return io::ParquetFile::open(*found).schema();
}

}  // namespace

void assemble_catalogue(const MapOptions& options, const data::HatsReader& reader, const TileFile& part,
                        const std::string& identity) {
  base::AtomicFolder out(options.out, base::Replace::no);
  const std::string name = options.out.filename().string();
  const auto writer_schema = schema_of(options, reader, part);
  data::CatalogueWriter writer(out.path() / name, writer_schema, {.rows_per_group = options.rows_per_group});
  int64_t unplaced = 0, unplaced_files = 0;
  for (size_t file = 0; file < reader.files().size(); ++file) {
    if (!fs::exists(part(file))) continue;  // a tile without rows
    if (reader.files()[file].pixel) {
      writer.add(*reader.files()[file].pixel, io::ParquetFile::open(part(file)));
    } else {
      fs::create_directories(out.path() / "unplaced");
      fs::copy_file(part(file), out.path() / "unplaced" / fmt::format("part-{}.parquet", unplaced_files++));
      unplaced += io::ParquetFile::open(part(file)).num_rows();
    }
  }
  write_properties(options, reader, identity, out.path() / name, writer, unplaced);
  write_bins(*writer_schema, out.path());
  out.commit();
}

}  // namespace asterism::infer
