#pragma once
// Light curves in HDF5 files of the Multimodal Universe (v1), as the struct `lightcurve` of lists that its v1.5 tables
// hold. What its builders write:
//
//   planes      `lightcurve` [objects, bands, 3, points]: times, fluxes, errors; the bands are named in `bands`, and
//   else
//               six are LSST's u g r i z Y (PLAsTiCC)
//   rows        `time` and, of its shape, `flux`, `pdcsap_flux` or `mag`, errors, quality: [objects, points], one band
//               (TESS, Kepler)
//   one object  `bands` [bands]; `time`, `mag` or `flux`, errors: [bands, points]; all else single values (the
//   supernova
//               sets, a file an object)
//
// Padding stays in the lists: who reads them knows it (list_columns.cpp).

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/hdf5.h"

namespace arrow {
class Array;
class DataType;
}  // namespace arrow

namespace asterism::data {

class MmuHdf5Curves {
 public:
  // nullopt where the file has no light curves. DataError where bands have no names.
  static std::optional<MmuHdf5Curves> find(io::Hdf5File& file);

  bool uses(const std::string& dataset) const;
  bool one_object() const { return one_object_; }
  int64_t values_per_row() const { return bands_ * points_ * int64_t(fields_.size()); }
  const std::shared_ptr<arrow::DataType>& type() const { return type_; }
  std::shared_ptr<arrow::Array> read(io::Hdf5File& file, int64_t first, int64_t rows) const;

 private:
  static std::optional<MmuHdf5Curves> find_planes(io::Hdf5File& file);
  static std::optional<MmuHdf5Curves> find_rows(io::Hdf5File& file);
  void make_type();
  std::shared_ptr<arrow::Array> list_of(const std::shared_ptr<arrow::Array>& values, int64_t rows) const;
  std::shared_ptr<arrow::Array> names(int64_t rows) const;

  bool one_object_ = false;
  std::string planes_;                                       // the dataset of planes, if that is the layout
  std::vector<std::pair<std::string, std::string>> fields_;  // field of the struct, dataset; time first
  std::vector<std::string> band_names_;                      // empty: one band without a name
  int64_t bands_ = 1, points_ = 0;
  std::shared_ptr<arrow::DataType> type_;
};

}  // namespace asterism::data
