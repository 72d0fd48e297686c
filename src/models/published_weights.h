#pragma once
// Weights as DINOv2, AstroDINO, SpecFormer and AstroCLIP publish them (once converted to safetensors): which names mean
// what, and what their shapes say about the model.

#include <ATen/ATen.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "models/astroclip_settings.h"

namespace asterism::models {

using NamedTensors = std::map<std::string, at::Tensor>;

// The names that AstroClip gives its parameters ("image_encoder.backbone.blocks.7.attn.qkv.weight",
// "spectrum_encoder.*"), whatever was written in front and however blocks were grouped: wrappers ("module.",
// "teacher.", "model.", "backbone." before all names) are taken off; "blocks.1.7." (block 7 in chunk 1) becomes
// "blocks.7."; the names of a lone encoder get its place in front; heads of the pretraining ("dino_head.",
// "ibot_head.") are left out. DataError where one name results twice or nothing looks like an encoder.
NamedTensors canonical_weights(const NamedTensors& values, const std::string& source);

// Back: a lone encoder's names without its place in front, as DINOv2 and SpecFormer publish them; others as they are.
NamedTensors as_published(const NamedTensors& canonical);

// What shapes and names say, completed by the published config.json ({} where there is none): {"image": {"img_size",
// "patch", "dim", "depth", "heads", "registers", "interpolate_offset", "interpolate_antialias" ...}, "spectrum":
// {"dim", "layers", "heads", "slice", "overlap" ...}, "embed_dim", "pool_heads", "image_head_residual", "image_input",
// "spectrum_input"}. What the config gives goes before what the shapes say, so that a file that is not the config's is
// refused on loading. Where it does not say how positions are stretched, models with registers have offset 0 and
// antialias, others 0.1 and none, as they were published. DataError where they leave something open.
AstroClipSettings settings_of(const NamedTensors& canonical, const nlohmann::json& config, const std::string& source);

// The weights file of a folder: model.safetensors, astroclip.safetensors, or the only *.safetensors in it. DataError.
std::filesystem::path weights_file_in(const std::filesystem::path& folder);

// Is this the config.json of a published folder of this family? (It has no "kind".) Those of huggingface_dinov2.h too.
bool is_published_config(const nlohmann::json& config);

}  // namespace asterism::models
