#pragma once
// Blocks as Arrow arrays. An absent row is a null; numbers that the file does not know (PSF, line spread, variance) are
// nulls inside the lists, which all keep the same length, as nested-pandas wants.

#include <arrow/type_fwd.h>

#include <memory>

#include "modalities/block.h"

namespace asterism::data {

// `type` is the column's type in schema_for(). UserError when more than 2^31 values would lie in one array: write fewer
// rows at a time.
std::shared_ptr<arrow::Array> image_array(const modalities::ImageBlock& block,
                                          const std::shared_ptr<arrow::DataType>& type);
std::shared_ptr<arrow::Array> spectrum_array(const modalities::SpectrumBlock& block,
                                             const std::shared_ptr<arrow::DataType>& type);

std::shared_ptr<arrow::Array> map_array(const modalities::MapBlock& block,
                                        const std::shared_ptr<arrow::DataType>& type);
std::shared_ptr<arrow::Array> cube_array(const modalities::CubeBlock& block,
                                         const std::shared_ptr<arrow::DataType>& type);

// Encoded PNG files: the picture, and its mask (null where nothing is masked).
std::shared_ptr<arrow::Array> picture_array(const modalities::ImageBlock& block);
std::shared_ptr<arrow::Array> picture_mask_array(const modalities::ImageBlock& block);

std::shared_ptr<arrow::Array> scalar_array(const modalities::ScalarBlock& block);
std::shared_ptr<arrow::Array> scalar_error_array(const modalities::ScalarBlock& block);

}  // namespace asterism::data
