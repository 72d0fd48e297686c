#pragma once
// A tokenizer turns the observations of one modality into a fixed number of small integers per object, and back.

#include <ATen/ATen.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "modalities/block.h"
#include "nn/outcome.h"
#include "nn/parameters.h"

namespace asterism::tokenizers {

struct Tokens {
  at::Tensor ids;      // int64 [n, num_tokens], 0 <= id < vocabulary; rows that are not present hold 0
  at::Tensor present;  // bool [n]
};

// What to decode onto. Empty fields mean: as the tokenizer was trained.
struct DecodeRequest {
  std::vector<modalities::Band> bands;             // images
  int64_t height = 0, width = 0;                   // images
  base::AlignedVector<float> wavelength_angstrom;  // spectra: one grid [L] for all objects
};

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  virtual std::string kind() const = 0;  // its name in tokenizers/all.cpp, written into config.json
  virtual int64_t vocabulary() const = 0;
  virtual int64_t num_tokens() const = 0;

  // UserError where the block is not of the kind, bands, unit or shape this tokenizer reads. Missing in, missing out.
  virtual Tokens encode(const modalities::Block& block) const = 0;
  virtual modalities::Block decode(const Tokens& tokens, const DecodeRequest& request) const = 0;

  // Reconstruction loss weighted by inverse variance, differentiable; masked and absent values have no influence.
  virtual nn::Outcome loss(const modalities::Block& block) = 0;
  virtual void fit(const modalities::Block&) {
  }  // tokenizers with statistics (bins) learn them here; others need nothing

  virtual nn::Parameters& parameters() = 0;

  // config.json + model.safetensors in `folder`, written aside and renamed; read back with load_tokenizer.
  virtual void save(const std::filesystem::path& folder) const = 0;
};

std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& folder);

}  // namespace asterism::tokenizers
