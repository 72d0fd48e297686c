#pragma once
// From a model and a source of batches to what questions are asked of: vectors, posteriors, reconstructions, plain
// features, labels, split.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "data/batch_source.h"
#include "eval/question.h"
#include "eval/rebuild.h"
#include "models/model.h"
#include "tokenizers/tokenizer.h"

namespace asterism::eval {

struct CollectOptions {
  std::vector<std::string>
      labels;  // true quantities; never given to the model. Empty: every scalar of the data but flux_*, mag_*
               // and flags (flag_*, *_ok, *_confidence, zwarning), which the model is not given either
  std::vector<std::string> classes;  // labels that are classes, besides those that the model gives probabilities of,
                                     // and whole numbers with "class" in their name
  std::vector<std::vector<std::string>> given;  // further sets of inputs for posteriors, besides everything observed
  std::vector<std::pair<std::string, std::string>> pairs;  // of scalars, see factored.h
  std::vector<std::vector<std::string>> joint;             // labels to draw together, see drawn_together.h
  std::string train = "train+validation", test = "test";   // sides of the split (by id, data/split.h)
  int64_t limit = 0;                                       // at most so many objects; 0: all
  int64_t test_limit = 0;                                  // at most so many of the test side; 0: all
  bool vectors = true, rebuild = true;  // what is made; labels, posteriors and plain features always are
  bool hidden = true;                   // stretches of spectra are hidden and rebuilt (gap_filler.h)
  int64_t reconstructions = 400;  // objects a modality whose blocks are kept, both sides together; so many more of
                                  // data that are only learned from
  int64_t halves = 0;             // test objects a modality that are observed twice with half of the light; 0: none
  RebuildAs rebuild_as;
  int64_t draws = 8;  // of each image and spectrum, for the question `drawn` (drawn/drawn_blocks.h)
};

struct Collected {
  Subject subject;
  Labels labels;
  Split split;
  int64_t not_learned = 0;  // objects of other data to learn from that were left out, being judged
};

// What stands in tables for a set of inputs: all of them, all but a few, or their names.
std::string title_of(const std::vector<std::string>& given, const std::vector<std::string>& observed);

// Goes through the source once, from its beginning. Vectors: of each image and spectrum alone ("image_legacy"), of all
// scalars ("scalars"), of everything ("all"). Posteriors, of objects of the test side, of every scalar label that the
// model can predict, where it can.
// `learn`: other data whose objects, all but those that are judged, are learned from instead of those of `source`; of
// `source` the test side alone is read then. They come last among the rows.
// UserError when nothing that the model reads is in the data, a label is unknown, inputs are given for posteriors that
// are none, or `learn` lacks what `source` has.
Collected collect(const models::Model& model, data::BatchSource& source, const CollectOptions& options,
                  data::BatchSource* learn = nullptr);

// The reconstructions of one modality alone.
Collected collect(const tokenizers::Tokenizer& tokenizer, const std::string& modality, data::BatchSource& source,
                  const CollectOptions& options, data::BatchSource* learn = nullptr);

}  // namespace asterism::eval
