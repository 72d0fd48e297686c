#pragma once
// Published AION-1 models (Parker et al. 2025, arXiv 2510.17960): tokens of any of its modalities in, vectors, logits
// of any other, or a training loss out. The folder is the published one: config.json, model.safetensors,
// codecs/<name>/.
//
//   const auto model = Aion::load("aion-base");
//   const auto encoded = model->encode({{"tok_image", image_ids_NL}, {"tok_spectrum_desi", spectrum_ids_NL}});
//   const auto z_N1V = model->logits({{"tok_image", image_ids_NL}}, {"tok_z"}).at("tok_z");
//
// The package of the authors does three things otherwise, each a defect; `reference_behaviour` does them too, so that
// results can be compared: tokens beyond a budget of 256 are dropped in silence, an object without visible tokens
// attends to its padding, and `forward` leaves the decoder's self-attention fully masked (it then averages over all
// targets' tokens).
//
// Letters: N objects, L tokens of a modality, R rows of all objects, T slots an object (padded), D width, V codes.

#include <ATen/ATen.h>

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "models/aion_inputs.h"
#include "models/aion_slots.h"
#include "models/model.h"
#include "models/predictor.h"
#include "nn/packed_decoder.h"
#include "nn/packed_encoder.h"

namespace asterism::models {

struct AionEncodeOptions {
  int64_t budget = 0;  // tokens an object keeps, in the order of the modalities given; 0: all visible ones (256 with
                       // reference_behaviour, as in the package)
  bool reference_behaviour = false;  // rows for hidden tokens too, as many for every object
  int64_t layer = -1;                // `plain` is this block's output, not normed; -1: the last, normed
};

struct AionEncoded {
  at::Tensor plain_RD;    // encoder output
  at::Tensor context_RD;  // what the decoder sees, and what the package's `encode` returns: projected, plus place and
                          // modality vectors
  nn::Ranges objects;     // of R; an object without visible tokens has no rows
  at::Tensor hidden_NT;   // reference_behaviour: which rows are padding; else undefined
};

enum class AionLossKind {
  by_modality,  // mean over the modalities of their mean cross-entropies; one without targets counts as 0 ("mod")
  by_token,     // weighted by tokens times vocabulary, as the package does under the name "token"
};

struct AionLoss {
  at::Tensor total;                               // differentiable
  std::map<std::string, at::Tensor> by_modality;  // mean cross-entropies
};

class Aion : public Model, public Predictor {
 public:
  explicit Aion(AionConfig config, uint64_t seed = 0);  // first values as 4M draws them
  // A model of this architecture on modalities of its own: keys of the readers, each with a codec that says how many
  // tokens and codes it has. What is to be drawn needs a codec whose codes may all stand at every place.
  Aion(AionConfig config, std::vector<AionInputs::Reader> readers, uint64_t seed = 0);
  // The weights lie in a mapping of the file. DataError naming key or tensor where config.json or weights are not as
  // the architecture has them.
  static std::unique_ptr<Aion> load(const std::filesystem::path& folder);

  // What these give lies where the weights do.
  // UserError for a modality that the model does not read, tokens of a wrong shape or out of range. DataError naming
  // the tensor when weights that are not finite spoil the answer.
  AionEncoded encode(const std::vector<AionTokens>& inputs, const AionEncodeOptions& options = {}) const;

  // [N, L, V] of each target, all tokens of all targets asked at once. With decoder self-attention inside each target,
  // or as the package's forward (see above).
  std::map<std::string, at::Tensor> logits(const std::vector<AionTokens>& inputs,
                                           const std::vector<std::string>& targets,
                                           bool reference_behaviour = false) const;
  // The same of each target as if it alone were asked for, whatever the masks of the decoder; what is given is encoded
  // once.
  std::map<std::string, at::Tensor> logits_apart(const std::vector<AionTokens>& inputs,
                                                 const std::vector<std::string>& targets) const;

  // Logits [R, V] of those tokens of one target that are asked for (bool [N, L]), in reading order; those of an object
  // see each other in the decoder, as in training.
  at::Tensor logits_at(const std::vector<AionTokens>& inputs, const std::string& target,
                       const at::Tensor& asked_NL) const;
  // The same, of objects that are encoded already (context_of): for several questions about them.
  at::Tensor logits_of(const SegmentDecoder::Context& context, const std::string& target,
                       const at::Tensor& asked_NL) const;

