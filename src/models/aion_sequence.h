#pragma once
// The decoder of an AION-1 model on a sequence (the catalogue), one token after the other: the encoder and the keys and
// values of its output are computed once, and those of earlier tokens are kept. Letters: N objects, V codes.

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "models/aion.h"

namespace asterism::models {

class SequenceDecoder {
 public:
  // UserError where `target` is no sequence. The model must outlive it.
  SequenceDecoder(const Aion& model, const std::vector<AionTokens>& given, const std::string& target, int64_t objects);

  int64_t length() const;  // tokens that a sequence may have

  // Takes the next token of each object (int64 [N]) and returns the logits of the one after it [N, V]. UserError beyond
  // the places that the model has.
  at::Tensor next(const at::Tensor& ids_N);

 private:
  struct Seen {
    std::vector<at::Tensor> k_NHd, v_NHd;  // by token
  };
  const Aion& model_;
  int64_t modality_ = 0, objects_ = 0, position_ = 0;
  SegmentDecoder::Context context_;
  std::vector<Seen> seen_;  // by layer
};

}  // namespace asterism::models
