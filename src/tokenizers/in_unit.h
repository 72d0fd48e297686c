#pragma once
// A block in the unit that a tokenizer reads: microjanskys as nanomaggies, and the like.

#include <optional>
#include <string>

#include "modalities/block.h"

namespace asterism::tokenizers {

//   const InUnit given(block, "image", settings.unit, kind());
//   const auto& b = image_of(*given, kind());
//
// Images, spectra, cubes, light curves and scalars in another unit of the same quantity are copied and multiplied
// (values, errors, inverse variances); magnitudes of light curves become fluxes where a flux is wanted. Blocks of
// another kind than the one wanted are passed on as they are, and so is everything where `unit` is empty. UserError
// naming both units where they measure different things or are not understood. The block must outlive this.
class InUnit {
 public:
  InUnit(const modalities::Block& block, const std::string& kind, const std::string& unit, const std::string& reader);
  const modalities::Block& operator*() const { return converted_ ? *converted_ : block_; }

 private:
  const modalities::Block& block_;
  std::optional<modalities::Block> converted_;
};

}  // namespace asterism::tokenizers
