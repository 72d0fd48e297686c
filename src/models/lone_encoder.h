#pragma once
// What models that are one encoder of one kind of observation have in common: a vector is a mean of token rows, and a
// folder is settings and weights. Letters: N objects, R rows, D width.

#include <filesystem>
#include <string>

#include "config/settings.h"
#include "models/model.h"
#include "nn/ranges.h"

namespace asterism::models {

// UserError where `request` names a modality that is not among `known`, a layer from `layers` on, or rings.
void check_request(const EmbedRequest& request, const std::vector<std::string>& known, int64_t layers);

// N zero vectors, all of them absent.
Model::Embedded nothing_embedded(int64_t objects, int64_t width);
// The mean over each object's rows; objects without rows are zero and absent. normalise: to unit length.
Model::Embedded mean_of_rows(const at::Tensor& rows_RD, const nn::Ranges& objects, bool normalise);
// Rows of unit length; rows of zeros stay.
at::Tensor unit_rows(const at::Tensor& vectors_ND);

// What token_rows() answers where nothing is seen.
Model::TokenRows no_token_rows(int64_t objects, int64_t width);

// Copies every parameter of `fresh` into `mine`, which has the same names: a model that forgets.
void take_first_weights(nn::Parameters& mine, const nn::Parameters& fresh);

// config.json {"kind", "settings"} and model.safetensors; a folder that is there is exchanged in one step.
void save_lone_encoder(const std::filesystem::path& folder, const std::string& kind, const config::Fields& settings,
                       const nn::Parameters& parameters);
// Reads such a folder: first the settings, then, into the model made by them, the weights. DataError where it is none,
// by the settings already where the file of weights is damaged.
void read_lone_settings(const std::filesystem::path& folder, const std::string& kind, config::Fields& settings);
void read_lone_weights(const std::filesystem::path& folder, nn::Parameters& parameters);

}  // namespace asterism::models
