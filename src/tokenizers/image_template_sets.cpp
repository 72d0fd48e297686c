#include "tokenizers/image_template_sets.h"

#include <algorithm>

#include "nn/transfer.h"

namespace asterism::tokenizers {

namespace {

constexpr int64_t kChunk = 16;  // images at a time

at::Tensor rows_where(const at::Tensor& which_M) { return at::nonzero(which_M).squeeze(1); }

// The likeliest coefficients of images of one pose: bank [K+1, P] on the sky, what the mean leaves and weights [M, P].
at::Tensor solved(const at::Tensor& bank, const at::Tensor& left_MP, const at::Tensor& weight_MP,
                  const at::Tensor& variance_K) {
  const int64_t m = left_MP.size(0), k = bank.size(0) - 1;
  // in float64: the prior is small beside the weights of a bright star, and decides where they say nothing
  const auto directions = bank.narrow(0, 1, k).to(at::kDouble), weight = weight_MP.to(at::kDouble);
  const auto right_MK = at::mm(weight * left_MP, directions.t());
  auto left_MKK = at::empty({m, k, k}, at::kDouble);
  for (int64_t i = 0; i < m; ++i) left_MKK[i].copy_(at::mm(directions * weight[i], directions.t()));
  left_MKK.diagonal(0, 1, 2).add_(1 / variance_K.to(at::kDouble).clamp_min(1e-30));
  return at::cholesky_solve(right_MK.unsqueeze(2), at::linalg_cholesky(left_MKK)).squeeze(2);
}

}  // namespace

ImageTemplateSets::ImageTemplateSets(const nn::Scope& scope, const ImageTemplateSettings& settings, int64_t bands,
                                     int64_t side) {
  const auto sets = int64_t(settings.frames.size());
  templates_ =
      scope.parameter("templates", {sets, settings.directions + 1, bands, side, side}, nn::Init::normal(0.001));
  for (int64_t i = 0; i < sets; ++i) {
    frames_.emplace_back(settings.frames[size_t(i)]);
    tokens_.emplace_back(scope / i, settings.directions, settings.tokens, settings.token_bits);
  }
}

ImageTemplateSets ImageTemplateSets::on_cpu() const {
  auto out = *this;
  out.templates_ = templates_.detach().to(at::kCPU);
  return out;
}

bool ImageTemplateSets::learned() const {
  return std::any_of(tokens_.begin(), tokens_.end(), [](const CoefficientTokens& t) { return t.fitted(); });
}

ImageCodes ImageTemplateSets::code_in(int64_t set, const at::Tensor& flux_MCSS, const at::Tensor& weight_MCSS,
                                      const ImageShapes& shapes) const {
  at::NoGradGuard no_grad;
  const int64_t m = flux_MCSS.size(0), k = directions();
  const auto flux = flux_MCSS.flatten(1), weight = weight_MCSS.flatten(1);
  const auto& tokens = this->tokens(set);
  ImageCodes out{at::full({m}, set, at::kLong), frame(set).poses_of(shapes), {}, at::zeros({m}, at::kDouble)};
  auto z = at::empty({m, k});
  const auto order = std::get<1>(out.pose_M.sort(/*stable=*/true, 0, false));
  at::Tensor bank;
  int64_t drawn = -1;  // the pose that the bank is drawn in
  for (int64_t start = 0; start < m;) {
    const int64_t pose = out.pose_M[order[start]].item<int64_t>();
    int64_t end = start + 1;
    while (end < std::min(m, start + kChunk) && out.pose_M[order[end]].item<int64_t>() == pose) ++end;
    if (pose != drawn) {
      const auto poses = at::full({k + 1}, pose, at::kLong);
      bank = frame(set).onto_sky(templates_[set], poses).flatten(1);
      drawn = pose;
    }
    const auto rows = order.narrow(0, start, end - start);
    const auto weight_MP = weight.index_select(0, rows), left = flux.index_select(0, rows) - bank[0];
    const auto ids = tokens.ids(solved(bank, left, weight_MP, tokens.variance()));
    const auto values = tokens.values(ids);
    const auto residual = left - at::mm(values, bank.narrow(0, 1, k));
    out.chi2_M.index_copy_(0, rows, (residual.square() * weight_MP).sum(1, false, at::kDouble));
    if (!out.ids_MT.defined()) out.ids_MT = at::zeros({m, ids.size(1)}, at::kLong);
    out.ids_MT.index_copy_(0, rows, ids);
    start = end;
  }
  return out;
}

ImageCodes ImageTemplateSets::code(const at::Tensor& flux_MCSS, const at::Tensor& weight_MCSS,
                                   const ImageShapes& shapes) const {
  auto best = code_in(0, flux_MCSS, weight_MCSS, shapes);
  for (int64_t set = 1; set < sets(); ++set) {
    const auto other = code_in(set, flux_MCSS, weight_MCSS, shapes);
    const auto better = other.chi2_M < best.chi2_M;
    best.set_M = at::where(better, other.set_M, best.set_M);
    best.pose_M = at::where(better, other.pose_M, best.pose_M);
    best.ids_MT = at::where(better.unsqueeze(1), other.ids_MT, best.ids_MT);
    best.chi2_M = at::where(better, other.chi2_M, best.chi2_M);
  }
  return best;
}

at::Tensor ImageTemplateSets::draw(const ImageCodes& codes) const {
  std::vector<at::Tensor> drawn, places;
  for (int64_t set = 0; set < sets(); ++set) {
    const auto rows = rows_where(codes.set_M == set);
    if (rows.size(0) == 0) continue;
    const auto values = nn::sent(tokens(set).values(codes.ids_MT.index_select(0, rows)), templates_.device());
    const auto weights = at::cat({at::ones_like(values.narrow(1, 0, 1)), values}, 1);
    const auto sizes = templates_.sizes();
    const auto images = at::mm(weights, templates_[set].flatten(1)).view({rows.size(0), sizes[2], sizes[3], sizes[4]});
    drawn.push_back(frame(set).onto_sky(images, codes.pose_M.index_select(0, rows)));
    places.push_back(rows);
  }
  const auto back = std::get<1>(at::cat(places).sort());
  return at::cat(drawn).index_select(0, nn::sent(back, templates_.device()));
}

}  // namespace asterism::tokenizers
