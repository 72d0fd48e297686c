#pragma once
// Cases whose info names a codec folder: inputs encoded and tokens decoded by the published codecs, as the reference
// does it (with `reference_behaviour` on). What kind of codec it is, the folder says.

#include "infer/verify/comparison.h"
#include "infer/verify/fixture_case.h"

namespace asterism::infer {

bool is_codec_case(const FixtureCase& fixture);

// Latents, tokens and decoded values beside the expected ones, each with the tolerance of its kind: exact where it is a
// matter of comparing numbers, else what another order of sums in fp32 may change. Decoders get the expected tokens.
void verify_codec_case(const FixtureCase& fixture, Comparison& comparison);

}  // namespace asterism::infer
