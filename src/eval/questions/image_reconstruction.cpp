#include "eval/questions/image_reconstruction.h"

#include "base/error.h"
#include "eval/metrics.h"
#include "eval/questions/pca_rebuild.h"
#include "eval/questions/task.h"
#include "eval/residual.h"

namespace asterism::eval {
namespace {

using modalities::ImageBlock;

constexpr double kMeasured = 10;  // signal-to-noise of an aperture that is scored

int64_t pixels_of(const ImageBlock& block) { return int64_t(block.bands.size()) * block.height * block.width; }

std::vector<double> chi_squares(const ImageBlock& observed, const ImageBlock& rebuilt,
                                const std::vector<int64_t>& rows) {
  std::vector<double> out;
  const auto width = size_t(pixels_of(observed));
  for (const int64_t i : rows) {
    const size_t at = size_t(i) * width;
    const auto chi = chi_square({observed.flux.data() + at, width}, {observed.ivar.data() + at, width},
                                {observed.mask.data() + at, width}, {rebuilt.flux.data() + at, width},
                                {rebuilt.mask.data() + at, width});
    if (chi.count > 0) out.push_back(chi.per_value);
  }
  return out;
}

std::vector<double> aperture_errors(const ImageBlock& observed, const ImageBlock& rebuilt,
                                    const std::vector<int64_t>& rows) {
  std::vector<double> out;
  const double radius = double(observed.width) / 8, middle_y = 0.5 * double(observed.height - 1),
               middle_x = 0.5 * double(observed.width - 1);
  const auto bands = int64_t(observed.bands.size());
  for (const int64_t i : rows) {
    for (int64_t c = 0; c < bands; ++c) {
      double seen = 0, back = 0, variance = 0;
      for (int64_t y = 0; y < observed.height; ++y) {
        for (int64_t x = 0; x < observed.width; ++x) {
          const auto at = size_t(((i * bands + c) * observed.height + y) * observed.width + x);
          if (std::hypot(double(y) - middle_y, double(x) - middle_x) > radius || observed.mask[at] != 0 ||
              rebuilt.mask[at] != 0)
            continue;
          seen += observed.flux[at];
          back += rebuilt.flux[at];
          variance += 1 / double(observed.ivar[at]);
        }
      }
      if (variance > 0 && seen > kMeasured * std::sqrt(variance)) out.push_back(std::abs(back - seen) / seen);
    }
  }
  return out;
}

void score(Answer& answer, const std::string& modality, const std::string& method, bool baseline,
           const ImageBlock& observed, const ImageBlock& rebuilt, const std::vector<int64_t>& test,
           const BootstrapOptions& options) {
  const auto add = [&](const std::vector<double>& values, const char* measure) {
    if (!values.empty())
      answer.scores.push_back(median_score(modality, method, measure, values, baseline, true, options));
  };
  add(chi_squares(observed, rebuilt, test), "median chi^2 per pixel");
  add(aperture_errors(observed, rebuilt, test), "median relative error of aperture flux");
}

}  // namespace

bool ImageReconstructionQuestion::applies(const Subject& subject, const Labels&) const {
  return std::any_of(subject.reconstructions.begin(), subject.reconstructions.end(),
                     [](const auto& entry) { return std::holds_alternative<ImageBlock>(entry.second.observed); });
}

Answer ImageReconstructionQuestion::ask(const Subject& subject, const Labels&, const Split& split) const {
  Answer answer;
  answer.question = name();
  answer.sentence = sentence();
  for (const auto& [modality, made] : subject.reconstructions) {
    const auto* observed = std::get_if<ImageBlock>(&made.observed);
    if (observed == nullptr) continue;
    const auto sides = judged_sides(answer, modality, made, split);
    if (!sides) continue;
    score(answer, modality, fmt::format("model, {:.0f} bits", made.bits), false, *observed,
          std::get<ImageBlock>(made.rebuilt), sides->test, options_.bootstrap);
    if (int64_t(sides->train.size()) >= kFewest)
      score(answer, modality, fmt::format("principal components, {:.0f} bits", made.bits), true, *observed,
            pca_rebuilt(*observed, sides->train, int64_t(made.bits)), sides->test, options_.bootstrap);
    if (!observed->has_ivar)
      answer.notes.push_back(modality + ": the file gives no variance, so chi^2 is in squared flux units");
  }
  return answer;
}

}  // namespace asterism::eval
