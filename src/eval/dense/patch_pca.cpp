#include "eval/dense/patch_pca.h"

#include <utility>

#include "base/error.h"
#include "eval/methods/pca.h"
#include "io/safetensors.h"
#include "tokenizers/weights_file.h"

namespace asterism::eval {
namespace {

constexpr double kBlack = 0.01, kFull = 0.99, kSky = 0.08;

double correlation(const at::Tensor& a, const at::Tensor& b) {
  const auto x = a - a.mean(), y = b - b.mean();
  const double scale = (x.square().sum() * y.square().sum()).sqrt().item<double>();
  return scale > 0 ? (x * y).sum().item<double>() / scale : 0;
}

}  // namespace

double otsu_threshold(const at::Tensor& values) {
  const auto sorted = std::get<0>(values.to(at::kDouble).sort());
  const int64_t M = sorted.size(0);
  if (M < 2) return M == 1 ? sorted[0].item<double>() : 0;
  // between-group variance n1 n2 (mean1 - mean2)^2 of each cut after entry i
  const auto n = at::arange(1, M, at::kDouble), sum = sorted.cumsum(0).narrow(0, 0, M - 1);
  const auto apart = sum / n - (sorted.sum() - sum) / (double(M) - n);
  const int64_t best = (n * (double(M) - n) * apart.square()).argmax().item<int64_t>();
  return (sorted[best].item<double>() + sorted[best + 1].item<double>()) / 2;
}

PatchPca PatchPca::fit(const at::Tensor& features, const at::Tensor& brightness, int64_t components) {
  ASTERISM_CHECK(features.dim() == 2 && brightness.numel() == features.size(0), "a brightness for each patch");
  if (features.size(0) < 2)
    base::user_error("{} patches are too few for components: give more images", features.size(0));
  const auto wide = features.to(at::kDouble);
  const auto first = Pca::fit(wide, 1);
  if (!(first.variance_K[0].item<double>() > 0))
    base::user_error("all {} patches have the same features: there is nothing to tell apart", features.size(0));
  PatchPca out;
  out.sky_mean_D = first.mean_D;
  out.sky_axis_D = first.component_KD[0];
  auto score = at::matmul(wide - first.mean_D, out.sky_axis_D);
  out.brightness_correlation = correlation(score, brightness.to(at::kDouble).flatten());
  if (out.brightness_correlation < 0) {
    out.sky_axis_D = -out.sky_axis_D;
    score = -score;
    out.brightness_correlation = -out.brightness_correlation;
  }
  out.threshold = otsu_threshold(score);
  const auto objects = wide.index_select(0, score.gt(out.threshold).nonzero().squeeze(1));
  if (objects.size(0) < components + 2)
    base::user_error("only {} of {} patches show objects, too few for {} components: give more images", objects.size(0),
                     features.size(0), components);
  const auto leading = Pca::fit(objects, components);
  out.mean_D = leading.mean_D;
  out.component_KD = leading.component_KD;
  const auto sorted = std::get<0>(leading.project(objects).sort(0));
  const double last = double(objects.size(0) - 1);
  out.low_K = sorted[int64_t(kBlack * last)].clone();
  out.high_K = sorted[int64_t(kFull * last)].clone();
  return out;
}

at::Tensor PatchPca::is_object(const at::Tensor& features) const {
  return at::matmul(features.to(at::kDouble) - sky_mean_D, sky_axis_D).gt(threshold);
}

at::Tensor PatchPca::scores(const at::Tensor& features) const {
  return at::matmul(features.to(at::kDouble) - mean_D, component_KD.t());
}

at::Tensor PatchPca::colours(const at::Tensor& features) const {
  ASTERISM_CHECK(component_KD.size(0) >= 3, "{} components for three colours", component_KD.size(0));
  const auto range = (high_K - low_K).clamp_min(1e-12);
  const auto bright = ((scores(features) - low_K) / range).narrow(-1, 0, 3).clamp(0, 1);
  const auto shown = 0.15 + 0.85 * bright;  // objects are never as dark as sky
  return at::where(is_object(features).unsqueeze(-1), shown, at::full({}, kSky, at::kDouble));
}

void PatchPca::save(const std::filesystem::path& file) const {
  tokenizers::write_weights(file,
                            {{"sky_mean", sky_mean_D},
                             {"sky_axis", sky_axis_D},
                             {"threshold", at::full({1}, threshold, at::kDouble)},
                             {"brightness_correlation", at::full({1}, brightness_correlation, at::kDouble)},
                             {"mean", mean_D},
                             {"component", component_KD},
                             {"low", low_K},
                             {"high", high_K}},
                            {{"features", features}});
}

PatchPca PatchPca::load(const std::filesystem::path& file, int64_t width) {
  const auto tensors = tokenizers::read_weights(file);
  const auto take = [&](const char* name, int64_t dimensions) {
    const auto found = tensors.find(name);
    if (found == tensors.end())
      base::data_error("{}: tensor '{}' is missing: it is no file of patch components", file.string(), name);
    if (found->second.dim() != dimensions || found->second.numel() == 0)
      base::data_error("{}: tensor '{}' has {} dimensions, {} are needed", file.string(), name, found->second.dim(),
                       dimensions);
    return found->second.to(at::kDouble).clone();
  };
  PatchPca out;
  const auto metadata = io::SafetensorsFile::open(file).metadata();
  if (const auto found = metadata.find("features"); found != metadata.end()) out.features = found->second;
  out.sky_mean_D = take("sky_mean", 1);
  out.sky_axis_D = take("sky_axis", 1);
  out.threshold = take("threshold", 1)[0].item<double>();
  out.brightness_correlation = take("brightness_correlation", 1)[0].item<double>();
  out.mean_D = take("mean", 1);
  out.component_KD = take("component", 2);
  out.low_K = take("low", 1);
  out.high_K = take("high", 1);
  const std::pair<const char*, int64_t> sizes[] = {{"sky_mean", out.sky_mean_D.size(0)},
                                                   {"sky_axis", out.sky_axis_D.size(0)},
                                                   {"mean", out.mean_D.size(0)},
                                                   {"component", out.component_KD.size(1)}};
  for (const auto& [name, size] : sizes)
    if (size != width)
      base::data_error("{}: '{}' is for features of {} numbers, and this model's have {}", file.string(), name, size,
                       width);
  const int64_t K = out.component_KD.size(0);
  if (K < 3) base::data_error("{}: {} components, and a colour takes three", file.string(), K);
  if (out.low_K.size(0) != K || out.high_K.size(0) != K)
    base::data_error("{}: {} components and other numbers of limits", file.string(), K);
  return out;
}

}  // namespace asterism::eval
