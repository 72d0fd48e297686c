#pragma once
// The noise with which images and spectra that a model drew go into it as values. A codec draws them without any
// (inverse variance 1), and models read values in units of their noise: a drawn image of nanomaggies would be read as
// one that hardly shows anything.

#include <filesystem>
#include <map>
#include <string>

#include "modalities/block.h"

namespace asterism::models {

using NoiseByBand = std::map<std::string, double>;  // one standard deviation a pixel; "" of a spectrum

// By modality, what is usual among the objects that the model in this folder learned from (its ranges.json); empty
// where it holds none. DataError: damaged.
std::map<std::string, NoiseByBand> usual_noise(const std::filesystem::path& folder);

// An image or spectrum whose good pixels have this noise; bands that are not named stay, and so do other kinds.
modalities::Block with_noise(modalities::Block block, const NoiseByBand& noise);

}  // namespace asterism::models
