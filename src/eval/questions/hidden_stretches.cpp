#include "eval/questions/hidden_stretches.h"

#include <algorithm>

#include "base/error.h"
#include "eval/methods/gappy_pca.h"
#include "eval/questions/judged_sides.h"
#include "eval/questions/task.h"
#include "eval/residual.h"
#include "models/bridged.h"

namespace asterism::eval {
namespace {

using modalities::SpectrumBlock;

constexpr int64_t kMostToLearn = 2000, kMostComponents = 64, kChoose = 5;  // one in kChoose chooses how many components

template <class T>
std::span<const T> row(const base::AlignedVector<T>& values, int64_t i, int64_t length) {
  return {values.data() + i * length, size_t(length)};
}

void score(Answer& answer, const std::string& modality, const std::string& method, bool baseline,
           const SpectrumBlock& observed, const SpectrumBlock& rebuilt, const std::vector<int64_t>& test,
           const BootstrapOptions& options) {
  const int64_t length = observed.length;
  std::vector<double> each;
  for (const int64_t i : test) {
    const auto chi =
        chi_square(row(observed.flux, i, length), row(observed.ivar, i, length), row(observed.mask, i, length),
                   row(rebuilt.flux, i, length), row(rebuilt.mask, i, length));
    if (chi.count > 0) each.push_back(chi.per_value);
  }
  if (each.empty()) return;
  answer.scores.push_back(
      median_score(modality, method, "median chi^2 per hidden pixel", each, baseline, true, options));
  answer.scores.push_back(mean_score(modality, method, "mean chi^2 per hidden pixel", each, baseline, true, options));
}

bool on_one_grid(const SpectrumBlock& block) {
  const auto first = row(block.wavelength_angstrom, 0, block.length);
  for (int64_t i = 1; i < block.n; ++i)
    if (!std::equal(first.begin(), first.end(), row(block.wavelength_angstrom, i, block.length).begin())) return false;
  return true;
}

// Some rows of a block as float64: values, inverse variances of good pixels, and which of these were hidden.
struct Table {
  at::Tensor value_NG, weight_NG, hidden_NG;
};
Table table_of(const SpectrumBlock& observed, const SpectrumBlock& rebuilt, const std::vector<int64_t>& rows) {
  const int64_t n = int64_t(rows.size()), g = observed.length;
  Table out{at::zeros({n, g}, at::kDouble), at::zeros({n, g}, at::kDouble), at::zeros({n, g}, at::kBool)};
  for (int64_t r = 0; r < n; ++r)
    for (int64_t p = 0; p < g; ++p) {
      const auto from = size_t(rows[size_t(r)] * g + p);
      if (observed.mask[from] != 0 || !(observed.ivar[from] > 0)) continue;
      out.value_NG.mutable_data_ptr<double>()[r * g + p] = observed.flux[from];
      out.weight_NG.mutable_data_ptr<double>()[r * g + p] = observed.ivar[from];
      out.hidden_NG.mutable_data_ptr<bool>()[r * g + p] = rebuilt.mask[from] == 0;
    }
  return out;
}

// Components learn from whole spectra of the training side, four of five; the fifth chooses their number.
void score_components(Answer& answer, const std::string& modality, const SpectrumBlock& observed,
                      const SpectrumBlock& rebuilt, const Sides& sides, const BootstrapOptions& options) {
  std::vector<int64_t> learn, choose;
  for (size_t i = 0; i < sides.train.size() && int64_t(i) < kMostToLearn; ++i)
    (i % kChoose == 0 ? choose : learn).push_back(sides.train[i]);
  if (int64_t(choose.size()) < kFewest) {
    answer.notes.push_back(fmt::format("{}: {} to learn from are too few for components", modality, learn.size()));
    return;
  }
  if (!on_one_grid(observed)) {
    answer.notes.push_back(modality + ": no components beside it, the spectra lie on several grids");
    return;
  }
  const auto whole = table_of(observed, rebuilt, learn);
  const auto pca = GappyPca::fit(whole.value_NG, whole.weight_NG, kMostComponents);
  const auto some = table_of(observed, rebuilt, choose);
  const int64_t used = best_used(pca, some.value_NG, some.weight_NG, some.hidden_NG);
  auto filled = rebuilt;
  for (const int64_t i : sides.test) {
    const auto one = table_of(observed, rebuilt, {i});
    const auto seen = one.weight_NG.masked_fill(one.hidden_NG, 0);
    const auto flux = pca.filled(one.value_NG, seen, used).to(at::kFloat).contiguous();
    std::copy_n(flux.const_data_ptr<float>(), observed.length, filled.flux.data() + i * observed.length);
  }
  score(answer, modality, "principal components on what is seen", true, observed, filled, sides.test, options);
  answer.notes.push_back(fmt::format("{}: the mean spectrum and {} components, chosen on {} of the training side",
                                     modality, used - 1, choose.size()));
}

report::Figure figure_of(const std::string& modality, const SpectrumBlock& observed, const SpectrumBlock& rebuilt,
                         int64_t i) {
  report::Line data{.name = "observed", .colour = report::Colour::kMuted, .width = 1}, model{.name = "rebuilt"};
  for (int64_t p = 0; p < observed.length; ++p) {
    const auto at = size_t(i * observed.length + p);
    if (observed.mask[at] != 0) continue;
    data.x.push_back(observed.wavelength_angstrom[at]);
    data.y.push_back(observed.flux[at]);
    model.x.push_back(observed.wavelength_angstrom[at]);
    model.y.push_back(rebuilt.mask[at] == 0 ? double(rebuilt.flux[at]) : NAN);
  }
  report::Figure figure;
  figure.title = modality;
  figure.x = {.label = "wavelength", .unit = "Angstrom"};
  figure.y = {.label = "flux", .unit = observed.unit};
  figure.caption = "One of the spectra that are judged, and its hidden stretches as the model rebuilds them.";
  figure.wide = true;
  figure.add(data).add(model);
  return figure;
}

}  // namespace

bool HiddenStretchesQuestion::applies(const Subject& subject, const Labels&) const { return !subject.hidden.empty(); }

Answer HiddenStretchesQuestion::ask(const Subject& subject, const Labels&, const Split& split) const {
  Answer answer;
  answer.question = name();
  answer.sentence = sentence();
  for (const auto& [modality, made] : subject.hidden) {
    const auto sides = judged_sides(answer, modality, made, split);
    if (!sides) continue;
    const auto& observed = std::get<SpectrumBlock>(made.observed);
    const auto& rebuilt = std::get<SpectrumBlock>(made.rebuilt);
    score(answer, modality, "model", false, observed, rebuilt, sides->test, options_.bootstrap);
    score_components(answer, modality, observed, rebuilt, *sides, options_.bootstrap);
    score(answer, modality, "a straight line", true, observed, models::bridged(observed, rebuilt), sides->test,
          options_.bootstrap);
    for (size_t i = 0; i < std::min<size_t>(3, sides->test.size()); ++i)
      answer.plots.push_back(figure_of(modality, observed, rebuilt, sides->test[i]));
  }
  return answer;
}

}  // namespace asterism::eval
