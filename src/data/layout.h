#pragma once
// Which columns of a table hold which modality. Our own files say so in their field metadata; Multimodal Universe files
// are understood by their published names (mmu_layout.h).
//
// Field metadata that we write: `unit`, `ucd`, `description` on every column and every field of a struct, and on the
// column of a modality `asterism:modality`, `asterism:kind` (image, picture, spectrum, light_curve, catalog, scalar,
// vector, map, cube), `asterism:role` (value, error, mask), `asterism:unit` (our own unit name); for images, maps and
// cubes `asterism:size` ("height width"), `asterism:pixel_scale`, `asterism:ivar` (yes, no); for images
// `asterism:bands` (JSON); for light curves `asterism:bands`, `asterism:time_system`; for lists of sources
// `asterism:columns` (JSON); for maps `asterism:layers` (JSON) and `asterism:integer` (yes, no).

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/dataset_info.h"
#include "modalities/block.h"

namespace asterism::data {

enum class ErrorKind { kNone, kSigma, kInverseVariance };

// Oddities of published files that the reader must undo.
enum class Quirk {
  kNone,
  kLsfInPixels,    // lsf_sigma counts pixels (MMU SDSS and DESI)
  kFlagMeansGood,  // true = trustworthy (MMU DESI ZWARN): read as 1
  kFlagMeansBad,   // true = problem (MMU SDSS ZWARNING): read as 0, so that redshift_ok has one meaning
};

struct ModalityColumn {
  std::string modality;  // "image_legacy"
  std::string kind;      // "image", "picture" (encoded file bytes), "spectrum", ... as modalities::kind() says it
  std::string column, extra_column;  // extra: of a scalar its error, of a picture its mask; "" when there is none
  ErrorKind error = ErrorKind::kNone;
  Quirk quirk = Quirk::kNone;
  std::string unit;
  std::vector<modalities::Band> bands;       // images, pictures, light curves; {}: the file must be asked row by row
  std::vector<modalities::MapLayer> layers;  // maps; their names are also those of `bands`
  bool integer = false;                      // maps of labels
  int64_t height = 0, width = 0;             // 0: as the first row present has it
  double pixel_scale_arcsec = 0;
  bool has_ivar = false;
  int64_t vocabulary = 0;                        // vectors of tokens; 0: real numbers
  std::string time_system;                       // light curves
  std::vector<modalities::CatalogColumn> lists;  // lists of sources
};

struct Layout {
  std::string id_column, ra_column, dec_column, survey_column;  // "" when there is none
  std::string survey;                                           // of every object, where there is no column
  std::vector<ModalityColumn> modalities;

  const ModalityColumn* find(const std::string& modality) const;
  // The columns to read for these modalities ({}: all) and the object keys. UserError naming the nearest modality.
  std::vector<std::string> columns_for(const std::vector<std::string>& names) const;
  std::vector<std::string> names() const;
};

// The schema in which batches like `prototype` are written: object_id, ra, dec, survey, then one column a modality (two
// for a scalar with an error). The only image is called `image` and the only spectrum `spectrum`, as in MMU, the only
// cube `cube` and the only maps `maps`; where there are several they carry their modality's name. `_healpix_29` is put
// before them by the catalogue writer.
std::shared_ptr<arrow::Schema> schema_for(const modalities::Batch& prototype, const DatasetInfo& info);

// Does a column say which modality it holds, in our words?
bool is_ours(const arrow::Schema& schema);

// The layout of an open table. `name` (a catalogue's or file's) helps to tell the survey of a foreign one.
// DataError where a column that claims to be a modality cannot be one.
Layout layout_of(const arrow::Schema& schema, const std::string& name);

}  // namespace asterism::data
