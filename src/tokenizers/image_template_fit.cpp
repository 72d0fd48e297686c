#include "tokenizers/image_template_fit.h"

#include "base/error.h"
#include "nn/scope.h"

namespace asterism::tokenizers {

namespace {

constexpr int64_t kSpare = 10, kPowers = 3;  // of the search for components: Halko, Martinsson & Tropp 2011

// The k directions [k, D] in which rows [M, D] vary most.
at::Tensor leading_directions(const at::Tensor& rows_MD, int64_t k) {
  const int64_t count = std::min({k + kSpare, rows_MD.size(0), rows_MD.size(1)});
  const auto start = nn::initial_value({rows_MD.size(1), count}, nn::Init::normal(1), 0, "image_template_fit");
  auto basis = std::get<0>(at::linalg_qr(at::mm(rows_MD, start)));
  for (int64_t i = 0; i < kPowers; ++i) {
    const auto across = std::get<0>(at::linalg_qr(at::mm(rows_MD.t(), basis)));
    basis = std::get<0>(at::linalg_qr(at::mm(rows_MD, across)));
  }
  const auto found = std::get<2>(at::linalg_svd(at::mm(basis.t(), rows_MD), false));
  auto out = at::zeros({k, rows_MD.size(1)});
  out.narrow(0, 0, std::min(k, count)).copy_(found.narrow(0, 0, std::min(k, count)));
  return out;
}

struct Images {
  const at::Tensor &filled_MCSS, &weight_M;  // what is missing filled in; how much each counts
};

void learn(ImageTemplateSets& sets, int64_t set, const at::Tensor& rows, const Images& images,
           const ImageShapes& shapes) {
  const ImageShapes own{shapes.angle_M.index_select(0, rows), shapes.size_M.index_select(0, rows)};
  const auto& frame = sets.frame(set);
  const auto x = frame.into_frame(images.filled_MCSS.index_select(0, rows), frame.poses_of(own)).flatten(1);
  const auto weight = images.weight_M.index_select(0, rows).to(at::kFloat);
  const auto mean = at::mv(x.t(), weight / weight.sum());
  const auto centred = x - mean;
  const auto directions = leading_directions(centred * weight.sqrt().unsqueeze(1), sets.directions());
  sets.tokens(set).fit(at::mm(centred, directions.t()), weight);
  auto templates = sets.templates()[set];
  templates[0].copy_(mean.view_as(templates[0]));
  templates.narrow(0, 1, sets.directions()).flatten(1).copy_(directions);
}

// The images that a set learns from first.
at::Tensor first_members(const ImageTemplateSets& sets, int64_t set, const ImageShapes& shapes) {
  const int64_t m = shapes.size_M.size(0), first = set * m / sets.sets(), end = (set + 1) * m / sets.sets();
  return std::get<1>(shapes.size_M.sort(/*stable=*/true, 0, false)).narrow(0, first, end - first);
}

}  // namespace

int64_t fewest_to_fit(int64_t directions) { return 2 * (directions + 1); }

std::vector<int64_t> fit_image_templates(ImageTemplateSets& sets, const at::Tensor& flux_MCSS,
                                         const at::Tensor& weight_MCSS, int64_t rounds) {
  at::NoGradGuard no_grad;
  ASTERISM_CHECK(flux_MCSS.size(0) / sets.sets() >= fewest_to_fit(sets.directions()), "{} images for {} sets",
                 flux_MCSS.size(0), sets.sets());
  const auto good = weight_MCSS > 0;
  const auto weight_M = weight_MCSS.flatten(1).sum(1, false, at::kDouble) / good.flatten(1).sum(1).clamp_min(1);
  const auto shapes = measure_shapes(flux_MCSS);
  auto filled = flux_MCSS;
  ImageCodes best;
  for (int64_t round = 0; round < rounds; ++round) {
    for (int64_t set = 0; set < sets.sets(); ++set) {
      const auto rows = round == 0 ? first_members(sets, set, shapes) : at::nonzero(best.set_M == set).squeeze(1);
      if (rows.size(0) >= fewest_to_fit(sets.directions())) learn(sets, set, rows, {filled, weight_M}, shapes);
    }
    best = sets.code(flux_MCSS, weight_MCSS, shapes);
    filled = at::where(good, flux_MCSS, sets.draw(best));
  }
  std::vector<int64_t> out;
  for (int64_t set = 0; set < sets.sets(); ++set) out.push_back((best.set_M == set).sum().item<int64_t>());
  return out;
}

}  // namespace asterism::tokenizers
