#pragma once
// The parts of the any-to-any model and how they are joined; any_to_any.h is what others call.
// Letters: N objects of a batch, R rows, L rows as they are laid out, D width.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/any_to_any.h"
#include "models/budget.h"
#include "models/drawn_noise.h"
#include "models/input_embedding.h"
#include "models/packing.h"
#include "models/present_rows.h"
#include "models/segment_decoder.h"
#include "models/target_head.h"
#include "models/token_cache.h"
#include "models/value_embedding_scalar.h"

namespace asterism::models {

struct AnyToAny::Network {
  // blank: weights are left as they come, for values that a file brings.
  Network(AnyToAnySettings settings, Codecs codecs, at::ScalarType dtype, bool blank = false);

  // A batch looked at once. The batch must outlive it.
  struct Observed {
    std::vector<Candidate> candidates;                    // one a modality of the model, by name
    std::vector<PresentRows> seen;                        // of what goes in by rows: those that hold any
    std::vector<InputEmbedding::View> views;              // of those; empty for scalars that go in as values alone
    std::vector<const modalities::ScalarBlock*> scalars;  // nullptr where absent or no scalar
    std::vector<tokenizers::Tokens> tokens;               // codes of image and spectrum targets, where asked
    std::vector<uint64_t> hashes;
    int64_t objects = 0;
  };
  // `inputs`, `targets`: which modalities to look at, by index; targets are encoded with the codec (through `cache` if
  // given).
  Observed observe(const modalities::Batch& batch, const std::vector<uint8_t>& inputs,
                   const std::vector<uint8_t>& targets, TokenCache* cache) const;

  // Vectors of the chosen rows, candidate after candidate.
  at::Tensor embed_rows(const Observed& observed, const std::vector<Rows>& rows, const DrawKey& key) const;

  // Encoder output laid out by `packing`, after the final norm; layer >= 0: of that block, not normed.
  at::Tensor encode(const at::Tensor& rows_RD, const Packing& packing, const nn::DropKey& drop,
                    int64_t layer = -1) const;

  // Decoder output (normed) for the rows of each candidate, [R, D] by candidate. ids: codes where shown.
  std::vector<at::Tensor> decode(const std::vector<Rows>& rows, const Packing& packing,
                                 const SegmentDecoder::Context& context, const std::vector<tokenizers::Tokens>& tokens,
                                 const nn::DropKey& drop) const;

  // Modality names to 0/1 by index. UserError for one that the model cannot read or predict (names the nearest).
  std::vector<uint8_t> choose_inputs(const std::vector<std::string>& names) const;
  std::vector<uint8_t> choose_targets(const std::vector<std::string>& names) const;
  // Those of `given` that are images; UserError where none is.
  std::vector<uint8_t> are_images(const std::vector<uint8_t>& given) const;
  nn::DropKey drop_key(const Observed& observed, const DrawKey& key) const;
  // Whether more than one modality that goes in is another than this.
  bool has_several_inputs_beside(size_t candidate) const;
  // Of a scalar, from the decoder's output [N, D] of one or several passes: their mean, temperature applied. given_NM:
  // how many tokens of each modality each object gave (int64). The temperature was set where everything else was given,
  // or is of what is given (temperature_by_input). With nothing or one token it is left away: a marginal that is
  // sharpened is no marginal, and p(a) p(b|a) no longer p(b) p(a|b). A model that reads nothing beside the target but
  // one modality has it wherever that was observed.
  ScalarPosterior posterior(size_t candidate, const std::vector<at::Tensor>& passes, const at::Tensor& given_NM) const;

  AnyToAnySettings settings;
  nn::Parameters parameters;
  nn::Parameters bins;             // of the scalars' codecs, sharing storage with them
  std::vector<std::string> names;  // modalities in order
  std::vector<ModalitySettings> modality;
  std::vector<int64_t> scalar_index;  // into the scalar embedding; -1: not in there
  std::unique_ptr<ValueEmbeddingScalar> scalars;
  std::vector<std::unique_ptr<InputEmbedding>> inputs;  // nullptr for scalars by value alone and for no input
  std::vector<std::unique_ptr<TargetHead>> heads;       // nullptr: no target
  nn::Encoder encoder;
  nn::LayerNorm encoder_norm, decoder_norm;
  std::unique_ptr<SegmentDecoder> decoder;
  // The one row of an object of which nothing is given. Undefined in shallow encoders with biases: a row of zeros, as
  // their weights were trained. A norm turns such a row 1/sqrt(epsilon) times as steeply, in every block.
  at::Tensor nothing_D;
  at::Tensor mask_token_D, temperature_M;  // temperature: buffer, one a modality, 1 before calibrate
  // ln of what it is times for each modality that is given, by target. Undefined without temperature_by_input.
  at::Tensor temperature_by_MM;
  TokenCache cache;
  Codecs codecs;
  std::map<std::string, NoiseByBand> usual_noise;  // of what a loaded model learned from, by modality

 private:
  void make_inputs(const nn::Scope& scope);
  std::unique_ptr<InputEmbedding> as_codes(const nn::Scope& scope, size_t m) const;
  void make_heads(const nn::Scope& scope);
  Candidate candidate_of(size_t m, const modalities::Block* block, Observed& observed, bool as_input, bool as_target,
                         TokenCache* cache) const;
};

}  // namespace asterism::models
