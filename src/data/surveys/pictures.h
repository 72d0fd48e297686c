#pragma once
// Colour pictures (JPEG, PNG) with a table of labels: any CSV that names a picture a row. The pictures lie beside the
// table or in folders there.
//
//   file         column `file`, `path`, `filename`, `image`, `picture`, `jpg` or `png`: the picture, relative to the
//   table object id    column `object_id`, `id`, `name` or `objid`; without one, the picture's name position columns
//   `ra`, `dec` in degrees, where both are there and filled the rest     a column of numbers becomes a scalar of its
//   (lower-case) name, missing where the cell is empty; a column
//                of words with at most 100 different ones becomes a scalar with their places in the alphabet, which its
//                description lists; other columns are left out, with a warning
//
// Pictures must all be of one size unless --picture-size averages them down to one. A picture has no flux scale, no
// variance and no pixel scale. Sentinels are not guessed: `asterism data inspect` shows values that look like one.
//
// Modalities: rgb_image and the scalars.

#include <filesystem>
#include <memory>
#include <vector>

#include "data/survey.h"
#include "modalities/block.h"

namespace asterism::data {

std::unique_ptr<SurveyImport> open_pictures(const std::vector<std::filesystem::path>& inputs,
                                            const ImportOptions& options, BadRows& bad);

// A colour picture as a block of one row in display units, averaged down to size x size where size > 0. DataError for
// grey pictures and those that are smaller than that.
modalities::ImageBlock read_picture_block(const std::filesystem::path& path, int64_t size);

}  // namespace asterism::data
