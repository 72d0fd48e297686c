#pragma once
// Which summary (summary.h) a kind of modality has.

#include <memory>
#include <string>

#include "models/any_to_any_settings.h"
#include "models/summary.h"

namespace asterism::models {

// Of the modality `name`, `width` numbers wide (even); linear: see SummaryNetwork. nullptr for scalars, which have
// none.
std::unique_ptr<Summary> make_summary(const nn::Scope& scope, const std::string& name, const ModalitySettings& modality,
                                      int64_t width, bool linear = false);

}  // namespace asterism::models
