#include "models/dino_settings.h"

#include <algorithm>

#include "base/error.h"
#include "nn/self_distillation.h"

namespace asterism::models {
namespace {

void describe_encoder(CropEncoderSettings& s, config::Fields& f) {
  f.add("input", s.input, "patches of measured bands (any bands, with noise and mask), or of a colour picture")
      .one_of({"bands", "picture"});
  f.add("patch", s.patch, "pixels a side of a token").between(1, 1024);
  f.add("size", s.size, "pixels a side of global crops, and of the middle that is looked at in use").between(1, 65536);
  f.add("bands", s.bands, "input = bands: bands with an embedding of their own by name, beside that by wavelength");
  f.add("units", s.units, "input = bands: of the pixels, others are refused; taken from the data when empty");
  f.table("picture", s.picture, "input = picture: how it is made");
  f.add("width", s.width, "numbers a token; a multiple of heads and of 4").between(4, 16384);
  f.add("heads", s.heads, "attention heads").between(1, 256);
  f.add("layers", s.layers, "blocks").between(1, 256);
  f.add("mlp_ratio", s.mlp_ratio, "hidden width of a block over its width").between(0.25, 16);
  f.add("gated_mlp", s.gated_mlp, "SwiGLU instead of GELU, of as many weights");
  f.add("registers", s.registers, "tokens that stand for nothing").between(0, 1024);
  f.add("layer_scale", s.layer_scale, "factor with which each branch starts; 1e-5 as published, more for short runs")
      .between(1e-9, 10);
  f.add("drop_path", s.drop_path, "probability that a branch is left out for a crop, in training").between(0, 0.95);
}

}  // namespace

void DinoSettings::describe(config::Fields& f) {
  f.add("modalities", modalities, "images it reads; an object may have any of them").required();
  describe_encoder(encoder, f);
  f.add("weights", weights, "whose vectors a finished model gives").one_of({"teacher", "student"});
  f.add("vectors", vectors, "CLS, the mean of the patches, or both one after the other")
      .one_of({"cls", "patches", "both"});
  f.add("local_crops", local_crops, "local crops of an image, beside two global ones").between(0, 64);
  f.add("local_size", local_size, "pixels a side of them").between(1, 65536);
  f.table("augment", augment, "how crops are drawn and changed");
  f.add("prototypes", prototypes, "learned vectors that views are compared with").between(2, 1 << 20);
  f.add("head_hidden", head_hidden, "hidden width of the head's MLP").between(1, 1 << 20);
  f.add("bottleneck", bottleneck, "numbers of the vectors that meet the prototypes").between(2, 1 << 16);
  f.add("shared_head", shared_head, "one head for CLS and patches instead of one each");
  f.add("centring", centring, "how the teacher is kept from one answer for all: a running mean, or Sinkhorn-Knopp")
      .one_of({"centre", "sinkhorn"});
  f.add("centre_momentum", centre_momentum, "memory of the running mean").between(0, 0.9999);
  f.add("student_temperature", student_temperature, "by which the student's similarities are divided")
      .between(1e-3, 10);
  f.add("teacher_temperature_start", teacher_temperature_start, "the teacher's, at first").between(1e-3, 10);
  f.add("teacher_temperature", teacher_temperature, "the teacher's, after its warm-up").between(1e-3, 10);
  f.add("teacher_temperature_warmup", teacher_temperature_warmup, "share of all steps that takes").between(0, 1);
  f.add("momentum_start", momentum_start, "what the teacher keeps of itself in a step, at first").between(0, 1);
  f.add("momentum_end", momentum_end, "and at the end, along a cosine").between(0, 1);
  f.add("dino_weight", dino_weight, "of the loss between CLS tokens of views").between(0, 100);
  f.add("ibot_weight", ibot_weight, "of the loss on hidden patches").between(0, 100);
  f.add("koleo_weight", koleo_weight, "of the term that keeps objects apart").between(0, 100);
  f.add("hidden_probability", hidden_probability, "share of the global crops with hidden patches").between(0, 1);
  f.add("hidden_low", hidden_low, "least share of their patches that is hidden").between(0, 0.95);
  f.add("hidden_high", hidden_high, "most").between(0, 0.95);
  f.add("freeze_last_layer", freeze_last_layer, "share of all steps in which prototypes rest, at first").between(0, 1);
  f.add("layer_decay", layer_decay, "factor on the learning rate for each block further down").between(0.01, 1);
  f.add("patch_rate", patch_rate, "factor on that of the patch embedding").between(0, 10);
  f.add("seed", seed, "of the first weights").between(0, 9e15);
}

void check_settings(const DinoSettings& s) {
  const DinoSettings plain;
  if (s.modalities.empty()) base::user_error("model.modalities names no images: name one at least");
  if (s.local_crops > 0 && (s.local_size < s.encoder.patch || s.local_size % s.encoder.patch != 0))
    base::user_error("local_size {} is not a multiple of patch {}: choose one that is", s.local_size, s.encoder.patch);
  if (s.hidden_low > s.hidden_high)
    base::user_error("hidden_low {} is above hidden_high {}", s.hidden_low, s.hidden_high);
  if (s.dino_weight == 0 && s.ibot_weight == 0)
    base::user_error("dino_weight and ibot_weight are both 0: there is nothing to learn");
  if (s.ibot_weight == 0 && !s.shared_head)
    base::user_error("shared_head = false has no effect without ibot_weight: take it out");
  if (s.centring == "sinkhorn" && s.centre_momentum != plain.centre_momentum)
    base::user_error("centre_momentum has no effect with centring = \"sinkhorn\": take it out");
  if (s.encoder.input == "picture" && !s.encoder.bands.empty())
    base::user_error("bands has no effect with input = \"picture\", which has picture.bands: take it out");
  if (s.encoder.input == "picture" && !s.encoder.units.empty())
    base::user_error("units has no effect with input = \"picture\", which takes nanomaggies or pictures: take it out");
  check_augment(s.augment);
}

double teacher_temperature(const DinoSettings& s, double progress) {
  if (progress >= s.teacher_temperature_warmup) return s.teacher_temperature;
  return s.teacher_temperature_start +
         (s.teacher_temperature - s.teacher_temperature_start) * progress / s.teacher_temperature_warmup;
}

double momentum(const DinoSettings& s, double progress) {
  return nn::cosine_between(s.momentum_start, s.momentum_end, progress);
}

}  // namespace asterism::models
