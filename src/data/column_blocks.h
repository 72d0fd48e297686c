#pragma once
// Arrow columns as blocks: our own, and Multimodal Universe's with what is odd about them undone (layout.h, Quirk).

#include <arrow/type_fwd.h>

#include <string>

#include "data/layout.h"
#include "modalities/block.h"

namespace asterism::data {

// The rows of one modality. `where` names the file and row group for messages. Values that are null, not finite or of
// zero inverse variance come out masked; a null struct, or a spectrum or image without pixels, is an absent row.
// DataError naming row and field for shapes that disagree.
modalities::Block read_block(const arrow::Table& table, const ModalityColumn& column, const std::string& where);

}  // namespace asterism::data
