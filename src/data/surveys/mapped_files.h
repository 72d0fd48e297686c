#pragma once
// The images, spectra, cubes and light curves of a mapping file, read object by object beside the columns of its table.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "data/surveys/mapped_cube.h"
#include "data/surveys/mapped_image.h"
#include "data/surveys/mapped_light_curve.h"
#include "data/surveys/mapped_spectrum.h"
#include "data/surveys/mapping.h"

namespace asterism::data {

class MappedFiles {
 public:
  MappedFiles(const Mapping& mapping, const std::filesystem::path& mapping_folder);
  bool empty() const { return keys_.empty(); }
  // Rows that fit into one batch: cubes are large.
  int64_t rows_at_once() const { return cubes_.empty() ? 64 : 1; }
  std::vector<std::string> columns() const;  // of the table, that the patterns name

  const std::map<std::string, std::string>& descriptions() const { return descriptions_; }

  // One row a modality of files that the object has; the others are left out. DataError: the row is bad.
  std::map<std::string, modalities::Block> read(const RowText& text, const modalities::ObjectKey& object,
                                                const std::filesystem::path& table_folder);
  // What every batch holds: to be told from the first rows that have it, before the first batch is made.
  void learn(const std::map<std::string, modalities::Block>& blocks);
  std::vector<std::string> notes() const;    // what a user should know, a sentence each
  std::vector<std::string> unknown() const;  // "[images.NAME]" of what no row told yet
  // The rows of a batch joined, with absent ones where an object lacks it.
  void add(std::vector<std::map<std::string, modalities::Block>> rows, modalities::Batch& batch) const;

 private:
  std::map<std::string, ImageReader> images_;
  std::map<std::string, SpectrumReader> spectra_;
  std::map<std::string, CubeReader> cubes_;
  std::map<std::string, LightCurveReader> light_curves_;
  std::map<std::string, std::string> keys_, descriptions_;  // "[images.NAME]" of every modality; what is described
  std::map<std::string, modalities::Block> examples_;       // without rows
};

}  // namespace asterism::data
