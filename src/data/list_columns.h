#pragma once
// Light curves and lists of sources as Arrow structs of lists, and back. An absent row is a null struct; all lists of a
// row are equally long; an unknown error or number is a null inside its list.

#include <arrow/type_fwd.h>

#include <memory>
#include <string>

#include "data/layout.h"
#include "modalities/block.h"

namespace asterism::data {

// struct{band, time, mag, mag_err, mask, upper_limit} of lists; `flux`, `flux_err` where the unit is not "mag".
std::shared_ptr<arrow::DataType> light_curve_type(const modalities::LightCurveBlock& block);
std::shared_ptr<arrow::Array> light_curve_array(const modalities::LightCurveBlock& block,
                                                const std::shared_ptr<arrow::DataType>& type);
// Points are sorted by time. A column without `mask` is a foreign one: points whose time or value is null or no number
// are dropped, and so are the paddings of published files (time -99; time, value and error all 0); `quality` other than
// 0 is a mask. Bands that the layout does not know are added behind its own. DataError naming the row where lists
// disagree, or where a file of ours holds what a light curve cannot be.
modalities::LightCurveBlock read_light_curves(const arrow::StructArray& column, const ModalityColumn& layout,
                                              const std::string& where);

// struct of one list<float> a column.
std::shared_ptr<arrow::DataType> catalog_type(const modalities::CatalogBlock& block);
std::shared_ptr<arrow::Array> catalog_array(const modalities::CatalogBlock& block,
                                            const std::shared_ptr<arrow::DataType>& type);
modalities::CatalogBlock read_catalogs(const arrow::StructArray& column, const ModalityColumn& layout,
                                       const std::string& where);

}  // namespace asterism::data
