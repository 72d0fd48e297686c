#include "tokenizers/scene_tokens.h"

#include <algorithm>
#include <cmath>

namespace asterism::tokenizers {

namespace {

constexpr double kLeastLogSize = -4, kMostLogSize = 3, kMostEllipticity = 3;  // beyond what poses are fitted to

int64_t level_of(double x, double low, double high, int64_t levels) {
  const double share = (x - low) / (high - low);
  if (!(share > 0)) return 0;
  return std::min(levels - 1, int64_t(std::min(share, 1.0) * double(levels)));
}

double middle_of(int64_t level, double low, double high, int64_t levels) {
  const double place = double(std::clamp<int64_t>(level, 0, levels - 1)) + 0.5;
  return low + (high - low) * place / double(levels);
}

}  // namespace

int64_t SceneTokens::brightness_id(double flux) const {
  const auto& s = settings_;
  return flux > 0 ? level_of(std::log10(flux), s.brightness_low, s.brightness_high, s.levels) : 0;
}

double SceneTokens::brightness(int64_t id) const {
  const auto& s = settings_;
  const int64_t level = id < s.levels * s.stretches ? id % s.levels : s.levels - 1;
  return std::pow(10.0, middle_of(level, s.brightness_low, s.brightness_high, s.levels));
}

double SceneTokens::stretch(int64_t id) const {
  return kStretches[std::clamp<int64_t>(id / settings_.levels, 0, settings_.stretches - 1)];
}

void SceneTokens::write(SceneKind kind, const ScenePose& pose, int64_t* ids) const {
  const auto& s = settings_;
  const bool galaxy = kind == SceneKind::galaxy;
  ids[1] = galaxy ? 1 + level_of(pose.at[2], kLeastLogSize, kMostLogSize, s.levels - 1) : 0;
  for (int i = 0; i < 2; ++i) {
    ids[2 + i] = galaxy ? level_of(pose.at[3 + i], -kMostEllipticity, kMostEllipticity, s.levels) : 0;
    ids[4 + i] = level_of(pose.at[i], -s.reach_arcsec, s.reach_arcsec, s.levels);
  }
}

ScenePose SceneTokens::pose(const int64_t* ids) const {
  const auto& s = settings_;
  ScenePose out;
  for (int i = 0; i < 2; ++i) out.at[i] = middle_of(ids[4 + i], -s.reach_arcsec, s.reach_arcsec, s.levels);
  if (kind(ids) == SceneKind::point) return out;
  out.at[2] = middle_of(ids[1] - 1, kLeastLogSize, kMostLogSize, s.levels - 1);
  for (int i = 0; i < 2; ++i) out.at[3 + i] = middle_of(ids[2 + i], -kMostEllipticity, kMostEllipticity, s.levels);
  return out;
}

}  // namespace asterism::tokenizers
