#pragma once
// Subjects with known answers: vectors that hold the label, or only noise.

#include <gtest/gtest.h>

#include "base/random.h"
#include "eval/question.h"

namespace asterism::eval {

struct Planted {
  Subject subject;
  Labels labels;
  Split split;
};

// `redshift` uniform on [0, 1] and `object_class` (redshift above a half), of 400 objects; vectors "good" and
// "spectrum_desi" that hold them with a little noise, "noise" that does not, "image_legacy" a rotated copy of
// "spectrum_desi"; a feature table that holds them with more noise.
inline Planted planted_subject(int64_t n = 400) {
  Planted out;
  at::manual_seed(21);
  auto& redshift = out.labels["redshift"];
  auto& kind = out.labels["object_class"];
  kind.is_class = true;
  for (int64_t i = 0; i < n; ++i) {
    base::Random random(5, 0, uint64_t(i), "planted");
    out.subject.objects.push_back({.survey = "test", .id = std::to_string(i)});
    redshift.value.push_back(random.uniform());
    kind.value.push_back(redshift.value.back() > 0.5);
    (i % 4 == 0 ? out.split.test : out.split.train).push_back(i);
  }
  redshift.present.assign(size_t(n), 1);
  kind.present.assign(size_t(n), 1);
  redshift.present[3] = 0;  // one whose redshift nobody knows
  const auto z_N1 = at::tensor(redshift.value, at::kDouble).unsqueeze(1);
  const std::vector<uint8_t> all(size_t(n), 1);
  const auto good =
      at::cat({z_N1 + 0.003 * at::randn({n, 1}, at::kDouble), at::randn({n, 3}, at::kDouble) * 0.01}, 1).to(at::kFloat);
  out.subject.vectors["good"] = {good, all};
  out.subject.vectors["noise"] = {at::randn({n, 4}), all};
  const auto wide = at::randn({n, 8});
  out.subject.vectors["spectrum_desi"] = {wide, all};
  out.subject.vectors["image_legacy"] = {wide + 0.1 * at::randn({n, 8}), all};
  out.subject.features["magnitudes"] = {z_N1 + 0.1 * at::randn({n, 1}, at::kDouble), all};
  out.subject.name = "planted";
  return out;
}

// The score of a method (by part of its name), measure and subject; fails the test where there is none.
inline const Score& score_of(const Answer& answer, const std::string& method, const std::string& measure,
                             const std::string& subject = "") {
  static const Score none;
  for (const auto& score : answer.scores)
    if (score.method.find(method) != std::string::npos && score.measure == measure &&
        (subject.empty() || score.subject == subject))
      return score;
  ADD_FAILURE() << "no score '" << method << "', '" << measure << "', '" << subject << "'";
  return none;
}

}  // namespace asterism::eval
