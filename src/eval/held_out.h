#pragma once
// Points of light curves that a codec may not see, so that it can be judged on them.

#include "modalities/block.h"

namespace asterism::eval {

// A fifth of all points, told by a hash of the point's time and value (FNV-1a of "time value", to 5 and 4 decimals, and
// MurmurHash3's finaliser; base/random.h), so that other programs can take the same ones.
bool is_held_out(double time_day, float value);

// What is held out masked: measurements, and limits, which are none then.
modalities::LightCurveBlock without_held_out(const modalities::LightCurveBlock& block);

}  // namespace asterism::eval
