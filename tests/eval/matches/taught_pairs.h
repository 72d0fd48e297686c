#pragma once
// A contrastive model that learned a few tiny objects by heart.

#include "eval/matches/matches.h"
#include "models/contrastive.h"
#include "nn/optim.h"
#include "tests/models/tiny_sky.h"

namespace asterism::eval::planted {

inline models::Contrastive taught_pairs(const modalities::Batch& sky) {
  auto settings = models::tiny::contrastive_model();
  settings.towers.erase("scalars");
  settings.modalities.erase("flux_g");
  settings.modalities.erase("flux_r");
  for (auto& [name, tower] : settings.towers) tower.summary = 16;
  models::Contrastive out(settings);
  out.fit(sky);
  nn::AdamW optimiser(out.parameters(), {});
  for (int64_t step = 0; step < 150; ++step) {
    out.parameters().zero_grad();
    out.loss(sky, {1, step, true}).loss.backward();
    optimiser.step(3e-3);
  }
  return out;
}

inline MatchesOptions image_to_spectrum() {
  MatchesOptions out;
  out.from = "image_legacy";
  out.to = "spectrum_desi";
  out.nearest = 3;
  return out;
}

// `batch` must outlive the pass.
inline BatchPass in_pieces(const modalities::Batch& batch, int64_t size) {
  return [&batch, size](const std::function<bool(modalities::Batch &&)>& function) {
    for (int64_t first = 0; first < batch.size(); first += size) {
      std::vector<int64_t> rows;
      for (int64_t i = first; i < std::min(batch.size(), first + size); ++i) rows.push_back(i);
      if (!function(modalities::select(batch, rows))) return;
    }
  };
}

}  // namespace asterism::eval::planted
