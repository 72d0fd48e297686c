#pragma once
// Cases of AION-1 models: encode, forward, and a training step with its gradients.

#include "infer/verify/comparison.h"
#include "infer/verify/fixture_case.h"

namespace asterism::infer {

// out.encode and out.encoder_norm: tokens in.<key>, hidden where in.mask.<key>, in the order and to the budget that the
// info says. Besides, our own layout without padding must give the same rows.
bool is_aion_encode(const FixtureCase& fixture);
void verify_aion_encode(const FixtureCase& fixture, Comparison& comparison);

// out.logits.<key> of the info's targets.
bool is_aion_forward(const FixtureCase& fixture);
void verify_aion_forward(const FixtureCase& fixture, Comparison& comparison);

// out.loss_mod, out.loss_token, their parts by modality, and the gradients of loss_mod.
bool is_aion_training(const FixtureCase& fixture);
void verify_aion_training(const FixtureCase& fixture, Comparison& comparison);

}  // namespace asterism::infer
