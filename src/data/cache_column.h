#pragma once
// One modality of a training cache: the present rows of its blocks in one memory-mapped Arrow file, flat and
// uncompressed.
//
//   image     flux, ivar (where known), psf: fixed-size lists of float; mask: of bool
//   picture   pixels: fixed-size list of uint8; mask: of bool
//   spectrum  flux, ivar: lists of float; mask: list of bool; grid, lsf_grid: place in <modality>.grids.arrow, or -1
//   and the
//             values themselves in wavelength, lsf (empty otherwise; an unknown lsf is empty with grid -1)
//   scalar    value, error (where known): float64
//   map       as an image: flux, ivar (where known), psf (zeros), mask
//   cube      flux, ivar, wavelength, lsf: lists of float; mask: list of bool
//   vector    value: fixed-size list of float
//   light curve, catalog: see cache_lists.h

#include <arrow/type_fwd.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/layout.h"
#include "modalities/block.h"

namespace asterism::data {

class CacheColumnWriter {
 public:
  virtual ~CacheColumnWriter() = default;
  // Appends the present rows. The first block fixes bands and sizes.
  virtual void add(const modalities::Block& block) = 0;
  virtual void close() = 0;
  int64_t rows() const { return rows_; }  // written so far

 protected:
  int64_t rows_ = 0;
};

// kind: as ModalityColumn::kind.
std::unique_ptr<CacheColumnWriter> write_cache_column(const std::filesystem::path& folder, const std::string& modality,
                                                      const std::string& kind);

class CacheColumn {
 public:
  virtual ~CacheColumn() = default;
  virtual int64_t num_rows() const = 0;
  // A block with a row for each place: the row at that place of the file, or an absent one for -1.
  virtual modalities::Block gather(const std::vector<int64_t>& places) const = 0;
};

// `column` tells unit, bands and size, `type` the width of a vector. DataError naming the file where it is not what
// they say.
std::unique_ptr<CacheColumn> open_cache_column(const std::filesystem::path& folder, const ModalityColumn& column,
                                               const arrow::DataType& type);

}  // namespace asterism::data
