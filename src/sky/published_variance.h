#pragma once
// The variance that a survey states, estimated as pipelines do from what they observed: the noise itself has the true
// variance, but its statement must tell no more of the source than the observed flux does.

#include <algorithm>

namespace asterism::sky {

// Of a pixel whose sky has variance `sky` and whose source adds `photon` per unit flux. `local` is the mean of the
// observed flux around it, `own` its own observed flux, which weighs the more the more the source outshines the sky:
// in the dark its noise would enter, in the light the mean would flatten narrow lines and cores of stars.
inline float published_variance(float sky, float photon, float local, float own) {
  const float source = photon * std::max(0.0f, local);
  const float share = source / (sky + source);
  return sky + photon * std::max(0.0f, local + share * (own - local));
}

}  // namespace asterism::sky
