#pragma once
// Simulated blends of the HSC-like scarlet test set: one <id>.npz a blend. Simulated, LSST CatSim truth: not the sky.
//
// images and variance [5, H, W] in g r i z y, counts of zero point 27.0: nanomaggies and inverse variances here. mask:
// LSST bit planes without a table: a pixel is masked by BAD, SAT and NO_DATA (bits 0, 1 and 8, as the Multimodal
// Universe takes them for HSC); the planes themselves are kept as maps_mask_planes. Blends are of many sizes (22 to 109
// by 21 to 111): all are padded at the upper and right edge to the largest of the import, masked there, so that pixel
// coordinates stay what they are; maps_footprint tells which pixels belong to the blend.
//
// centers are (row, column): here Y and X of catalog_blend, one entry a peak. Truth is known for the peaks alone that
// were matched to a simulated source (60 of 276): their columns are missing elsewhere. Truths without a peak within 2
// pixels are refused. PSFs [5, 43, 43] (a few are smaller: they stand in the middle, masked around) become psf_hsc, and
// their width psf_fwhm.
//
// The blend's position is that of its first matched source, whose raJ2000 and decJ2000 are in radians.
//
// Modalities: image_hsc, psf_hsc, maps_footprint, maps_mask_planes, catalog_blend (X, Y, MATCHED, STAR, MAG_U .. MAG_Y,
// REDSHIFT, DISK_R, BULGE_R: half-light radii), num_peaks, num_matched.

#include <filesystem>
#include <memory>
#include <vector>

#include "data/survey.h"

namespace asterism::data {

std::unique_ptr<SurveyImport> open_hsc_sim_blends(const std::vector<std::filesystem::path>& inputs,
                                                  const ImportOptions& options, BadRows& bad);

}  // namespace asterism::data
