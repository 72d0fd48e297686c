#pragma once
// The space of vectors: a map of it, neighbours across modalities, and objects most like some.

#include <filesystem>

#include "eval/collect.h"
#include "report/page.h"

namespace asterism::tour {

// The first two principal components of the vectors of everything, coloured by redshift; and, where images and spectra
// have vectors of one space, for some images the spectra that are nearest, the true one framed.
void add_vector_section(report::Page& page, const eval::Collected& collected, const std::filesystem::path& dataset);

void add_search_section(report::Page& page, const std::filesystem::path& index);

}  // namespace asterism::tour
