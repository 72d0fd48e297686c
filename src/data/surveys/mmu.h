#pragma once
// Datasets of the Multimodal Universe: v1.5 (Parquet files, HATS catalogues) and v1 (HDF5 files in healpix folders of
// any spelling: healpix=583, healpix=0583; .hdf5, .h5). Images, spectra, pictures, light curves, catalogues and scalars
// by their published names; what mmu_adapter.h knows of each survey is undone on the way, and units become ours.
//
// Several objects of one id: the first is kept, the others are counted in a warning, since published catalogues are
// known to hold all objects twice. All inputs must be of one survey.

#include <filesystem>
#include <memory>
#include <vector>

#include "data/survey.h"
#include "io/hdf5.h"

namespace asterism::data {

std::unique_ptr<SurveyImport> open_mmu(const std::vector<std::filesystem::path>& inputs, const ImportOptions& options,
                                       BadRows& bad);

// One HDF5 file that is open already.
std::unique_ptr<SurveyImport> import_mmu(io::Hdf5File file, BadRows& bad);

}  // namespace asterism::data
