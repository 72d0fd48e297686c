#include "data/hats_write.h"

#include <arrow/api.h>

#include <algorithm>
#include <cctype>
#include <limits>

#include "astro/healpix.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/sha256.h"
#include "base/signals.h"
#include "data/arrow_lists.h"
#include "data/batch_table.h"
#include "data/catalogue_writer.h"
#include "data/croissant.h"
#include "data/hats_spool.h"
#include "data/moc.h"
#include "data/skymap.h"
#include "data/votable_header.h"
#include "io/parquet.h"

namespace asterism::data {
namespace {

using modalities::Batch;

std::string checked_name(const std::string& name) {
  const bool fits = !name.empty() && name.size() <= 100 && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-';
  });
  if (!fits) base::user_error("a dataset cannot be named '{}': use letters, digits, '_' and '-'", name);
  return name;
}

void set_known(Properties& properties, const std::string& key, const std::string& value) {
  if (!value.empty()) properties.set(key, value);
}

// What stands in both the collection's and the catalogue's properties; the keys are among those that HATS allows in
// both.
void add_provenance(Properties& properties, const DatasetInfo& info) {
  set_known(properties, "obs_title", info.title);
  set_known(properties, "obs_description", info.description);
  set_known(properties, "prov_progenitor", info.provenance);
  set_known(properties, "obs_copyright", info.licence);
  set_known(properties, "bib_reference", info.citation);
  set_known(properties, "obs_ack", info.acknowledgement);
  properties.set("hats_builder", std::string("asterism ") + ASTERISM_VERSION);
  properties.set("hats_creation_date", base::utc_now_iso().substr(0, 16) + "UTC");
  properties.set("hats_version", "v1.0");
}

Properties catalogue_properties(const DatasetInfo& info, const std::string& name, const std::string& type) {
  Properties out;
  out.set("obs_collection", name);
  out.set("dataproduct_type", type);
  out.set("hats_nrows", int64_t{0});
  out.set("hats_col_ra", "ra");
  out.set("hats_col_dec", "dec");
  out.set("hats_col_healpix", "_healpix_29");
  out.set("hats_col_healpix_order", int64_t{29});
  out.set("hats_npix_suffix", ".parquet");
  add_provenance(out, info);
  return out;
}

std::shared_ptr<arrow::Array> indices_of(const Batch& batch) {
  arrow::Int64Builder builder;
  io::check_arrow(builder.Reserve(batch.size()), "sky indices");
  for (const auto& object : batch.objects)
    builder.UnsafeAppend(astro::healpix_pixel(29, object.ra_deg, object.dec_deg));
  return io::need_arrow(builder.Finish(), "sky indices");
}

std::string combined_hash(const std::vector<std::pair<std::string, std::string>>& hashes) {
  base::Sha256 all;
  for (const auto& [path, hash] : hashes) all.update(path + " " + hash + "\n");
  return all.hex();
}

}  // namespace

struct HatsWriter::State {
  State(const std::filesystem::path& path, DatasetInfo dataset, HatsOptions settings)
      : out(checked(path, settings.replace), settings.replace), info(std::move(dataset)), options(settings) {}

  static const std::filesystem::path& checked(const std::filesystem::path& path, base::Replace replace) {
    if (replace == base::Replace::yes) base::check_replaces(path, "collection.properties");
    return path;
  }

  base::AtomicFolder out;
  DatasetInfo info;
  HatsOptions options;
  std::shared_ptr<arrow::Schema> plain, indexed;  // without and with _healpix_29
  std::unique_ptr<HatsSpool> spool;
  std::unique_ptr<io::ParquetWriter> unplaced;
  bool finished = false;

  std::filesystem::path unplaced_path() const { return out.path() / "unplaced" / "part-0.parquet"; }

  void begin(const Batch& first) {
    plain = schema_for(first, info);
    arrow::FieldVector fields = {
        arrow::field("_healpix_29", arrow::int64(), true,
                     arrow::key_value_metadata({"ucd", "description"},
                                               {"pos.healpix", "HEALPix NEST index at order 29 of ra, dec"}))};
    fields.insert(fields.end(), plain->fields().begin(), plain->fields().end());
    indexed = with_votable_header(arrow::schema(fields), info);
    spool = std::make_unique<HatsSpool>(out.path() / ".spool", indexed, options.run_bytes);
  }

  void add_placed(const Batch& batch) {
    const auto table = to_table(batch, plain);
    std::vector<std::shared_ptr<arrow::ChunkedArray>> columns = {
        std::make_shared<arrow::ChunkedArray>(indices_of(batch))};
    columns.insert(columns.end(), table->columns().begin(), table->columns().end());
    spool->add(arrow::Table::Make(indexed, columns, table->num_rows()));
  }

  void add_unplaced(const Batch& batch) {
    if (!unplaced) {
      std::filesystem::create_directories(unplaced_path().parent_path());
      unplaced = std::make_unique<io::ParquetWriter>(
          unplaced_path(), plain,
          io::ParquetOptions{.rows_per_group = 256, .zstd_level = options.zstd_level, .plain = {"object_id"}});
    }
    unplaced->write(*to_table(batch, plain));
  }

  ParquetShape shape() const {
    const int64_t row_bytes = std::max<int64_t>(1, spool->bytes() / std::max<int64_t>(1, spool->num_rows()));
    return {std::clamp<int64_t>(options.group_bytes / row_bytes, row_bytes > (1 << 20) ? 1 : 32, 8192),
            options.zstd_level};
  }

