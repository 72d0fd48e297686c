#pragma once
// The unit each modality of a model was trained in: a model that reads millijanskys as nanomaggies answers with
// confidence and wrongly, so the unit is kept with the model and other data are refused.

#include <map>
#include <string>
#include <vector>

#include "modalities/block.h"
#include "models/any_to_any_settings.h"

namespace asterism::models {

// Takes over the units of the sample where they are not known. UserError where a known one differs.
void learn_units(std::map<std::string, ModalitySettings>& modalities, const modalities::Batch& sample);

// UserError naming the modality and both units where one differs. Vectors and unknown units are not compared.
void check_units(const std::map<std::string, ModalitySettings>& modalities, const modalities::Batch& batch);

// The same of one modality. known: the units that a model learned from; none: it does not tell.
void check_unit(const std::string& modality, const std::string& unit, const std::vector<std::string>& known);

// The units of these modalities of a sample, each once; those without one are left out.
std::vector<std::string> units_in(const modalities::Batch& sample, const std::vector<std::string>& modalities);

}  // namespace asterism::models
