#pragma once
// Tables without our metadata: Multimodal Universe Parquet (v1 previews and v1.5 catalogues) and plain catalogues.

#include <arrow/type_fwd.h>

#include <string>

#include "data/layout.h"

namespace asterism::data {

// `spectrum` and `image` structs, `rgb_image` encoded pictures, and every numeric column. Names of published columns
// become modality names: Z -> redshift (error ZERR or Z_ERR), FLUX_G -> flux_g (error from FLUX_IVAR_G), ZWARN (DESI:
// true is good) and ZWARNING (SDSS: true is a problem) -> redshift_ok; others keep theirs in lower case. The survey is
// told by mmu_survey(). Structs of numbers and Gaia's coefficients are left out: unfold them first (mmu_unfold.h).
Layout mmu_layout(const arrow::Schema& schema, const std::string& name);

}  // namespace asterism::data
