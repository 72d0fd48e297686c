#pragma once
// What the objects of a training sample were like, in the file ranges.json beside the model that learned from them; and
// whether other objects are like them. A model answers for any input, with confidence, and where nothing like it was
// learned from, wrongly.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "modalities/block.h"

namespace asterism::data {

inline constexpr const char* kRangesFile = "ranges.json";

// Of one trait (modalities/traits.h) of one modality.
struct ValueRange {
  std::string unit;
  int64_t objects = 0;                   // that have it
  double low = 0, median = 0, high = 0;  // 0.5th, 50th and 99.5th percentile
};

// By modality and trait. Traits that no object has are left out.
using ValueRanges = std::map<std::string, std::map<std::string, ValueRange>>;

ValueRanges ranges_of(const modalities::Batch& sample);

void write_ranges(const std::filesystem::path& folder, const ValueRanges& ranges);
// Of a model's folder; empty where it holds none (published weights, older folders). DataError: damaged.
ValueRanges read_ranges(const std::filesystem::path& folder);

// Counts objects that lie outside of the ranges, batch by batch.
class UnlikeObjects {
 public:
  // Looks at these modalities alone; at nothing where there are no ranges.
  UnlikeObjects(ValueRanges ranges, std::vector<std::string> modalities)
      : ranges_(std::move(ranges)), modalities_(std::move(modalities)) {}

  void add(const modalities::Batch& batch);

  // A sentence for each trait in which more than a tenth of the objects (of few objects more, as chance will have it)
  // lie outside the range of 99%, by more than a hundredth of its end; that was measured for no object of the sample;
  // and for an error that so many lack, or a variance of images, and those of the sample had. The worst first.
  std::vector<std::string> lines() const;

 private:
  struct Count {
    std::string unit;
    int64_t outside = 0;
    std::vector<double> values;  // of the first kKept objects, for the median
    int64_t objects = 0;
    int64_t without = 0;  // that have the modality and not this trait
  };
  void count_without_error(const std::string& modality, const std::map<std::string, ValueRange>& of_sample,
                           const modalities::Block& block);
  static constexpr size_t kKept = 20000;
  ValueRanges ranges_;
  std::vector<std::string> modalities_;
  std::map<std::pair<std::string, std::string>, Count> counts_;
};

}  // namespace asterism::data
