#pragma once
// How to cite a dataset, as BibTeX.

#include <string>

#include "data/dataset_info.h"

namespace asterism::data {

// An entry for each reference that the dataset names ("Dawson et al. 2013, AJ 145, 10; ..."): @article with author,
// year, journal, volume and page where the words have that form, else @misc with the words as its note; text that is
// BibTeX already stays as it is. Without a citation: an @misc with title, provenance and licence of the dataset. Then,
// as comment lines, licence and acknowledgement.
std::string bibtex(const DatasetInfo& info);

}  // namespace asterism::data
