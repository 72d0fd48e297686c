#pragma once
// Batches without the objects that do not qualify.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "train/wrapped_source.h"

namespace asterism::train {

// Of each object, 1 where its scalars have the required values (present and equal). UserError naming the nearest for a
// scalar that the data lack.
std::vector<uint8_t> qualified(const modalities::Batch& batch, const std::map<std::string, double>& require);

// Batches of another source with only the objects that qualify, so that
// they are shorter than the other's; an empty one is passed over. Scalars that are not among `modalities` ({}: all) are
// taken out again. num_objects() is the other source's: how many qualify is known only at the end.
class FilteredSource : public WrappedSource {
 public:
  FilteredSource(std::unique_ptr<data::BatchSource> from, std::map<std::string, double> require,
                 std::vector<std::string> modalities)
      : WrappedSource(std::move(from)), require_(std::move(require)), modalities_(std::move(modalities)) {}
  std::optional<modalities::Batch> next() override;

 private:
  std::map<std::string, double> require_;
  std::vector<std::string> modalities_;
};

}  // namespace asterism::train
