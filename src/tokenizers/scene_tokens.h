#pragma once
// Brightness and pose of a source as six tokens: brightness, size (0: a point), the two ellipticities, x and y of its
// centre; each so many even levels.

#include "tokenizers/scene_light.h"

namespace asterism::tokenizers {

inline constexpr int64_t kSceneHead = 6;

struct SceneTokenSettings {
  int64_t levels = 1024;
  double brightness_low = -3, brightness_high = 5;  // log10 of the flux
  double reach_arcsec = 2;                          // of the centre, either way; beyond, as the last
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

 private:
  SceneTokenSettings settings_;
};

}  // namespace asterism::tokenizers
