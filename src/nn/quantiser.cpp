#include "nn/quantiser.h"

#include "base/error.h"

namespace asterism::nn {

void QuantiserSettings::describe(config::Fields& f) {
  f.add("quantiser", quantiser, "finite scalar, lookup-free, binary spherical, or a learned code book")
      .one_of({"fsq", "lfq", "bsq", "vq"});
  f.add("levels", levels, "fsq: levels of each dimension of a code").between(3, 65536);
  f.add("bits", bits, "lfq, bsq: bits of a code").between(1, 20);
  f.add("lfq_entropy", lfq_entropy, "lfq: weight of the entropy terms").between(0, 100);
  f.add("lfq_commitment", lfq_commitment, "lfq: weight of the commitment term").between(0, 100);
  f.add("bsq_entropy", bsq_entropy, "bsq: weight of the entropy terms").between(0, 100);
  f.add("vq_codes", vq_codes, "vq: entries of the code book").between(2, 1 << 20);
  f.add("vq_width", vq_width, "vq: numbers of an entry").between(1, 1024);
  f.add("vq_cosine", vq_cosine, "vq: nearest by angle, not by distance");
  f.add("vq_decay", vq_decay, "vq: of the running means that the entries follow").between(0, 0.99999);
  f.add("vq_commitment", vq_commitment, "vq: weight of the commitment term").between(0, 100);
  f.add("vq_restart_share", vq_restart_share, "vq: an entry chosen less often than this times its fair share restarts")
      .between(0, 1);
}

Quantiser::Quantiser(const Scope& scope, const QuantiserSettings& s) {
  if (s.quantiser == "fsq") {
    kind_ = Fsq(s.levels);
  } else if (s.quantiser == "vq") {
    VqSettings vq;
    vq.codes = s.vq_codes;
    vq.width = s.vq_width;
    vq.cosine = s.vq_cosine;
    vq.decay = s.vq_decay;
    vq.commitment = s.vq_commitment;
    vq.restart_share = s.vq_restart_share;
    kind_ = VectorQuantiser(scope, vq);
  } else {
    LfqSettings bits;
    bits.bits = s.bits;
    bits.entropy = s.quantiser == "lfq" ? s.lfq_entropy : s.bsq_entropy;
    bits.commitment = s.lfq_commitment;
    if (s.quantiser == "lfq")
      kind_ = Lfq(bits);
    else
      kind_ = Bsq(bits);
  }
}

Quantised Quantiser::operator()(const at::Tensor& z) const {
  return std::visit([&](const auto& kind) { return kind(z); }, kind_);
}

at::Tensor Quantiser::codes(const at::Tensor& ids) const {
  return std::visit([&](const auto& kind) { return kind.codes(ids); }, kind_);
}

int64_t Quantiser::vocabulary() const {
  return std::visit([](const auto& kind) { return kind.vocabulary(); }, kind_);
}

int64_t Quantiser::dimensions() const {
  return std::visit([](const auto& kind) { return kind.dimensions(); }, kind_);
}

int64_t vocabulary_of(const QuantiserSettings& s) {
  if (s.quantiser == "vq") return s.vq_codes;
  return s.quantiser == "fsq" ? Fsq(s.levels).vocabulary() : int64_t(1) << s.bits;
}

}  // namespace asterism::nn
