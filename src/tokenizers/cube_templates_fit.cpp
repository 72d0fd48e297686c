// What CubeTemplates learns in closed form: the templates from joined spaxels at rest, then how strong each map and
// wave usually is, and the levels of its tokens.
#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "nn/nothing_to_learn.h"
#include "tokenizers/cube_spectra.h"
#include "tokenizers/cube_templates.h"
#include "tokenizers/shift_scan.h"
#include "tokenizers/template_fit.h"

namespace asterism::tokenizers {

namespace {

constexpr int64_t kJoined = 4;          // spaxels a side
constexpr int64_t kMostSpectra = 8000;  // of all cubes together
constexpr int64_t kFewestOfCube = 4;    // as many at least, where it has them
constexpr size_t kMostFirst = 64;       // cubes that first variances are learned from

}  // namespace

void CubeTemplates::fit_all(const Lesson& lesson) {
  learn_templates(lesson);
  fit_tokens(lesson);
}

void CubeTemplates::learn_templates(const Lesson& lesson) {
  at::NoGradGuard no_grad;
  int64_t known = 0;
  for (const auto* redshifts : lesson.redshifts)
    for (const auto present : redshifts->present) known += present != 0;
  const int64_t most = std::max(kFewestOfCube, kMostSpectra / std::max<int64_t>(known, 1));
  std::vector<at::Tensor> flux, weight;
  std::vector<double> redshift;
  auto templates = templates_.on_cpu();
  int64_t cubes = 0;
  each(lesson, [&](const Frame& frame, const Read& read) {
    if (!std::isfinite(read.redshift) || templates.place(0, read.redshift) < 0) return;
    const auto spectra = joined_spaxels(read.cube, frame.height, frame.width, kJoined, most);
    flux.push_back(spread_out(spectra.flux_BL, settings_.finer));
    weight.push_back(spread_out(spectra.weight_BL, settings_.finer));
    redshift.insert(redshift.end(), size_t(spectra.flux_BL.size(0)), read.redshift);
    ++cubes;
  });
  if (const int64_t fewest = fewest_to_fit(templates, 0); int64_t(redshift.size()) < fewest)
    base::user_error(
        "cube_templates: {} cubes have a redshift of {} to {} (as tokenizer.redshift tells them), with {} spectra of "
        "{} "
        "x {} spaxels, and {} are needed for {} directions: give more (train.prepare_objects).",
        cubes, settings_.redshift_low, settings_.redshift_high, redshift.size(), kJoined, kJoined, fewest,
        settings_.directions);
  fit_templates(templates, at::cat(flux), at::cat(weight), redshift, settings_.fit_rounds);
  templates_.templates(0).copy_(templates.templates(0));
}

void CubeTemplates::fit_tokens(const Lesson& lesson) {
  at::NoGradGuard no_grad;
  const auto templates = templates_.on_cpu();
  const ShiftScan scan(templates);
  const int64_t J = settings_.directions + 1;
  std::vector<int64_t> places;
  auto gram = at::zeros({J, J}, at::kDouble);
  const int64_t objects = each(lesson, [&](const Frame&, const Read& read) {
    const int64_t told = std::isfinite(read.redshift) ? templates.place(0, read.redshift) : -1;
    places.push_back(told < 0 ? place_of(read.cube, scan) : told);
    const auto x_JL = on_grid(templates.seen(0, places.back())).to(at::kDouble);
    const auto weight_L = read.cube.ivar_SL.sum(0, false, at::kDouble);
    gram += at::mm(x_JL * weight_L, x_JL.t()) / weight_L.sum();
  });
  if (places.empty())
    nn::nothing_to_learn("cube_templates: none of the {} objects has a good value on the grid.", objects);
  gram = gram / double(places.size());
  gram += 1e-6 * gram.trace() / double(J) * at::eye(J, at::kDouble);
  basis_JJ_.copy_(at::linalg_inv(at::linalg_cholesky(gram)));
  std::map<std::pair<int64_t, int64_t>, CubeModes> modes;
  for (const size_t most : {kMostFirst, places.size()}) {
    std::vector<MapSample> samples;
    size_t i = 0;
    each(lesson, [&](const Frame& frame, const Read& read) {
      const auto place = places[i++];
      if (samples.size() >= most) return;
      const auto of = modes.try_emplace({frame.height, frame.width}, frame.modes).first;
      const auto weight = read.cube.ivar_SL.sum(at::kDouble) / read.cube.ivar_SL.gt(0).sum();
      samples.push_back(
          {&of->second, maps_of(frame, read.cube, on_grid(directions_at(templates, place))), weight.item<double>()});
    });
    map_tokens_.learn_variance(samples);
    if (most == places.size()) map_tokens_.fit(samples);
  }
}

}  // namespace asterism::tokenizers
