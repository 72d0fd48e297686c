#pragma once
// What is in a dataset: rows, columns, presence, ranges, and what looks wrong.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/hats_read.h"

namespace asterism::data {

struct ColumnReport {
  std::string modality, kind, column, unit, description;
  std::string shape;    // "4 bands, 96 x 96", "7781 pixels", "one number"
  int64_t present = 0;  // rows
  // Of the usable values (scalars, pixels): absent when there are none. Percentiles of pixels are of a sample of them.
  int64_t values = 0;
  double low = 0, median = 0, high = 0, least = 0, greatest = 0;  // 1st, 50th, 99th percentile; extremes
  double masked_fraction = 0;                                     // of the pixels of present rows
  std::vector<double> sample;  // at most kSample values, evenly spread over the rows, for histograms
  std::vector<std::string> suspicions;
};

struct DatasetReport {
  std::string name, path;
  DatasetInfo info;
  int64_t rows = 0, placed = 0, files = 0, bytes = 0;
  std::map<std::string, int64_t> sides;  // how many objects are on each side of the split (split.h)
  std::vector<ColumnReport> columns;
  std::vector<double> ra_deg, dec_deg;  // of at most kSample rows, for the map
  std::vector<std::string> suspicions;  // of the whole: faults of columns, repeated ids and positions
};

inline constexpr int64_t kSample = 20000;

// Reads every row once.
DatasetReport inspect(const HatsReader& dataset);

std::string sides_text(const DatasetReport& report);  // "train 70, validation 10, test 20"
std::string report_text(const DatasetReport& report);
std::string report_json(const DatasetReport& report);

// The row of an object, by its id or "survey/id". UserError when there is none.
modalities::Batch find_object(const HatsReader& dataset, const std::string& id);

}  // namespace asterism::data
