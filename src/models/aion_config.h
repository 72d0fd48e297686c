#pragma once
// config.json of a published AION-1 folder: sizes and switches of the transformer, and which modalities ("domains", by
// token key) it reads and predicts. The shape of every weight follows from it and from the tables below.

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "nn/transformer.h"

namespace asterism::models {

struct AionConfig {
  std::vector<std::string> domains_in, domains_out;  // token keys, sorted
  int64_t dim = 768, encoder_depth = 12, decoder_depth = 12, num_heads = 12;
  double mlp_ratio = 4;
  bool qkv_bias = true, proj_bias = true, mlp_bias = true, norm_bias = true;
  bool gated_mlp = false, qk_norm = false;
  std::string act_layer = "GELU";    // a class of torch.nn
  bool decoder_causal_mask = false;  // every decoder token sees those before it only
  bool decoder_sep_mask = true;      // decoder tokens see their own modality only
  bool share_modality_embeddings = true;
  int64_t num_register_tokens = 0;
  nlohmann::json other = nlohmann::json::object();  // keys that change nothing here; saved again

  nn::TransformerSettings transformer(int64_t depth) const;
  nlohmann::json to_json() const;
};

// DataError naming the file and the key: a key of the wrong type or out of range, an activation that is not known,
// sizes that do not fit each other. Drop-path and checkpointing keys are kept and have no effect (they act in the
// package's training only); a key that is not known is refused, with the nearest.
AionConfig read_aion_config(const nlohmann::json& json, const std::string& source);
AionConfig read_aion_config(const std::filesystem::path& file);

// Whether a config.json is of this kind: it has domains and a width, and no "kind" of our own.
bool is_aion_config(const nlohmann::json& json);

// What the published models fix about a modality.
struct AionModality {
  std::string key;                // "tok_image"
  std::string codec;              // folder under codecs/ that turns it into tokens, "image"
  int64_t rows = 1, columns = 1;  // of the grid of tokens
  int64_t vocabulary = 1024;
  bool sequence = false;  // a list of any length (the catalogue): places by rank, targets one after the other
  int64_t codes = 0;      // ids below it can be decoded; 0: all of the vocabulary
  int64_t tokens() const { return rows * columns; }  // of a sequence: at most
};

// The 40 of AION-1, by key.
const std::vector<AionModality>& aion_modalities();
const AionModality* find_aion_modality(const std::string& key);  // nullptr: not among them

// The configuration of AION-1 "base", "large" or "xlarge". UserError naming the nearest.
AionConfig published_aion_config(const std::string& size);

}  // namespace asterism::models
