#include "models/dino_loss.h"

#include <cmath>

#include "models/augment.h"
#include "models/wrap.h"
#include "nn/device.h"
#include "nn/losses.h"
#include "nn/self_distillation.h"

namespace asterism::models {
namespace {

// As many as keep the probabilities in the cache; on a GPU, as many as keep its cores busy.
int64_t rows_at_once(const at::Tensor& x) { return x.is_cpu() ? 512 : 2048; }

at::Tensor targets_of(const at::Tensor& logits, const at::Tensor& centre, const TargetSettings& s) {
  return s.sinkhorn ? nn::sinkhorn_targets(logits, s.temperature) : nn::centred_targets(logits, centre, s.temperature);
}

at::Tensor entropy_of(const at::Tensor& mean_target_K) {
  return -(mean_target_K * mean_target_K.clamp_min(1e-30).log()).sum();
}

// The mean of the logits without them all: they are linear.
at::Tensor mean_logits(const at::Tensor& teacher_NE, const at::Tensor& prototypes_KE) {
  return at::mv(prototypes_KE, teacher_NE.mean(0).to(prototypes_KE.scalar_type()));
}

}  // namespace

ViewPairs pair_views(const std::vector<int64_t>& student_row, const std::vector<int64_t>& teacher_row, int64_t images) {
  ViewPairs out;
  for (size_t k = 0; k < student_row.size(); ++k) {
    const int64_t view = int64_t(k) / images, i = int64_t(k) % images;
    if (student_row[k] < 0) continue;
    std::vector<int64_t> wanted;
    for (int64_t t = 0; t < kGlobalViews; ++t) {
      const int64_t other = teacher_row[size_t(t * images + i)];
      if (t != view && other >= 0) wanted.push_back(other);
    }
    if (wanted.empty()) continue;
    out.student.push_back(student_row[k]);
    out.first.push_back(wanted[0]);
    out.second.push_back(wanted.size() > 1 ? wanted[1] : -1);
    out.terms += int64_t(wanted.size());
  }
  return out;
}

DinoTerm view_loss(const at::Tensor& student_NE, const at::Tensor& prototypes_KE, double student_temperature,
                   const at::Tensor& teacher_ME, const at::Tensor& teacher_prototypes_KE, const at::Tensor& centre_K,
                   const TargetSettings& settings, const ViewPairs& pairs) {
  DinoTerm out;
  at::Tensor targets_MK;
  {
    const at::NoGradGuard no_grad;
    targets_MK = targets_of(at::matmul(teacher_ME, teacher_prototypes_KE.t()), centre_K, settings);
    out.mean_logits_K = mean_logits(teacher_ME, teacher_prototypes_KE);
    out.entropy = entropy_of(targets_MK.mean(0));
  }
  const auto there =
      nn::onto(student_NE.device(), std::vector{copied(pairs.first), copied(pairs.second), copied(pairs.student)});
  const auto &first = there[0], &second = there[1];
  const auto rows = int64_t(pairs.student.size());
  // the loss below is a mean over rows; wanted is one over pairs
  const double scale = double(rows) / double(std::max<int64_t>(1, pairs.terms));
  const auto chosen = student_NE.index_select(0, there[2]);
  out.loss = nn::linear_soft_cross_entropy(
      chosen / student_temperature, prototypes_KE, {},
      [&](int64_t start, int64_t count) {
        const auto b = second.narrow(0, start, count);
        const auto other =
            targets_MK.index_select(0, b.clamp_min(0)) * b.ge(0).unsqueeze(1).to(targets_MK.scalar_type());
        return (targets_MK.index_select(0, first.narrow(0, start, count)) + other) * scale;
      },
      rows_at_once(student_NE));
  return out;
}

DinoTerm patch_loss(const at::Tensor& student_NE, const at::Tensor& prototypes_KE, double student_temperature,
                    const at::Tensor& teacher_NE, const at::Tensor& teacher_prototypes_KE, const at::Tensor& centre_K,
                    const TargetSettings& settings, const at::Tensor& weight_N) {
  DinoTerm out;
  at::Tensor all_NK;
  {
    const at::NoGradGuard no_grad;
    out.mean_logits_K = mean_logits(teacher_NE, teacher_prototypes_KE);
    if (settings.sinkhorn) all_NK = targets_of(at::matmul(teacher_NE, teacher_prototypes_KE.t()), centre_K, settings);
  }
  const double rows = double(student_NE.size(0));
  at::Tensor sum_K;
  out.loss = nn::linear_soft_cross_entropy(
      student_NE / student_temperature, prototypes_KE, {},
      [&](int64_t start, int64_t count) {
        const auto target = all_NK.defined()
                                ? all_NK.narrow(0, start, count)
                                : targets_of(at::matmul(teacher_NE.narrow(0, start, count), teacher_prototypes_KE.t()),
                                             centre_K, settings);
        sum_K = sum_K.defined() ? sum_K + target.sum(0) : target.sum(0);
        return target * (weight_N.narrow(0, start, count).unsqueeze(1).to(target.scalar_type()) * rows);
      },
      rows_at_once(student_NE));
  out.entropy = entropy_of(sum_K / rows);
  return out;
}

}  // namespace asterism::models
