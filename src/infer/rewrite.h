#pragma once
// A model, tokenizer or codec in its layout of today: what `asterism model rewrite` does.

#include <filesystem>

namespace asterism::infer {

// Loads what the folder holds and saves it in a new one: old names become new ones. What the folder says beside the
// weights goes with them: which modalities a tokenizer was trained on, and what the objects were like that it or a
// model learned from. UserError where `out` is already there.
void rewrite(const std::filesystem::path& folder, const std::filesystem::path& out);

}  // namespace asterism::infer
