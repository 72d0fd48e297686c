#pragma once
// The columns of each kind of modality, with their types, units and words: the writing side of layout.h.

#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <vector>

#include "data/column_words.h"
#include "data/dataset_info.h"
#include "modalities/block.h"

namespace asterism::data {

// What stands on the column of a modality, whatever its kind.
FieldWords modality_words(const std::string& modality, const std::string& kind, const std::string& unit,
                          const DatasetInfo& info);
std::string inverse_square(const std::string& unit);

// Appends the columns in which blocks like this one are written. DataError for a picture that has not 3 colours.
void add_fields(const std::string& column, const std::string& modality, const modalities::ImageBlock& block,
                const DatasetInfo& info, arrow::FieldVector& out);
void add_fields(const std::string& column, const std::string& modality, const modalities::SpectrumBlock& block,
                const DatasetInfo& info, arrow::FieldVector& out);
void add_fields(const std::string& column, const std::string& modality, const modalities::ScalarBlock& block,
                const DatasetInfo& info, arrow::FieldVector& out);
void add_fields(const std::string& column, const std::string& modality, const modalities::VectorBlock& block,
                const DatasetInfo& info, arrow::FieldVector& out);
void add_fields(const std::string& column, const std::string& modality, const modalities::LightCurveBlock& block,
                const DatasetInfo& info, arrow::FieldVector& out);
void add_fields(const std::string& column, const std::string& modality, const modalities::CatalogBlock& block,
                const DatasetInfo& info, arrow::FieldVector& out);
void add_fields(const std::string& column, const std::string& modality, const modalities::MapBlock& block,
                const DatasetInfo& info, arrow::FieldVector& out);
void add_fields(const std::string& column, const std::string& modality, const modalities::CubeBlock& block,
                const DatasetInfo& info, arrow::FieldVector& out);

}  // namespace asterism::data
