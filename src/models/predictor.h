#pragma once
// What can be asked of an any-to-any model, whichever kind it is: posteriors of scalars, draws of images and spectra.

#include <ATen/ATen.h>

#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "modalities/block.h"
#include "models/guidance.h"
#include "models/posterior.h"
#include "tokenizers/tokenizer.h"

namespace asterism::models {

// How tokens of images and spectra are drawn (maskgit.h; of AION-1 models aion_sample.h). Scalars are not drawn: these
// settings do not touch them.
struct Sampler {
  int64_t samples = 1;                            // draws per object
  int64_t steps = 8;                              // rounds of unmasking
  double temperature = 1;                         // 0: the most probable code
  std::string schedule = "cosine";                // or "linear"
  uint64_t seed = 0;                              // noise is keyed by (seed, object, token, step)
  std::string scheme = "maskgit";                 // or "roar"; of sequences "autoregressive"
  std::string temperature_schedule = "constant";  // see temperature_by_round
  double top_k = 0, top_p = 0;                    // see keep_likely
  Guidance guidance = 1;                          // `of` names modalities that are given
};

struct PredictRequest {
  std::vector<std::string> given;    // inputs; empty: all inputs of the model that the batch has, except the targets
  std::vector<std::string> targets;  // at least one
  Sampler sampler;
  bool unconditional = false;  // give nothing: the prior; `given` must be empty
  // > 0: the probabilities of scalars are averaged over this many passes with dropout left on. What is dropped of an
  // object depends on sampler.seed, the pass and the object, never on its neighbours.
  int64_t passes = 0;
};

// Draws of an image or spectrum: `samples` blocks of n rows; the mean has ivar = 1 / (variance over the samples). Of
// lists of sources, which have none, `mean` is the first sample.
struct BlockPrediction {
  std::vector<modalities::Block> samples;
  modalities::Block mean;
  std::vector<at::Tensor> ids_NT;  // the codes behind each sample
};

struct Prediction {
  std::map<std::string, ScalarPosterior> scalars;
  std::map<std::string, BlockPrediction> blocks;
  at::Tensor present_N;  // bool: something was given for this object (else the answer is the prior)
};

class Predictor {
 public:
  virtual ~Predictor() = default;
  virtual std::vector<std::string> targets() const = 0;
  virtual const tokenizers::Tokenizer& codec(const std::string& modality) const = 0;  // UserError where it has none

  // UserError for a modality that the model does not know (names the nearest), for one that is both given and target,
  // and for what this kind of model cannot do.
  virtual Prediction predict(const modalities::Batch& batch, const PredictRequest& request) const = 0;

  // What is drawn one token after the other, lists of sources; not among `targets`. draw_sequences gives their blocks
  // alone, by the sampler "autoregressive"; UserError as predict.
  virtual std::vector<std::string> sequences() const { return {}; }
  virtual Prediction draw_sequences(const modalities::Batch&, const PredictRequest&) const {
    base::user_error("this model draws no sequences: leave the sampler 'autoregressive' out");
  }
};

}  // namespace asterism::models
