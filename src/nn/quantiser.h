#pragma once
// The four quantisers behind one interface, chosen by name: what a tokenizer's recipe says.

#include <variant>

#include "config/settings.h"
#include "nn/quantise.h"
#include "nn/vector_quantiser.h"

namespace asterism::nn {

struct QuantiserSettings {
  std::string quantiser = "fsq";            // "fsq", "lfq", "bsq" or "vq"
  std::vector<int64_t> levels{8, 5, 5, 5};  // fsq
  int64_t bits = 10;                        // lfq and bsq
  double lfq_entropy = 0.1, lfq_commitment = 0.25;
  double bsq_entropy = 0.1;
  int64_t vq_codes = 1024, vq_width = 8;
  bool vq_cosine = true;
  double vq_decay = 0.99, vq_commitment = 0.25, vq_restart_share = 1.0 / 32;
  void describe(config::Fields& fields);  // as keys of the table around it
};

class Quantiser {
 public:
  Quantiser() = default;
  // Only vq has anything of its own under `scope`. UserError for settings that make no code book.
  Quantiser(const Scope& scope, const QuantiserSettings& settings);

  Quantised operator()(const at::Tensor& z) const;  // [..., d]
  at::Tensor codes(const at::Tensor& ids) const;    // [...] -> fp32 [..., d]; ids out of range: UserError
  int64_t vocabulary() const;
  int64_t dimensions() const;

 private:
  std::variant<Fsq, Lfq, Bsq, VectorQuantiser> kind_;
};

// Size of the code book that these settings make, without making it.
int64_t vocabulary_of(const QuantiserSettings& settings);

}  // namespace asterism::nn
