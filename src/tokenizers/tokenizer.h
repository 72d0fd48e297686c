#pragma once
// A tokenizer turns the observations of one modality into a fixed number of small integers per object, and back. (Cubes
// have as many as their size asks for: cube_templates.h.)

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
  std::vector<modalities::Band> bands;  // images: C of them, also ones that were not in what was encoded
  int64_t height = 0, width = 0;        // images, cubes
  // Images, as they were observed or are to look: of each band ([C]) or of each band of every object ([n, C]). Sky
  // noise of a pixel is in the tokenizer's unit. 0 or empty: as the band was seen in training.
  base::AlignedVector<float> psf_fwhm_arcsec, noise;
  double pixel_scale_arcsec = 0;
  base::AlignedVector<float> wavelength_angstrom;  // spectra, cubes: one grid [L] for all objects
  // Spectra: one sigma of the line spread in Angstrom at each of these wavelengths, of all objects ([L]) or of every
  // one
  // ([n, L]). Empty, or 0 of a pixel: as the templates are. Only kinds that reads_line_spread look at it.
  base::AlignedVector<float> lsf_sigma_angstrom;
  // Light curves: the times and bands to draw, of each object its own; values and masks are not looked at. It must
  // outlive the call.
  const modalities::LightCurveBlock* points = nullptr;
};

// Observations to learn from: of one modality, or of several that one tokenizer reads alike (images of several
// surveys).
struct Lesson {
  std::vector<const modalities::Block*> blocks;  // at least one; they must outlive this
  std::vector<std::vector<uint64_t>> objects;    // hash of the object of each row of each block; empty: none is known
  // While training, bands may be hidden and instruments changed at random, by (seed, epoch, object); never otherwise.
  bool training = false;
  uint64_t seed = 0;
  int64_t epoch = 0;
  std::vector<const modalities::ScalarBlock*> redshifts = {};  // of the rows of each block; empty: none is known
  std::vector<const modalities::Block*> errors = {};  // of vectors, which hold none, as vectors; empty: none is known
};

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  virtual std::string kind() const = 0;  // its name in tokenizers/all.cpp, written into config.json
  virtual int64_t vocabulary() const = 0;
  virtual int64_t num_tokens() const = 0;
  // Every token speaks of the whole object, none of a place of it.
  virtual bool of_whole() const { return false; }
  // The line spread of spectra is read, and drawn where DecodeRequest tells it.
  virtual bool reads_line_spread() const { return false; }

  // UserError where the block is not of the kind, bands, unit or shape this tokenizer reads. Missing in, missing out.
  virtual Tokens encode(const modalities::Block& block) const = 0;
  virtual modalities::Block decode(const Tokens& tokens, const DecodeRequest& request) const = 0;

  // Reconstruction loss weighted by inverse variance, differentiable; masked and absent values have no influence (but
  // on the codes of aion_spectrum, whose published encoder reads masked fluxes).
  virtual nn::Outcome loss(const modalities::Block& block) = 0;
  // The same of a lesson. Unless a kind does more: the mean of the blocks' losses, each counting by its objects.
  // nn::NothingToLearn where no object of any block has a value that is not masked.
  virtual nn::Outcome learn(const Lesson& lesson);
  // Tokenizers with statistics (bins, bands, noise) learn them here; others need nothing. fit_all: of a lesson's
  // blocks.
  virtual void fit(const modalities::Block&) {}
  virtual void fit_all(const Lesson& lesson);

  // What the tokens say as numbers that a linear map can use: float32 [n, W], zeros in rows that are not present.
  // Undefined: the kind has none.
  virtual at::Tensor vectors(const Tokens&) const { return {}; }

  // What the tokens say of the object's redshift: float64 [n], NaN in rows that are not present. Undefined: they do
  // not.
  virtual at::Tensor redshifts(const Tokens&) const { return {}; }

  virtual nn::Parameters& parameters() = 0;
  // Computes there from now on (nn/device.h): blocks and tokens stay the CPU's, losses are there. Tables that are
  // looked up beside the observations stay on the CPU.
  virtual void to(const at::Device& device) { parameters().to(device); }

  // config.json + model.safetensors in `folder`, written aside and renamed; read back with load_tokenizer.
  virtual void save(const std::filesystem::path& folder) const = 0;
};

std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& folder);

}  // namespace asterism::tokenizers
