#pragma once
// The losses of DINO and iBOT from what two networks made of the same crops. Letters: N rows, K prototypes, E
// bottleneck.

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "models/crop_encoder.h"
#include "nn/prototype_head.h"

namespace asterism::models {

// How the teacher's logits become targets.
struct TargetSettings {
  bool sinkhorn = false;
  double temperature = 0.07;
};

// Pairs of CLS rows: student row `student[k]` is to say what teacher rows first[k] and second[k] (-1: none) say.
struct ViewPairs {
  std::vector<int64_t> student, first, second;
  int64_t terms = 0;  // pairs, a second one counted
};
// student_row: of view after view of so many images, where the CLS stands among the student's (-1: nothing was seen);
// teacher_row: the same of its global views. Every view of the student is paired with every global view of the teacher
// but itself.
ViewPairs pair_views(const std::vector<int64_t>& student_row, const std::vector<int64_t>& teacher_row, int64_t images);

struct DinoTerm {
  at::Tensor loss;           // scalar, differentiable
  at::Tensor mean_logits_K;  // of the teacher: what the running centre moves towards
  at::Tensor entropy;        // of the mean target, nats, scalar: ln K where all prototypes are used, 0 where one is
};

// Mean over pairs of -sum_k target_k ln softmax(student / temperature)_k.
DinoTerm view_loss(const at::Tensor& student_NE, const at::Tensor& prototypes_KE, double student_temperature,
                   const at::Tensor& teacher_ME, const at::Tensor& teacher_prototypes_KE, const at::Tensor& centre_K,
                   const TargetSettings& targets, const ViewPairs& pairs);

// sum over rows of weight_N times the same, row by row, with targets that are made in chunks and never all there
// (Sinkhorn needs them all).
DinoTerm patch_loss(const at::Tensor& student_NE, const at::Tensor& prototypes_KE, double student_temperature,
                    const at::Tensor& teacher_NE, const at::Tensor& teacher_prototypes_KE, const at::Tensor& centre_K,
                    const TargetSettings& targets, const at::Tensor& weight_N);

}  // namespace asterism::models
