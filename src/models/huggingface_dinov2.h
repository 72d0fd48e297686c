#pragma once
// DINOv2 as the Hugging Face Hub has it (transformers' Dinov2Model and Dinov2WithRegistersModel): other names, queries,
// keys and values apart, and sizes in a config.json of its own.

#include <ATen/ATen.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace asterism::models {

// By its config.json ("model_type": "dinov2" or "dinov2_with_registers"), or by the names of its weights.
bool is_huggingface_dinov2(const nlohmann::json& config);
bool is_huggingface_dinov2(const std::map<std::string, at::Tensor>& values);

// The same weights under the names that DINOv2 publishes (published_weights.h): "embeddings.cls_token" -> "cls_token",
// query, key and value of a block joined to "attn.qkv", "layer_scale1.lambda1" -> "ls1.gamma", "mlp.weights_in" ->
// "mlp.w12". What stands before all names ("dinov2.") is taken off, heads of classifiers are left out. DataError where
// a part of a block's attention is missing.
std::map<std::string, at::Tensor> from_huggingface(const std::map<std::string, at::Tensor>& values,
                                                   const std::string& source);

// config.json of such a folder ({} where there is none) as settings_of reads it. Positions are stretched as
// transformers does. What goes in is the whole image as a picture, brought to the size that preprocessor_config.json
// beside it names and normalised by its mean and deviation (without the file neither, with a warning); an "image_input"
// in config.json goes before. DataError for what this program cannot compute: another activation, oblong patches.
nlohmann::json published_form(const nlohmann::json& config, const std::filesystem::path& folder);

}  // namespace asterism::models
