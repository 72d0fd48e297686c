#pragma once
// The distributions that objects are drawn from, class by class. Each fills the part of the truth that belongs to its
// class; kind, position, redshift and magnitude are drawn before.

#include "base/random.h"
#include "sky/light.h"
#include "sky/objects.h"

namespace asterism::sky {

void draw_galaxy(base::Random& random, ObjectTruth& truth);
void draw_star(base::Random& random, ObjectTruth& truth);
void draw_quasar(base::Random& random, ObjectTruth& truth);

// draw_object together with its light, which it needs anyway.
ObjectTruth draw_object_and_light(uint64_t seed, int64_t index, const SkySettings& settings, ObjectLight& light);

}  // namespace asterism::sky
