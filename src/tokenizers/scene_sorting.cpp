#include "tokenizers/scene_sorting.h"

#include <algorithm>

#include "base/error.h"

namespace asterism::tokenizers {

namespace {

constexpr double kAsGalaxy = 25;  // an ellipse must leave less chi^2 than a point by this to begin as a galaxy
constexpr int64_t kSortings = 2;  // of the images to the kind that codes them better

struct Block {
  SceneReading point, galaxy;
  at::Tensor is_point_M;           // bool
  std::vector<at::Tensor> posing;  // weights of its bands at other wavelengths
};

at::Tensor rows_where(const at::Tensor& which_M) { return at::nonzero(which_M).squeeze(1); }

// The chosen images as they are, and posing.
void add_sums(const SceneSums& sums, const at::Tensor& chosen_M, const Block& block, double posing_weight,
              std::vector<SceneSums>& out) {
  const auto rows = rows_where(chosen_M);
  const auto of = [&](const at::Tensor& x) { return x.index_select(0, rows); };
  const SceneSums own{of(sums.squares_MCGG), of(sums.products_MCG), sums.weights_CL, of(sums.brightness_M)};
  out.push_back(own);
  for (const auto& weights : block.posing)
    out.push_back({own.squares_MCGG * posing_weight, own.products_MCG * posing_weight, weights, own.brightness_M});
}

int64_t count_points(const std::vector<Block>& blocks) {
  int64_t out = 0;
  for (const auto& b : blocks) out += b.is_point_M.sum().item<int64_t>();
  return out;
}

}  // namespace

void learn_scenes(SceneTemplates& points, SceneTemplates& galaxies, const BandWeights& weights,
                  const std::vector<ScenePixels>& blocks, const std::vector<std::vector<modalities::Band>>& bands,
                  const SceneTokens& tokens, const SceneSortingSettings& settings, const std::string& reader) {
  at::NoGradGuard no_grad;
  std::vector<Block> read;
  int64_t images = 0;
  for (size_t i = 0; i < blocks.size(); ++i) {
    Block b{
        read_scenes(SceneKind::point, blocks[i], tokens), read_scenes(SceneKind::galaxy, blocks[i], tokens), {}, {}};
    b.is_point_M = b.point.pose_chi2_M - b.galaxy.pose_chi2_M < kAsGalaxy;
    if (!weights.by_name())
      for (const double factor : settings.posing) {
        auto there = bands[i];
        for (auto& band : there) band.wavelength_angstrom *= factor, band.width_angstrom *= factor;
        b.posing.push_back(weights.of(there, reader));
      }
    images += b.is_point_M.size(0);
    read.push_back(std::move(b));
  }
  const int64_t fewest_points = fewest_scenes(points.directions()),
                fewest_galaxies = fewest_scenes(galaxies.directions());
  if (images < std::max(fewest_points, fewest_galaxies))
    base::user_error(
        "{}: {} images to learn from, and {} are needed for {} directions: give more (train.prepare_objects).", reader,
        images, std::max(fewest_points, fewest_galaxies), std::max(points.directions(), galaxies.directions()));
  for (int64_t sorting = 0; sorting < kSortings; ++sorting) {
    const int64_t stars = count_points(read);
    std::vector<SceneSums> as_points, as_galaxies;
    for (const auto& b : read) {
      const auto all = at::ones_like(b.is_point_M);
      add_sums(b.point.sums, stars < fewest_points ? all : b.is_point_M, b, settings.posing_weight, as_points);
      add_sums(b.galaxy.sums, images - stars < fewest_galaxies ? all : b.is_point_M.logical_not(), b,
               settings.posing_weight, as_galaxies);
    }
    fit_scene_templates(points, weights, as_points, settings.fit);
    fit_scene_templates(galaxies, weights, as_galaxies, settings.fit);
    for (auto& b : read)
      b.is_point_M = best_code(b.point, points, tokens).chi2_M <= best_code(b.galaxy, galaxies, tokens).chi2_M;
  }
}

}  // namespace asterism::tokenizers
