#include "tokenizers/scene_fit.h"

#include "base/error.h"

namespace asterism::tokenizers {

namespace {

constexpr int64_t kStartFrom = 512;    // images, for the first directions
constexpr double kStartPrior = 0.5;    // precision of their fluxes about the mean
constexpr double kLeastWeight = 1e-4;  // of an image in the choice of levels, beside the heaviest

// Brightness taken into the sums.
struct Sums {
  at::Tensor squares_MCGG, products_MCG, weights_CL;
  int64_t rows() const { return squares_MCGG.size(0); }
};

at::Tensor outer(const at::Tensor& v) { return at::mm(v.unsqueeze(1), v.unsqueeze(0)); }

// Squares of the second differences of numbers at these places: float64 [n, n].
at::Tensor bending(const std::vector<double>& x) {
  const auto n = int64_t(x.size());
  auto out = at::zeros({n, n}, at::kDouble);
  for (int64_t i = 0; i + 2 < n; ++i) {
    const double a = x[size_t(i) + 1] - x[size_t(i)], b = x[size_t(i) + 2] - x[size_t(i) + 1], scale = 0.5 * (a + b);
    auto v = at::zeros({n}, at::kDouble);
    v[i] = scale / a;
    v[i + 1] = -scale / a - scale / b;
    v[i + 2] = scale / b;
    out += outer(v);
  }
  return out;
}

// The prior's precision of fluxes [G L, G L].
at::Tensor precision_of(const SceneTemplates& templates, const BandWeights& bands, const SceneFitSettings& settings) {
  const int64_t g = templates.templates().size(1), l = templates.templates().size(2);
  const auto eye_g = at::eye(g, at::kDouble), eye_l = at::eye(l, at::kDouble);
  auto out = at::kron(eye_g, eye_l) * settings.size;
  if (!bands.by_name()) out += at::kron(eye_g, bending(bands.log_wavelengths())) * settings.bend;
  auto rough = at::zeros({g, g}, at::kDouble);
  for (const auto& [first, count] : families_of(templates.kind())) {
    std::vector<double> steps;
    for (int64_t i = 0; i < count; ++i) steps.push_back(double(i));
    rough.narrow(0, first, count).narrow(1, first, count).add_(bending(steps));
  }
  return out + at::kron(rough, eye_l) * settings.roughness;
}

// Sum over images and bands of (what_M) squares (x) weights weights': [G L, G L]; and with products.
at::Tensor pooled(const Sums& s, const at::Tensor& weight_MN) {
  const int64_t m = s.rows(), c = s.squares_MCGG.size(1), g = s.squares_MCGG.size(2), n = weight_MN.size(1);
  const auto by_band = at::mm(weight_MN.t(), s.squares_MCGG.view({m, c * g * g})).view({n, c, g, g});
  // [N, G, G, L, L]
  const auto weights = at::matmul(s.weights_CL.unsqueeze(2), s.weights_CL.unsqueeze(1));  // [C, L, L]
  const int64_t l = s.weights_CL.size(1);
  const auto all = at::mm(by_band.permute({0, 2, 3, 1}).reshape({n * g * g, c}), weights.view({c, l * l}));
  return all.view({n, g, g, l, l}).permute({0, 1, 3, 2, 4}).reshape({n, g * l, g * l});
}

at::Tensor pooled_products(const Sums& s, const at::Tensor& weight_MN) {
  const int64_t m = s.rows(), c = s.products_MCG.size(1), g = s.products_MCG.size(2), n = weight_MN.size(1);
  const auto by_band = at::mm(weight_MN.t(), s.products_MCG.view({m, c * g})).view({n, c, g});
  return at::matmul(by_band.transpose(1, 2), s.weights_CL.unsqueeze(0)).reshape({n, -1});  // [N, G L]
}

class Fit {
 public:
  Fit(SceneTemplates& templates, const BandWeights& bands, const std::vector<SceneSums>& blocks,
      const SceneFitSettings& settings)
      : templates_(templates), settings_(settings), prior_(precision_of(templates, bands, settings)) {
    k_ = templates.directions();
    for (const auto& b : blocks) {
      if (b.brightness_M.size(0) == 0) continue;
      const auto bright = b.brightness_M.view({-1, 1, 1});
      blocks_.push_back({b.squares_MCGG * bright.unsqueeze(3).square(), b.products_MCG * bright, b.weights_CL});
      rows_ += b.brightness_M.size(0);
    }
  }

