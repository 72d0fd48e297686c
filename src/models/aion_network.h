#pragma once
// The layers of an AION-1 model under their published names, and how tokens become rows of vectors. aion.h is what
// others call. Letters: N objects, T slots an object, R rows, D width, V codes, P places.

#include <ATen/ATen.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "models/aion_config.h"
#include "models/segment_decoder.h"
#include "nn/transformer.h"

namespace asterism::models {

// Tensors of one modality; undefined where the model does not read it (encoder) or predict it (decoder).
struct AionEmbedding {
  AionModality facts;
  bool input = false, target = false;
  at::Tensor in_table_VD, in_places_1PD, in_modality_11D;
  at::Tensor out_table_VD, out_places_1PD, out_modality_11D, to_logits_VD;
};

// Tokens as rows, before they are vectors: int64 [R] each. Modality -1: register token number `place`.
struct AionRows {
  at::Tensor modality_R, place_R, id_R;
};

struct AionNetwork {
  // With first values drawn from the seed. `own`: modalities that are not among the published ones.
  explicit AionNetwork(AionConfig config, uint64_t seed = 0, const std::vector<AionModality>& own = {});
  // With the weights of a file, which are not copied. DataError for a missing, extra or mis-shaped one.
  AionNetwork(AionConfig config, nn::GivenWeights& weights);

  // Index into `modalities`. UserError naming the nearest that the model reads, or predicts.
  int64_t input(const std::string& key) const;
  int64_t target(const std::string& key) const;

  // Token vectors, and place + modality vectors of the same rows [R, D]: their sum is what the encoder reads.
  struct Embedded {
    at::Tensor token_RD, place_RD;
  };
  Embedded embed_inputs(const AionRows& rows) const;
  // What the decoder is asked with: the mask token, or in sequences the token before, plus place and modality.
  at::Tensor embed_targets(const AionRows& rows) const;
  at::Tensor logits(int64_t modality, const at::Tensor& x_RD) const;  // [R, V]

  // The tensor of a published name; one that two names share answers to both. Undefined: no such name.
  at::Tensor tensor(const std::string& name) const;

  AionConfig config;
  nn::Parameters parameters;
  std::vector<AionEmbedding> modalities;  // by key
  nn::Encoder encoder;
  nn::LayerNorm encoder_norm, decoder_norm;
  nn::Linear decoder_proj_context;
  nn::Decoder decoder;
  std::unique_ptr<SegmentDecoder> segment_decoder;  // the same weights, for rows without padding
  at::Tensor mask_token_11D, register_tokens_1RD;

 private:
  void build(const nn::Scope& scope, const std::vector<AionModality>& own);
  void make_embeddings(const nn::Scope& scope, const std::vector<AionModality>& own);
  std::vector<std::string> keys(bool as_input) const;
};

// Reads model.safetensors of a published folder: tensors that the file holds once under two names stand under both.
nn::GivenWeights read_aion_weights(const std::filesystem::path& file);

// What the names of the weights say about the architecture, where config.json does not: QK-norm.
AionConfig with_detected(AionConfig config, const nn::GivenWeights& weights);

// Names that hold one tensor: {the one left out of files, the one written}.
std::vector<std::pair<std::string, std::string>> shared_names(const AionNetwork& network);

}  // namespace asterism::models
