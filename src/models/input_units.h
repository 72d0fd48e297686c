#pragma once
// The unit each modality of a model was trained in: a model that reads millijanskys as nanomaggies answers with
// confidence and wrongly, so the unit is kept with the model and other data are refused.

#include <map>
#include <string>

#include "modalities/block.h"
#include "models/any_to_any_settings.h"

namespace asterism::models {

// Takes over the units of the sample where they are not known. UserError where a known one differs.
void learn_units(std::map<std::string, ModalitySettings>& modalities, const modalities::Batch& sample);

// UserError naming the modality and both units where one differs. Vectors and unknown units are not compared.
void check_units(const std::map<std::string, ModalitySettings>& modalities, const modalities::Batch& batch);

}  // namespace asterism::models
