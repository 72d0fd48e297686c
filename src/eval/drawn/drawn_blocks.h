#pragma once
// What a model draws of images and spectra given something else, beside what costs nothing: for the question `drawn`.

#include "data/batch_source.h"
#include "eval/collect.h"
#include "models/model.h"

namespace asterism::eval {

// Goes through the data twice more, from their beginning, and adds to the subject a DrawnBlocks for each of asked_draws
// (asked_draws.h). Of each object options.draws draws, decoded on the pixels of what was observed, in the tokenizer's
// unit, with the noise of the observation added; beside them the tokenizer's own way there and back with as much noise,
// the observations of as many nearest neighbours by what is given, and of as many training objects at random, which
// have noise of their own. Judged are the pixels that are good in what was observed and that the draws reach, of images
// also those in the centre. In memory are the pixels of all these observations, at most options.reconstructions x
// options.draws for each target and set of inputs.
// An object's draws and noise depend on nothing but itself. UserError as check_drawn_blocks and asked_draws.
void add_drawn_blocks(const models::Model& model, data::BatchSource& source, data::BatchSource* learn,
                      const CollectOptions& options, Collected& collected);

}  // namespace asterism::eval