  int64_t rows() const { return rows_; }

  void run() {
    start();
    for (int64_t round = 0; round < settings_.rounds; ++round) maximise(expect());
    finish();
  }

 private:
  // Of the images' coefficients: means [M, K], and 1, z (x) 1, z with their spread [M, (K+1)^2], a block each.
  struct Expected {
    std::vector<at::Tensor> mean_MK, moments_MN;
  };

  SceneSums sums_of(const Sums& s) const {
    return {s.squares_MCGG, s.products_MCG, s.weights_CL, at::ones({s.rows()}, at::kDouble)};
  }
  at::Tensor as_templates(const at::Tensor& x_KF) const {
    return x_KF.view({x_KF.size(0), templates_.templates().size(1), templates_.templates().size(2)});
  }

  // The mean of all images, and the components of what each, alone, says beside it.
  void start() {
    auto matrix = prior_.clone(), right = at::zeros({prior_.size(0)}, at::kDouble);
    for (const auto& s : blocks_) {
      const auto one = at::ones({s.rows(), 1}, at::kDouble);
      matrix += pooled(s, one)[0];
      right += pooled_products(s, one)[0];
    }
    const auto mean = solved(matrix, right.unsqueeze(1)).squeeze(1);
    std::vector<at::Tensor> own;
    const int64_t every = std::max<int64_t>(1, rows_ / kStartFrom);
    const auto prior = prior_ + at::eye(prior_.size(0), at::kDouble) * kStartPrior;
    for (const auto& s : blocks_)
      for (int64_t i = 0; i < s.rows(); i += every) {
        auto one = at::zeros({s.rows(), 1}, at::kDouble);
        one[i] = 1;
        const Sums row{s.squares_MCGG.narrow(0, i, 1), s.products_MCG.narrow(0, i, 1), s.weights_CL};
        const auto alone = at::ones({1, 1}, at::kDouble);
        const auto information = pooled(row, alone)[0];
        const auto left = pooled_products(row, alone)[0] - at::mv(information, mean);
        own.push_back(solved(information + prior, left.unsqueeze(1)).squeeze(1));
      }
    const auto rows = at::stack(own);
    const auto [u, values, directions] = at::linalg_svd(rows, false);
    all_ = at::zeros({k_ + 1, prior_.size(0)}, at::kDouble);
    all_[0].copy_(mean);
    const int64_t found = std::min(k_, directions.size(0));
    all_.narrow(0, 1, found)
        .copy_(directions.narrow(0, 0, found) * values.narrow(0, 0, found).unsqueeze(1) /
               std::sqrt(double(rows.size(0))));
  }

  Expected expect() const {
    Expected out;
    for (const auto& s : blocks_) {
      auto [matrix, right] = scene_equations(as_templates(all_), sums_of(s));
      matrix.diagonal(0, 1, 2).add_(1);
      const auto spread = at::cholesky_inverse(at::linalg_cholesky(matrix));
      const auto mean = at::matmul(spread, right.unsqueeze(2)).squeeze(2);
      const auto with_one = at::cat({at::ones({s.rows(), 1}, at::kDouble), mean}, 1);
      auto moments = at::matmul(with_one.unsqueeze(2), with_one.unsqueeze(1)).contiguous();
      moments.narrow(1, 1, k_).narrow(2, 1, k_).add_(spread);
      out.mean_MK.push_back(mean);
      out.moments_MN.push_back(moments.view({s.rows(), -1}));
    }
    return out;
  }

