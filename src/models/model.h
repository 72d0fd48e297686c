#pragma once
// A model turns whatever was observed of an object into one vector.

#include <ATen/ATen.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "modalities/block.h"
#include "nn/parameters.h"
#include "nn/ranges.h"

namespace asterism::models {

class PatchEncoder;

struct EmbedRequest {
  std::vector<std::string> given;  // modalities to use; empty: all that the batch and the model share
  bool normalise = false;          // to unit length
  int64_t layer = -1;              // average this layer's tokens; -1: the last, normed. UserError where not choosable
  bool any_instrument =
      false;          // read images and spectra of instruments that the model was not made for (checks_instrument)
  int64_t rings = 0;  // image models: that many rings' means follow the mean of all tokens. UserError where it cannot
};

class Model {
 public:
  virtual ~Model() = default;
  virtual std::string kind() const = 0;                     // its name in models/all.cpp, written into config.json
  virtual std::vector<std::string> modalities() const = 0;  // names it can read
  virtual int64_t width() const = 0;                        // D of the vectors
  virtual bool checks_instrument() const { return false; }  // refuses bands, pixels and grids that it was not made for
  int64_t vector_width(const EmbedRequest& request) const { return width() * (1 + request.rings); }

  // float32 [n, D]; a row whose object has none of the modalities given is all zero and listed as absent in `present`.
  struct Embedded {
    at::Tensor vectors_ND;
    at::Tensor present_N;  // bool
  };
  virtual Embedded embed(const modalities::Batch& batch, const EmbedRequest& request) const = 0;

  // Vectors other than those of embed, each with its width: "cls", of the token that stands for an image; "attentive",
  // what the learned query of a head picks of an object's tokens; and "tokens" where token_rows answers.
  virtual std::map<std::string, int64_t> pools() const { return {}; }
  // "cls" or "attentive", as embed otherwise. UserError naming what pools() has where the model lacks it, and where
  // rings are asked for.
  virtual Embedded pooled(const modalities::Batch& batch, const EmbedRequest& request, const std::string& pool) const;
  // UserError naming what pools() has, where this is neither among it nor "mean", which is embed's.
  void check_pool(const std::string& pool) const;

  // The tokens that embed averages: those of object i are rows objects.starts[i] to objects.starts[i + 1], none where
  // it is absent. Differentiable where gradients are enabled, and so left where the model computes. UserError where a
  // model gives vectors alone.
  struct TokenRows {
    at::Tensor rows_RD;
    nn::Ranges objects;
    std::vector<std::string> names = {};   // modalities, and
    std::vector<int32_t> modality_R = {};  // of which of them each row is; -1: of none (register tokens)
  };
  virtual TokenRows token_rows(const modalities::Batch& batch, const EmbedRequest& request) const;
  virtual int64_t token_width() const { return width(); }  // D of those; vectors may be several of them in a row
  // The encoder of this modality's images as patches (patch_encoder.h), to be used while the model lives; null where
  // there is none.
  virtual std::unique_ptr<PatchEncoder> patch_encoder(const std::string& modality) const;
  // Weights as before any training, drawn from `seed`; what was learned of the data without training (scales, bins)
  // stays. UserError where a model cannot.
  virtual void forget(uint64_t seed);

  virtual nn::Parameters& parameters() = 0;
  // Computes there from now on (nn/device.h): what it is given and what it answers stay the CPU's, all but losses.
  virtual void to(const at::Device& device) { parameters().to(device); }
  at::Device device() const { return const_cast<Model*>(this)->parameters().device(); }  // where it computes
  virtual void save(const std::filesystem::path& folder) const = 0;  // config.json + model.safetensors (+ codecs/)
};

std::unique_ptr<Model> load_model(const std::filesystem::path& folder, const at::Device& device = at::kCPU);

}  // namespace asterism::models
