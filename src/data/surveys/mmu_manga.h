#pragma once
// MaNGA as the Multimodal Universe's v1 has it: HDF5 files with a group an object (its plate and IFU), holding
// object_id, ra, dec, z and three tables: spaxels (flux, ivar, mask, lsf_sigma, lambda: one spectrum a row; x, y),
// images (image_band, image_array, image_scale) and maps (group, label, array, ivar, mask, array_units).
//
// Defects handled. The published mask of the spaxels is not a mask: the builder padded the flux in its place, so that
// it holds fluxes as whole numbers; it is left aside, and a pixel is good where its inverse variance is positive
// (padding has 0). Maps without a mask or an inverse variance are published as masked everywhere with inverse variance
// 0: they become maps_manga_geometry, which has no variance. Mask values are bits in float32; all but 0 mask.
//
// Modalities: cube_manga (96 x 96 spaxels of 0.5", padding masked), image_manga (nanomaggies), maps_manga,
// maps_manga_geometry, redshift (of the NASA-Sloan Atlas). All objects of one import must have the same maps.

#include <filesystem>
#include <memory>
#include <vector>

#include "data/survey.h"
#include "io/hdf5.h"

namespace asterism::data {

std::unique_ptr<SurveyImport> open_mmu_manga(const std::vector<std::filesystem::path>& inputs,
                                             const ImportOptions& options, BadRows& bad);

// One file that is open already.
std::unique_ptr<SurveyImport> import_mmu_manga(io::Hdf5File file, BadRows& bad);

}  // namespace asterism::data