  std::vector<Pixel> partitions() const {
    const int64_t row_bytes = std::max<int64_t>(1, spool->bytes() / std::max<int64_t>(1, spool->num_rows()));
    PartitionRule rule;
    rule.max_rows = std::clamp<int64_t>(options.partition_bytes / row_bytes, 1, options.partition_rows);
    rule.tight = options.tight;
    if (options.margin_arcsec > 0)
      rule.highest_order = std::min(rule.highest_order, margin_order(options.margin_arcsec) - 1);
    return partitions_of(spool->indices(), rule);
  }

  std::string margin_name() const { return fmt::format("{}_{:g}arcs", info.name, options.margin_arcsec); }

  CatalogueWriter write_primary(const std::vector<Pixel>& pixels) {
    const auto folder = out.path() / info.name;
    CatalogueWriter writer(folder, indexed, shape());
    for (const Pixel& pixel : pixels) {
      base::stop_if_requested("stopped by a signal; nothing was written");
      writer.add(pixel, *spool->rows_inside(pixel));
    }
    return writer;
  }

  // The rows near the border of each cell, in the cell's file of the margin catalogue.
  int64_t write_margin(const std::vector<Pixel>& pixels) {
    std::vector<Pixel> all = pixels;
    const auto rest = negative_pixels(pixels);
    all.insert(all.end(), rest.begin(), rest.end());
    const PixelFinder cells(all);
    const int order = margin_order(options.margin_arcsec);
    std::vector<std::vector<HatsSpool::Place>> places(cells.pixels().size());
    const auto runs = spool->indices();
    for (size_t run = 0; run < runs.size(); ++run) {
      for (size_t row = 0; row < runs[run].size(); ++row) {
        for (const int64_t cell : margin_cells(cells, order, runs[run][row]))
          places[size_t(cell)].push_back({int64_t(run), int64_t(row)});
      }
    }
    CatalogueWriter writer(out.path() / margin_name(), indexed, shape());
    for (size_t cell = 0; cell < places.size(); ++cell) {
      if (!places[cell].empty()) writer.add(cells.pixels()[cell], *spool->rows_at(places[cell]));
    }
    Properties properties = catalogue_properties(info, margin_name(), "margin");
    properties.set("hats_primary_table_url", info.name);
    properties.set("hats_margin_threshold", fmt::format("{:.1f}", options.margin_arcsec));
    const int64_t rows = writer.num_rows();
    writer.finish(properties);
    return rows;
  }

  void write_collection() {
    Properties collection;
    collection.set("obs_collection", info.name);
    collection.set("hats_primary_table_url", info.name);
    if (options.margin_arcsec > 0) {
      collection.set("all_margins", margin_name());
      collection.set("default_margin", margin_name());
    }
    add_provenance(collection, info);
    collection.write(out.path() / "collection.properties", "HATS collection");
  }
};

HatsWriter::HatsWriter(const std::filesystem::path& out, DatasetInfo info, HatsOptions options) {
  checked_name(info.name);
  state_ = std::make_unique<State>(out, std::move(info), options);
}

HatsWriter::~HatsWriter() = default;

void HatsWriter::add(const Batch& batch) {
  ASTERISM_CHECK(!state_->finished);
  modalities::check(batch);
  if (!state_->spool) state_->begin(batch);
  std::vector<int64_t> placed, unplaced;
  for (int64_t i = 0; i < batch.size(); ++i) (batch.objects[size_t(i)].has_position ? placed : unplaced).push_back(i);
  if (unplaced.empty()) {
    state_->add_placed(batch);
  } else {
    if (!placed.empty()) state_->add_placed(modalities::select(batch, placed));
    state_->add_unplaced(modalities::select(batch, unplaced));
  }
}

void HatsWriter::add_file(const std::string& name, const std::string& text) {
  base::write_text(state_->out.path() / name, text);
}

WrittenDataset HatsWriter::finish() {
  State& s = *state_;
  ASTERISM_CHECK(!s.finished);
  if (!s.spool) base::data_error("{}: no rows came in, so nothing is written", s.out.final_path().string());
  s.spool->end();
  WrittenDataset written;
  written.path = s.out.final_path();
  const auto pixels = s.partitions();
  CatalogueWriter primary = s.write_primary(pixels);
  auto hashes = primary.hashes();
  if (s.unplaced) {
    s.unplaced->close();
    written.unplaced_rows = s.unplaced->num_rows();
    hashes.emplace_back("unplaced/part-0.parquet", base::sha256_file(s.unplaced_path()));
  }
  written.data_hash = combined_hash(hashes);

  Properties properties = catalogue_properties(s.info, s.info.name, "object");
  const auto runs = s.spool->indices();
  const auto covered = write_skymap(s.out.path() / s.info.name / "skymap.fits", runs);
  write_moc(s.out.path() / s.info.name / "moc.fits", covered, kSkymapOrder);
  properties.set("hats_skymap_order", int64_t{kSkymapOrder});
  properties.set("hats_max_rows", s.options.partition_rows);
  properties.set("moc_sky_fraction",
                 fmt::format("{:.6g}", double(covered.size()) / double(astro::healpix_count(kSkymapOrder))));
  properties.set("asterism_data_sha256", written.data_hash);
  properties.set("asterism_unplaced_rows", written.unplaced_rows);
  primary.finish(properties);
  if (s.options.margin_arcsec > 0) written.margin_rows = s.write_margin(pixels);
  s.write_collection();
  base::write_text(s.out.path() / "croissant.json",
                   croissant(*s.indexed, s.info, s.info.name, base::utc_now_iso().substr(0, 10)));

  written.rows = primary.num_rows() + written.unplaced_rows;
  written.partitions = int64_t(pixels.size());
  s.spool.reset();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(s.out.path())) {
    if (entry.is_regular_file()) written.bytes += int64_t(entry.file_size());
  }
  s.out.commit();
  s.finished = true;
  return written;
}

}  // namespace asterism::data