  // Templates from the coefficients; then the coefficients' own distribution into them, so that it is the unit normal.
  void maximise(const Expected& expected) {
    const int64_t n = k_ + 1, f = prior_.size(0);
    auto matrix = at::kron(at::eye(n, at::kDouble), prior_), right = at::zeros({n, f}, at::kDouble);
    auto second = at::zeros({n, n}, at::kDouble);
    for (size_t i = 0; i < blocks_.size(); ++i) {
      const auto& moments = expected.moments_MN[i];
      matrix += pooled(blocks_[i], moments).view({n, n, f, f}).permute({0, 2, 1, 3}).reshape({n * f, n * f});
      right += pooled_products(blocks_[i], moments.view({-1, n, n}).select(1, 0));
      second += moments.sum(0).view({n, n});
    }
    all_ = solved(matrix, right.view({n * f, 1})).view({n, f});
    second /= double(rows_);
    const auto mean = second[0].narrow(0, 1, k_);
    const auto spread = second.narrow(0, 1, k_).narrow(1, 1, k_) - outer(mean);
    all_[0].add_(at::mv(all_.narrow(0, 1, k_).t(), mean));
    all_.narrow(0, 1, k_).copy_(at::mm(at::linalg_cholesky(spread).t(), all_.narrow(0, 1, k_)));
  }

  // Directions at right angles as the pixels see them on average, of unit length there; levels of the coefficients.
  void finish() {
    auto seen = at::zeros({prior_.size(0), prior_.size(0)}, at::kDouble);
    const int64_t g = templates_.templates().size(1), l = templates_.templates().size(2);
    for (const auto& s : blocks_) seen += pooled(s, at::ones({s.rows(), 1}, at::kDouble))[0] / double(rows_);
    const auto by_gaussian = at::diagonal(seen.view({g, l, g, l}), 0, 1, 3).sum(2);
    seen += at::kron(by_gaussian, at::eye(l, at::kDouble) / double(l)) * settings_.unseen;
    const auto directions = all_.narrow(0, 1, k_);
    const auto [lengths2, turn] = at::linalg_eigh(at::mm(at::mm(directions, seen), directions.t()));
    const auto length = lengths2.flip(0).clamp_min(1e-30).sqrt().unsqueeze(1);
    const auto turned = at::mm(turn.flip(1).t(), directions) / length;
    all_.narrow(0, 1, k_).copy_(turned);
    std::vector<at::Tensor> z, weights;
    for (const auto& s : blocks_) {
      auto [matrix, right] = scene_equations(as_templates(all_), sums_of(s));
      weights.push_back(at::diagonal(matrix, 0, 1, 2).sum(1));
      matrix.diagonal(0, 1, 2).add_(1 / length.squeeze(1).square());
      z.push_back(at::cholesky_solve(right.unsqueeze(2), at::linalg_cholesky(matrix)).squeeze(2));
    }
    auto weight = at::cat(weights);
    weight = weight / weight.max().clamp_min(1e-300) + kLeastWeight;
    templates_.tokens().fit(at::cat(z), weight, settings_.beyond);
    templates_.templates().detach().copy_(as_templates(all_));
  }

  static at::Tensor solved(const at::Tensor& matrix, const at::Tensor& right) {
    return at::cholesky_solve(right, at::linalg_cholesky(matrix));
  }

  SceneTemplates& templates_;
  SceneFitSettings settings_;
  at::Tensor prior_, all_;  // [G L, G L]; mean and directions [K+1, G L]
  std::vector<Sums> blocks_;
  int64_t k_ = 0, rows_ = 0;
};

}  // namespace

int64_t fewest_scenes(int64_t directions) { return 2 * (directions + 1); }

void fit_scene_templates(SceneTemplates& templates, const BandWeights& bands, const std::vector<SceneSums>& blocks,
                         const SceneFitSettings& settings) {
  at::NoGradGuard no_grad;
  Fit fit(templates, bands, blocks, settings);
  ASTERISM_CHECK(fit.rows() >= fewest_scenes(templates.directions()), "{} images for {} directions", fit.rows(),
                 templates.directions());
  fit.run();
}

}  // namespace asterism::tokenizers
