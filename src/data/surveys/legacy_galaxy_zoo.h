#pragma once
// labels.csv with the votes of Galaxy Zoo 1, and images/<dr8_id>.jpg. The pictures are stretched for the eye:
// rgb_image, no flux, no pixel scale (the file says none). The object id is the SDSS DR7 OBJID.
//
// Modalities: rgb_image (display units, 0..1); spiral_fraction and elliptical_fraction (debiased), votes (their
// number), vote_elliptical, vote_clockwise, vote_anticlockwise, vote_edge, vote_unknown, vote_merger, vote_spiral (raw
// shares), galaxy_zoo_class (0 spiral, 1 elliptical, 2 uncertain).

#include <filesystem>
#include <memory>
#include <vector>

#include "data/survey.h"

namespace asterism::data {

std::unique_ptr<SurveyImport> open_legacy_galaxy_zoo(const std::vector<std::filesystem::path>& inputs,
                                                     const ImportOptions& options, BadRows& bad);

// Averages a block of pictures down to size x size; each new pixel is the mean of the area it covers. The block must be
// square and at least that large.
modalities::ImageBlock reduced(const modalities::ImageBlock& pictures, int64_t size);

}  // namespace asterism::data
