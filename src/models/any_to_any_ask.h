#pragma once
// Objects seen by an any-to-any model once, ready to be asked for one target after the other.
// Letters: N objects, M modalities of the model, D width.

#include <string>
#include <vector>

#include "models/any_to_any_network.h"

namespace asterism::models {

// What the encoder made of the objects of a batch.
struct Conditioned {
  SegmentDecoder::Context context;
  std::vector<uint64_t> hashes;
  int64_t objects = 0;
  at::Tensor given_NM;  // int64, tokens of each modality
  nn::DropKey drop;
};

// `given`: modalities by index. Where `drop` is on, its noise is of each object.
Conditioned condition(const AnyToAny::Network& net, const modalities::Batch& batch, const std::vector<uint8_t>& given,
                      const nn::DropKey& drop = {});

// Decoder output [N, D] of each one-token target among `asked`, by modality index.
std::vector<at::Tensor> ask_scalars(const AnyToAny::Network& net, const Conditioned& from,
                                    const std::vector<uint8_t>& asked);

std::vector<uint8_t> everyone(int64_t objects);  // 1 for each

// The inputs of a request: what it names, or all but the targets. UserError for one that is both.
std::vector<uint8_t> inputs_of(const AnyToAny::Network& net, const std::vector<std::string>& names,
                               const std::vector<uint8_t>& asked);

}  // namespace asterism::models
