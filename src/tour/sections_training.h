#pragma once
// Loss curves, what a codec gives back, and posteriors against the truth.

#include <filesystem>

#include "eval/collect.h"
#include "report/page.h"
#include "tour/plan.h"

namespace asterism::tour {

void add_training_section(report::Page& page, const Plan& plan, const std::filesystem::path& out);

// Observed, rebuilt, and the difference in units of the noise, of some test objects.
void add_reconstruction_section(report::Page& page, const eval::Collected& collected);

// p(target | given) of some test objects with the truth marked, for redshift where it is predicted.
void add_posterior_section(report::Page& page, const eval::Collected& collected);

}  // namespace asterism::tour
