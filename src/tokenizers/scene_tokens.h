#pragma once
// Brightness and pose of a source as six tokens: brightness, size (0: a point), the two ellipticities, x and y of its
// centre; each so many even levels. Where a vocabulary has room for it, the first token also says by how much the
// levels of the coefficients that follow are stretched: a source unlike all that were learned from reaches farther in
// coarser steps, an ordinary one is drawn in finer ones.

#include "tokenizers/scene_light.h"

namespace asterism::tokenizers {

inline constexpr int64_t kSceneHead = 6;
inline constexpr double kStretches[] = {1, 0.4, 3, 10};

struct SceneTokenSettings {
  int64_t levels = 1024;
  double brightness_low = -3, brightness_high = 5;  // log10 of the flux
  double reach_arcsec = 2;                          // of the centre, either way; beyond, as the last
  int64_t stretches = 1;                            // of kStretches
};

class SceneTokens {
 public:
  explicit SceneTokens(const SceneTokenSettings& settings) : settings_(settings) {}

  void write(SceneKind kind, const ScenePose& pose, int64_t* ids) const;  // ids[1..5]
  int64_t brightness_id(double flux) const;                               // not above the lowest: the first
  // Tokens beyond the last level are read as the last.
  SceneKind kind(const int64_t* ids) const { return ids[1] == 0 ? SceneKind::point : SceneKind::galaxy; }
  ScenePose pose(const int64_t* ids) const;
  double brightness(int64_t id) const;
  int64_t stretches() const { return settings_.stretches; }
  int64_t stretched(int64_t brightness_id, int64_t which) const { return brightness_id + which * settings_.levels; }
  double stretch(int64_t id) const;  // of a first token

 private:
  SceneTokenSettings settings_;
};

}  // namespace asterism::tokenizers
