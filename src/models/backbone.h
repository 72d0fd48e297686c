#pragma once
// The encoder of a finished model as a part of another: its tokens, which of its weights belong to which block (so that
// some can be frozen), and what it is, so that it can be made again without the folder it came from.
// Letters: M objects, T tokens, C numbers a token.

#include <ATen/ATen.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "modalities/block.h"
#include "models/patch_encoder.h"
#include "nn/drop.h"
#include "nn/parameters.h"

namespace asterism::models {

class Backbone {
 public:
  virtual ~Backbone() = default;
  virtual std::string modality() const = 0;  // that it reads
  virtual int64_t width() const = 0;         // C
  virtual int64_t blocks() const = 0;        // of its transformer
  virtual bool checks_instrument() const { return false; }
  virtual std::unique_ptr<PatchEncoder> patch_encoder() const { return nullptr; }  // of its images, while it lives

  // usable [M, T], bool: true where there is a token; undefined: everywhere.
  struct Tokens {
    at::Tensor tokens_MTC, usable_MT;
  };
  // Of objects that are all present. drop: on in training, where the encoder has dropout or drop path. UserError as its
  // model says it.
  virtual Tokens tokens(const modalities::Block& block, bool any_instrument, const nn::DropKey& drop) const = 0;

  // The block that a parameter belongs to: -1 before the first, blocks() after the last; nothing: it has no part in the
  // tokens (decoders and heads of the encoder's own pretraining).
  virtual std::optional<int64_t> block_of(const std::string& parameter) const = 0;
  virtual nn::Parameters& parameters() = 0;
  virtual nlohmann::json config() const = 0;  // for backbone_of
};

// The encoder of `modality` out of a model folder, its weights included: astroclip (also the published folders of
// AstroCLIP, AstroDINO, DINOv2, SpecFormer), dino (the network that its settings name), masked_spectrum, masked_image.
// UserError where the folder's model is of another kind or reads something else.
std::unique_ptr<Backbone> open_backbone(const std::filesystem::path& folder, const std::string& modality);

// As config() said, with weights that are still to be loaded. DataError naming `source`.
std::unique_ptr<Backbone> backbone_of(const nlohmann::json& config, const std::string& source);

// 64 hex digits that change with any weight that has a part in the tokens, and with the settings.
std::string fingerprint(Backbone& backbone);

// [M] : is anything of the object seen, a good pixel at least?
std::vector<uint8_t> observed_rows(const modalities::Block& block);

}  // namespace asterism::models
