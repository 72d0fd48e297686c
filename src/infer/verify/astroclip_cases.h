#pragma once
// Replays fixtures of AstroCLIP and its parts: pictures from fluxes, DINOv2 and AstroDINO, SpecFormer, heads, loss.
//
// The model is the folder that info.model names ("astroclip" unless it says otherwise); what a case is can be seen from
// its tensors, whatever its name:
//
//   in.flux_grz                        the picture, cropped to the size of out.rgb_crop*
//   in.image, out.cls (in.mask)        DINOv2: CLS, patches, layers (out.mid<k>_map of the last k that there are)
//   in.image, out.pooled               the image tower of AstroCLIP and its head
//   in.flux                            slices, SpecFormer, its head
//   in.tokens, in.masked               what is rebuilt of hidden tokens, and the loss
//   in.image_emb, in.spec_emb          similarities and loss

#include "infer/verify/comparison.h"
#include "infer/verify/fixture_case.h"

namespace asterism::infer {

bool is_astroclip_case(const FixtureCase& fixture);
void verify_astroclip_case(const FixtureCase& fixture, Comparison& comparison);

}  // namespace asterism::infer
