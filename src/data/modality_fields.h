#pragma once
// The columns of each kind of modality, with their types, units and words: the writing side of layout.h.

#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data/dataset_info.h"
#include "modalities/block.h"

namespace asterism::data {

using Words = std::vector<std::pair<std::string, std::string>>;

// A nullable field with metadata; empty words are left out.
std::shared_ptr<arrow::Field> field(const std::string& name, const std::shared_ptr<arrow::DataType>& type,
                                    const Words& words);
std::shared_ptr<arrow::DataType> list_of(const std::shared_ptr<arrow::DataType>& type);  // its element is "element"
// What stands on the column of a modality, whatever its kind.
Words modality_words(const std::string& modality, const std::string& kind, const std::string& unit,
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
void add_fields(const std::string& column, const std::string& modality, const modalities::MapBlock& block,
                const DatasetInfo& info, arrow::FieldVector& out);
void add_fields(const std::string& column, const std::string& modality, const modalities::CubeBlock& block,
                const DatasetInfo& info, arrow::FieldVector& out);

}  // namespace asterism::data
