#pragma once
// What a dataset holds, shown: where its objects lie, what they look like.

#include <filesystem>
#include <string>

#include "report/page.h"

namespace asterism::tour {

// Counts, a sky map coloured by redshift where there is one, a histogram of it, and, with `gallery`, pictures of some
// objects.
void add_dataset_section(report::Page& page, const std::filesystem::path& dataset, const std::string& name,
                         const std::string& sentence, bool gallery);

}  // namespace asterism::tour