  // What the decoder's cross-attention needs of encoded objects, by block: once for all that is asked of them.
  SegmentDecoder::Context context_of(const AionEncoded& encoded) const;

  // Observations become tokens by these codecs from now on, not by those of the folder.
  void read_with(std::vector<AionInputs::Reader> readers) {
    inputs_ = std::make_unique<AionInputs>(std::move(readers));
  }

  // Loss of a 4M training step; budgets 0: everything visible. Targets lie in the order of the examples, or in
  // `target_order`, which names each example's number once: where the budget cuts, the last ones lose.
  AionLoss loss(const std::vector<AionExample>& examples, int64_t input_budget, int64_t target_budget,
                AionLossKind kind = AionLossKind::by_modality, const std::vector<size_t>& target_order = {}) const;

  const AionConfig& config() const { return network_->config; }
  const AionNetwork& network() const { return *network_; }
  const AionInputs& inputs() const { return *inputs_; }

  std::string kind() const override { return "aion"; }
  std::vector<std::string> modalities() const override;
  int64_t width() const override { return network_->config.dim; }
  // Mean over an object's tokens, all of them, of what the package's `encode` returns; layer >= 0: of that block's
  // output. Observations become tokens by the codecs of the folder. UserError for a modality without one.
  Embedded embed(const modalities::Batch& batch, const EmbedRequest& request) const override;
  std::map<std::string, int64_t> pools() const override { return {{"tokens", width()}}; }
  // What embed averages; register tokens are of no modality. By the plain layers where gradients are enabled, by those
  // laid out for inference where not.
  TokenRows token_rows(const modalities::Batch& batch, const EmbedRequest& request) const override;
  void forget(uint64_t seed) override;  // the codecs stay

  std::vector<std::string> targets() const override;
  const tokenizers::Tokenizer& codec(const std::string& modality) const override { return inputs_->codec(modality); }
  // Scalars: the logits of the one token as probabilities of the codec's bins. Images and spectra: drawn tokens,
  // decoded. UserError for a codec whose codes are no bins, and for `passes` (there is no dropout).
  Prediction predict(const modalities::Batch& batch, const PredictRequest& request) const override;
  // The catalogue, where its codec is there. Its tokens are the codec's: without what begins and ends the sequence.
  std::vector<std::string> sequences() const override;
  Prediction draw_sequences(const modalities::Batch& batch, const PredictRequest& request) const override;

  nn::Parameters& parameters() override { return network_->parameters; }
  void to(const at::Device& device) override;                     // the codecs too
  void save(const std::filesystem::path& folder) const override;  // loads in the package too

 private:
  Aion() = default;
  AionEncoded encode_rows(const AionSlots& slots, int64_t layer) const;
  AionEncoded encode_padded(const AionSlots& slots, int64_t layer) const;
  at::Tensor decode_padded(const AionSlots& slots, const AionEncoded& encoded) const;
  // Rows without padding, normed; the rows of a segment see each other.
  at::Tensor decode_rows(const AionRows& rows, const nn::Ranges& objects, const nn::Ranges& segments,
                         const SegmentDecoder::Context& context) const;
  // Logits of `targets`, whose tokens are the slots of `asked`; apart: those of a target see no other's (where rows
  // are padded the masks of the decoder say so).
  std::map<std::string, at::Tensor> answers(const AionSlots& asked, const std::vector<std::string>& targets,
                                            const AionEncoded& encoded, bool apart) const;
  struct Packed {  // weights laid out for inference; each made when it is first needed, and again when they change
    std::shared_ptr<const nn::PackedEncoder> encoder;
    std::shared_ptr<const nn::PackedContexts> contexts;
    std::shared_ptr<const nn::PackedDecoder> decoder;
  };
  // What `held` is, made of `from` where there is none or its weights or the precision have changed.
  template <class Made, class From>
  std::shared_ptr<const Made> packed(std::shared_ptr<const Made>& held, const From& from) const;
  std::unique_ptr<AionNetwork> network_;
  std::unique_ptr<AionInputs> inputs_;
  mutable std::mutex packing_;
  mutable Packed packed_;
};

}  // namespace asterism::models
