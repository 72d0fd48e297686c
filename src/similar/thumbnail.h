#pragma once
// Small pictures of objects, to stand beside their names in answers.

#include <cstdint>
#include <optional>

#include "io/image_file.h"
#include "modalities/block.h"

namespace asterism::similar {

// The row's image as colours (its last, middle and first band), or its spectrum as a curve of inverse-variance means,
// at most `size` pixels across. Nothing where the row is absent or the block is neither.
std::optional<io::Picture8> thumbnail(const modalities::Block& block, int64_t row, int64_t size = 96);

}  // namespace asterism::similar
