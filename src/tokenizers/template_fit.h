#pragma once
// Templates learned at once from spectra of known redshift: expectation and maximisation in closed form, where
// gradients would need thousands of steps.

#include "tokenizers/line_spreads.h"
#include "tokenizers/rest_templates.h"

namespace asterism::tokenizers {

// Sets the templates to the most likely ones of these spectra: flux_ML, weight_ML (0: missing) as RestTemplates reads
// them, redshift_M; a spectrum that no set reaches is left out. Each belongs to the first set that reaches it, and
// after `settle` rounds to the one with more evidence in the pixels that both know. Directions are uncorrelated, unit
// normal over the spectra of their set, ordered by how much they move. A set that has fewer spectra than fewest_to_fit
// keeps what it had. Returns how many spectra each set ended with. `spreads`: how much wider than templates each
// spectrum shows lines: it is explained by blurred templates, and teaches what they leave of it, so that sharp spectra
// decide how sharp templates are where there are any.
std::vector<int64_t> fit_templates(RestTemplates& templates, const at::Tensor& flux_ML, const at::Tensor& weight_ML,
                                   const std::vector<double>& redshift_M, int64_t rounds = 12, int64_t settle = 4,
                                   LineSpreads spreads = {});

int64_t fewest_to_fit(const RestTemplates& templates, size_t set);

}  // namespace asterism::tokenizers
