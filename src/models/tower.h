#pragma once
// One encoder of the contrastive model: what was observed of an object in one or more modalities to one unit vector.
// Letters: N objects, E width of the common space.

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "modalities/block.h"
#include "models/draw_key.h"
#include "models/patch_encoder.h"
#include "nn/drop.h"

namespace asterism::models {

class Tower {
 public:
  virtual ~Tower() = default;
  virtual bool reads(const std::string& modality) const = 0;
  virtual bool checks_instrument() const { return false; }  // refuses bands and grids that it was not made for
  virtual int64_t own_width() const { return 0; }           // C: of what it has beside the common space; 0: nothing
  virtual std::unique_ptr<PatchEncoder> patch_encoder() const { return nullptr; }  // of its images, while it lives
  virtual void fit(const modalities::Batch&) {}  // scales of what it reads, from a sample

  struct Output {
    at::Tensor vectors_NE;  // unit length; zero where absent
    std::vector<uint8_t> present_N;
    at::Tensor own_NC;  // where asked for, and own_width() > 0: unit length; zero where absent
  };
  struct Request {
    std::vector<std::string> given = {};  // only these of its modalities; empty: all
    double keep = 1;  // share of an image's or spectrum's tokens, at least one, drawn from (seed, epoch, object)
    DrawKey key = {.training = false};
    nn::DropKey drop = {};
    bool any_instrument = false;
    bool own = false;  // what the encoder makes of the object beside what it gives to the common space
  };
  // UserError where a block is of another kind than its modality, or of an instrument that it was not made for.
  virtual Output operator()(const modalities::Batch& batch, const Request& request) const = 0;
};

}  // namespace asterism::models
