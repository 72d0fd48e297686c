#include "eval/questions/image_reconstruction.h"

#include "base/error.h"
#include "eval/metrics.h"
#include "eval/questions/downsampled_rebuild.h"
#include "eval/questions/judged_sides.h"
#include "eval/questions/pca_rebuild.h"
#include "eval/questions/task.h"
#include "eval/residual.h"
#include "eval/shown/image_gallery.h"
#include "eval/source_measures.h"

namespace asterism::eval {
namespace {

using modalities::ImageBlock;

constexpr size_t kShown = 6;  // objects whose pictures are on the page

// chi^2 per pixel of each object, of one band or (band < 0) of all.
std::vector<double> chi_squares(const ImageBlock& observed, const ImageBlock& rebuilt, const std::vector<int64_t>& rows,
                                int64_t band) {
  std::vector<double> out;
  const auto bands = int64_t(observed.bands.size());
  const auto area = observed.height * observed.width;
  const auto width = size_t(band < 0 ? bands * area : area);
  for (const int64_t i : rows) {
    const auto at = size_t(band < 0 ? i * bands * area : (i * bands + band) * area);
    const auto chi = chi_square({observed.flux.data() + at, width}, {observed.ivar.data() + at, width},
                                {observed.mask.data() + at, width}, {rebuilt.flux.data() + at, width},
                                {rebuilt.mask.data() + at, width});
    if (chi.count > 0) out.push_back(chi.per_value);
  }
  return out;
}

// One method: scores of all bands together, then of each band and pair of neighbouring bands.
struct Method {
  std::string modality, name;
  bool baseline = false;
};

void add_chi_squares(Answer& answer, const Method& by, const std::string& subject, std::vector<double> chi2,
                     const BootstrapOptions& options) {
  if (chi2.empty()) return;
  answer.scores.push_back(median_score(subject, by.name, "median chi^2 per pixel", chi2, by.baseline, true, options));
  for (auto& value : chi2) value -= 1;
  answer.scores.push_back(mean_score(subject, by.name, "excess chi^2 per pixel", chi2, by.baseline, true, options));
}

void score(Answer& answer, const Method& by, const ImageBlock& observed, const ImageBlock& rebuilt,
           const std::vector<int64_t>& test, const BootstrapOptions& options) {
  add_chi_squares(answer, by, by.modality, chi_squares(observed, rebuilt, test, -1), options);
  const auto differences = source_differences(observed, rebuilt, test);
  std::map<std::string, std::vector<double>> all;
  const auto add = [&](const std::string& subject, const std::string& what, const std::vector<double>& values) {
    if (int64_t(values.size()) < kFewest && subject != by.modality) return;
    const auto middle = [&](const char* measure) {
      answer.scores.push_back(median_score(subject, by.name, measure, values, by.baseline, true, options));
    };
    const auto spread = [&](const char* measure) {
      answer.scores.push_back(scatter_score(subject, by.name, measure, values, by.baseline, options));
    };
    if (what == "flux") middle("aperture flux bias"), spread("aperture flux scatter");
    if (what == "flux error") middle("median relative error of aperture flux");
    if (what == "centroid") middle("median centroid error [pixel]");
    if (what == "ellipticity") middle("median ellipticity error");
    if (what == "colour") middle("colour bias [mag]"), spread("colour scatter [mag]");
  };
  for (const auto& [band, measures] : differences)
    for (const auto& [what, values] : measures) all[what].insert(all[what].end(), values.begin(), values.end());
  for (const auto& [what, values] : all) add(by.modality, what, values);
  for (size_t c = 0; c < observed.bands.size() && observed.bands.size() > 1; ++c)
    add_chi_squares(answer, by, by.modality + " " + observed.bands[c].name,
                    chi_squares(observed, rebuilt, test, int64_t(c)), options);
  for (const auto& [band, measures] : differences)
    for (const auto& [what, values] : measures) add(by.modality + " " + band, what, values);
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
  for (const auto& entry : subject.reconstructions) {
    const auto& modality = entry.first;
    const auto& made = entry.second;
    const auto* observed = std::get_if<ImageBlock>(&made.observed);
    if (observed == nullptr) continue;
    const auto sides = judged_sides(answer, modality, made, split);
    if (!sides) continue;
    if (made.border_noise)
      answer.notes.push_back(modality + ": the files give no variance; the noise is that of each image's border");
    if (!observed->has_ivar)
      answer.notes.push_back(modality + ": the file gives no variance, so chi^2 is in squared flux units");
    const auto bits = int64_t(made.bits);
    const auto named = [&](const char* method) {
      return Method{modality, fmt::format("{}, {} bits", method, bits), std::string_view(method) != "model"};
    };
    const auto both = covered(*observed, std::get<ImageBlock>(made.rebuilt));
    const auto& seen = both.observed;
    const auto& test = sides->test;
    score(answer, named("model"), seen, both.rebuilt, test, options_.bootstrap);
    add_code_use(answer, modality, named("model").name, made, test);
    const auto shown = brightest_to_faintest(seen, test, made, subject, kShown);
    if (!shown.empty()) answer.galleries.push_back(image_gallery(modality, seen, both.rebuilt, shown, made.bits));
    if (int64_t(sides->train.size()) < kFewest) {
      if (const auto fewer = downsampled_rebuilt(seen, test, bits))
        score(answer, named("larger pixels, by what is judged"), seen, *fewer, test, options_.bootstrap);
      continue;
    }
    score(answer, named("principal components"), seen, pca_rebuilt(seen, sides->train, bits), test, options_.bootstrap);
    score(answer, named("components of least chi^2"), seen, pca_rebuilt(seen, sides->train, bits, PcaScale::signal),
          test, options_.bootstrap);
    if (const auto fewer = downsampled_rebuilt(seen, sides->train, bits))
      score(answer, named("larger pixels"), seen, *fewer, test, options_.bootstrap);
  }
  return answer;
}

}  // namespace asterism::eval
