#include "eval/questions/spectrum_reconstruction.h"

#include "astro/lines.h"
#include "base/error.h"
#include "eval/metrics.h"
#include "eval/questions/downsampled_rebuild.h"
#include "eval/questions/judged_sides.h"
#include "eval/questions/pca_rebuild.h"
#include "eval/questions/task.h"
#include "eval/residual.h"
#include "eval/shown/brightest_to_faintest.h"
#include "eval/shown/spectrum_figure.h"

namespace asterism::eval {
namespace {

using modalities::SpectrumBlock;

constexpr int64_t kFewestSpectra = 5;  // each has thousands of pixels, and small sets of real ones no more than seven
constexpr double kHalfWidth = 20, kStrong = 10;  // Angstrom; signal-to-noise of a line that is measured
constexpr double kLight = 299792.458;            // km/s
constexpr double kRightRedshift = 1000;          // km/s, as DESI counts catastrophic failures of galaxies
constexpr size_t kShown = 4;                     // spectra that are drawn
constexpr const char* kLines[] = {"Halpha",   "[OIII]5007", "[OII]3726", "Hbeta",
                                  "MgII2798", "CIV1549",    "Lyalpha",   "CaK"};

template <class T>
std::span<const T> row(const base::AlignedVector<T>& values, int64_t i, int64_t length) {
  return {values.data() + i * length, size_t(length)};
}

std::vector<uint8_t> either(std::span<const uint8_t> a, std::span<const uint8_t> b) {
  std::vector<uint8_t> out(a.begin(), a.end());
  for (size_t i = 0; i < out.size(); ++i) out[i] |= b[i];
  return out;
}

std::vector<double> chi_squares(const SpectrumBlock& observed, const SpectrumBlock& rebuilt,
                                const std::vector<int64_t>& rows) {
  std::vector<double> out;
  const int64_t length = observed.length;
  for (const int64_t i : rows) {
    const auto chi =
        chi_square(row(observed.flux, i, length), row(observed.ivar, i, length), row(observed.mask, i, length),
                   row(rebuilt.flux, i, length), row(rebuilt.mask, i, length));
    if (chi.count > 0) out.push_back(chi.per_value);
  }
  return out;
}

// Of every strong line of the observed spectra that the rebuilt ones cover: |shift| in km/s, and (rebuilt - observed) /
// observed of its flux.
struct LineDifferences {
  std::vector<double> shift, flux, flux_error;
};
LineDifferences line_differences(const SpectrumBlock& observed, const SpectrumBlock& rebuilt,
                                 const std::vector<int64_t>& rows, const std::vector<int64_t>& objects,
                                 const Label& redshift) {
  LineDifferences out;
  const int64_t length = observed.length;
  for (const int64_t i : rows) {
    const auto object = size_t(objects[size_t(i)]);
    if (redshift.present[object] == 0) continue;
    const auto wavelength = row(observed.wavelength_angstrom, i, length);
    const auto ivar = row(observed.ivar, i, length);
    const auto mask = either(row(observed.mask, i, length), row(rebuilt.mask, i, length));
    for (const char* name : kLines) {
      const double expected = astro::line_angstrom(name) * (1 + redshift.value[object]);
      const auto seen = line_centre(wavelength, row(observed.flux, i, length), ivar, mask, expected, kHalfWidth);
      if (!(seen.strength >= kStrong)) continue;
      const auto back = line_centre(wavelength, row(rebuilt.flux, i, length), ivar, mask, expected, kHalfWidth);
      // A line that did not come back is off by the whole window.
      const double shift =
          std::isfinite(back.centre_angstrom) ? std::abs(back.centre_angstrom - seen.centre_angstrom) : kHalfWidth;
      out.shift.push_back(shift / expected * kLight);
      if (seen.flux == 0) continue;
      out.flux.push_back(back.flux / seen.flux - 1);
      out.flux_error.push_back(std::abs(out.flux.back()));
    }
  }
  return out;
}

// What a trivial codec made, judged on the pixels that the model covers.
SpectrumBlock covered_by(const SpectrumBlock& model, SpectrumBlock trivial) {
  for (size_t i = 0; i < trivial.mask.size(); ++i)
    if (model.mask[i] != 0) trivial.mask[i] = 1;
  return trivial;
}

// The redshifts that the tokens themselves tell, beside the labels.
void score_redshifts(Answer& answer, const std::string& modality, const std::string& method, const Reconstruction& made,
                     const std::vector<int64_t>& test, const Labels& labels, const BootstrapOptions& options) {
  const auto label = labels.find("redshift");
  if (label == labels.end() || !made.redshift_N.defined()) return;
  std::vector<double> right, off;
  for (const int64_t i : test) {
    const auto object = size_t(made.rows[size_t(i)]);
    if (label->second.present[object] == 0) continue;
    const double truth = label->second.value[object];
    off.push_back(std::abs(made.redshift_N[i].item<double>() - truth) / (1 + truth) * kLight);
    right.push_back(off.back() <= kRightRedshift ? 1 : 0);
  }
  if (int64_t(off.size()) < kFewest) return;
  answer.scores.push_back(
      mean_score(modality, method, "share of redshifts right to 1,000 km/s", right, false, false, options));
  answer.scores.push_back(median_score(modality, method, "median |redshift error| [km/s]", off, false, true, options));
}

void score(Answer& answer, const std::string& modality, const std::string& method, bool baseline,
           const Reconstruction& made, const SpectrumBlock& rebuilt, const std::vector<int64_t>& test,
           const Labels& labels, const BootstrapOptions& options) {
  const auto& observed = std::get<SpectrumBlock>(made.observed);
  const auto chi = chi_squares(observed, rebuilt, test);
  if (chi.empty()) return;
  const auto add_median = [&](const std::vector<double>& values, const char* measure) {
    answer.scores.push_back(median_score(modality, method, measure, values, baseline, true, options));
  };
  add_median(chi, "median chi^2 per pixel");
  answer.scores.push_back(mean_score(modality, method, "mean chi^2 per pixel", chi, baseline, true, options));
  auto excess = chi;
  for (auto& value : excess) value -= 1;
  answer.scores.push_back(mean_score(modality, method, "excess chi^2 per pixel", excess, baseline, true, options));
  const auto redshift = labels.find("redshift");
  if (redshift == labels.end()) return;
  const auto lines = line_differences(observed, rebuilt, test, made.rows, redshift->second);
  if (int64_t(lines.shift.size()) >= kFewest) add_median(lines.shift, "median |line shift| [km/s]");
  if (int64_t(lines.flux.size()) < kFewest) return;
  add_median(lines.flux, "line flux bias");
  add_median(lines.flux_error, "median relative error of line flux");
}

}  // namespace

bool SpectrumReconstructionQuestion::applies(const Subject& subject, const Labels&) const {
  return std::any_of(subject.reconstructions.begin(), subject.reconstructions.end(),
                     [](const auto& entry) { return std::holds_alternative<SpectrumBlock>(entry.second.observed); });
}

Answer SpectrumReconstructionQuestion::ask(const Subject& subject, const Labels& labels, const Split& split) const {
  Answer answer;
  answer.question = name();
  answer.sentence = sentence();
  for (const auto& entry : subject.reconstructions) {
    const auto& modality = entry.first;
    const auto& made = entry.second;
    const auto* observed = std::get_if<SpectrumBlock>(&made.observed);
    if (observed == nullptr) continue;
    const auto sides = judged_sides(answer, modality, made, split, kFewestSpectra);
    if (!sides) continue;
    const auto& rebuilt = std::get<SpectrumBlock>(made.rebuilt);
    score(answer, modality, fmt::format("model, {:.0f} bits", made.bits), false, made, rebuilt, sides->test, labels,
          options_.bootstrap);
    add_code_use(answer, modality, fmt::format("model, {:.0f} bits", made.bits), made, sides->test);
    score_redshifts(answer, modality, fmt::format("model, {:.0f} bits", made.bits), made, sides->test, labels,
                    options_.bootstrap);
    const auto bits = int64_t(made.bits);
    const auto add = [&](const char* method, const SpectrumBlock& by) {
      score(answer, modality, fmt::format("{}, {} bits", method, bits), true, made, by, sides->test, labels,
            options_.bootstrap);
    };
    if (int64_t(sides->train.size()) < kFewest) {
      if (auto fewer = downsampled_rebuilt(*observed, sides->test, bits))
        add("larger pixels, by what is judged", covered_by(rebuilt, std::move(*fewer)));
    } else {
      add("principal components", covered_by(rebuilt, pca_rebuilt(*observed, sides->train, bits)));
      add("components of least chi^2",
          covered_by(rebuilt, pca_rebuilt(*observed, sides->train, bits, PcaScale::signal)));
      if (auto fewer = downsampled_rebuilt(*observed, sides->train, bits))
        add("larger pixels", covered_by(rebuilt, std::move(*fewer)));
    }
    for (const auto& one : brightest_to_faintest(*observed, sides->test, made, subject, kShown)) {
      answer.plots.push_back(spectrum_figure(fmt::format("{}, {}", modality, one.name), *observed, rebuilt, one.row));
      answer.plots.back().wide = true;
    }
  }
  return answer;
}

}  // namespace asterism::eval
