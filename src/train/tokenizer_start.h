#pragma once
// Beginning a tokenizer from another one's weights (train.init).

#include <filesystem>

#include "models/warm_start.h"
#include "tokenizers/tokenizer.h"

namespace asterism::train {

// Takes the tensors of the tokenizer in `folder` whose name and shape fit; `mine` has been fitted. Weights of
// image_conv's bands go by the band's name, new bands keep their first values; the noise of bands stays what `mine` was
// fitted to, as its settings say. UserError naming both where the other's numbers stand for something else: another
// kind, unit, grid of wavelengths or redshifts, other bands or another order of them where templates hold them by
// place.
models::WarmStart start_tokenizer_from(tokenizers::Tokenizer& mine, const std::filesystem::path& folder);

}  // namespace asterism::train
