// The line spread of SpectrumTemplates: of spectra that are read, and of those that are drawn.

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "tokenizers/block_tensors.h"
#include "tokenizers/rebin.h"
#include "tokenizers/spectrum_templates.h"

namespace asterism::tokenizers {

namespace {

constexpr double kLightKms = 299792.458;

// Widths of pixels that reach half-way to their neighbours, in ln(wavelength); a lone one has none.
at::Tensor log_widths(const at::Tensor& wavelength_W) {
  const auto log = wavelength_W.to(at::kDouble).log();
  if (log.size(0) < 2) return at::zeros_like(log);
  const auto step = log.diff();
  const auto before = at::cat({step.narrow(0, 0, 1), step});
  const auto after = at::cat({step, step.narrow(0, step.size(0) - 1, 1)});
  return 0.5 * (before + after);
}

std::vector<double> numbers(const at::Tensor& values) {
  const auto flat = values.to(at::kDouble).contiguous();
  const auto* data = flat.const_data_ptr<double>();
  return {data, data + flat.numel()};
}

}  // namespace

double SpectrumTemplates::log_step() const {
  return std::log(settings_.wavelength_high / settings_.wavelength_low) / double(settings_.pixels);
}

at::Tensor SpectrumTemplates::beyond_templates(const at::Tensor& lsf, const at::Tensor& wavelength) const {
  const auto sigma = lsf / wavelength.to(lsf.scalar_type()) / log_step();
  const double own = settings_.lsf_kms / kLightKms / log_step();
  return (sigma.square() - own * own).clamp_min(0).sqrt();
}

LineSpreads SpectrumTemplates::spreads_of(const at::Tensor& lsf_ML) const {
  if (!lsf_ML.defined()) return {};
  return LineSpreads(beyond_templates(lsf_ML, at::tensor(grid_.wavelengths(), at::kDouble)).to(at::kFloat));
}

modalities::SpectrumBlock SpectrumTemplates::drawn_as_recorded(const Tokens& tokens,
                                                               const DecodeRequest& request) const {
  const auto draw_ids = [this](const at::Tensor& ids_MT) { return draw(ids_MT); };
  const auto grid = grid_.wavelengths_of(request);
  const auto wavelength = at::tensor(grid);
  const auto& told = request.lsf_sigma_angstrom;
  const int64_t n = tokens.ids.size(0), width = wavelength.size(0);
  if (told.empty()) {
    auto out = grid_.drawn(tokens, request, draw_ids);
    copy_into(out.lsf_sigma_angstrom, (wavelength * (settings_.lsf_kms / kLightKms)).unsqueeze(0).expand({n, width}));
    return out;
  }
  const bool alike = int64_t(told.size()) == width;
  if (!alike && int64_t(told.size()) != n * width)
    base::user_error(
        "spectrum_templates: {} line spreads to decode onto {} wavelengths; give one of each, or of each of "
        "the {} spectra.",
        told.size(), width, n);
  for (size_t i = 0; i < told.size(); ++i)
    if (!(told[i] >= 0) || !std::isfinite(told[i]))
      base::user_error("spectrum_templates: line spread {} to decode onto is {}; it must be 0 (not known) or more.", i,
                       told[i]);
  const auto lsf = wrap(told, {alike ? 1 : n, width}).expand({n, width});  // must not be written
  // A pixel of the request is a mean over its width; one of the grid is in the templates.
  const auto pixels = log_widths(wavelength) / log_step();
  const auto box = ((pixels.square() - 1) / 12).clamp_min(0);
  const auto sigma =
      (beyond_templates(lsf.to(at::kDouble), wavelength).square() + box).sqrt().clamp_max(LineSpreads::kMostSigma) *
      (lsf > 0).to(at::kDouble);
  const auto places = interpolation(grid_.edges(), true, grid);
  std::vector<double> centre;
  for (size_t i = 0; i < places.left.size(); ++i)
    centre.push_back(std::min(double(places.left[i]) + double(places.weight[i]), double(settings_.pixels - 1)));
  auto out = grid_.drawn(tokens, request, draw_ids, [&](const at::Tensor& flux_ML, const at::Tensor& rows_M) {
    if (alike) return LineBlur(centre, numbers(sigma[0]), settings_.pixels).of(flux_ML);
    std::vector<at::Tensor> seen;
    at::Tensor last;
    std::optional<LineBlur> blur;
    for (int64_t i = 0; i < flux_ML.size(0); ++i) {
      const auto now = sigma[rows_M[i].item<int64_t>()];
      if (!last.defined() || !at::equal(last, now)) blur.emplace(centre, numbers(now), settings_.pixels);
      last = now;
      seen.push_back(blur->of(flux_ML[i]));
    }
    return at::stack(seen);
  });
  copy_into(out.lsf_sigma_angstrom, lsf);
  return out;
}

}  // namespace asterism::tokenizers
