#pragma once
// A vector for every object, or one for each of its tokens: what `asterism embed` does.

#include <filesystem>
#include <string>
#include <vector>

#include "infer/map_dataset.h"
#include "models/model.h"

namespace asterism::infer {

struct EmbedOptions {
  std::filesystem::path model, dataset, out;  // model: of a tokenizer too, whose vectors are what its tokens say
  std::vector<std::string> given;  // modalities to use; empty: all that the data and the model share; a tokenizer's one
  bool normalise = false;          // to unit length
  int64_t layer = -1;              // average this layer of the encoder; -1: the last, normed
  std::string column = "vector";   // its name in the output
  std::string pool = "mean";    // or "cls", "attentive": models::Model::pooled; "tokens": all of them, not one vector
  int64_t rings = 0;            // image models: means over so many rings follow the mean over all tokens
  bool symmetries = false;      // average over the turned and mirrored images of each object
  bool any_instrument = false;  // take images and spectra of instruments that the model was not made for
  std::string device = "auto";  // where it computes: nn::choose_device
  std::string precision = "fp32";  // or "bf16", "int8", "auto": nn::choose_precision
  bool keep_scalars = true;
  int64_t batch_size = 256;
  bool resume = false;
  int64_t shard = 0, shards = 1;
};

// Writes a dataset with id, position and a fixed-size-list<float>[D] column (pool "tokens": that of token_vectors.h);
// null where an object has none of the modalities. UserError as map_dataset, where a tokenizer is not given one
// modality, where data and model share no modality, where any_instrument means nothing to the model, and where the
// model does not offer the pool, or the pool does not go with rings (means alone) or symmetries (vectors alone).
MapResult embed(const EmbedOptions& options);
// The same by a model that is there already, where it is.
MapResult embed(const models::Model& model, const std::string& model_hash, const EmbedOptions& options);

}  // namespace asterism::infer
