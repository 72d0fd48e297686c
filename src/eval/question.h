#pragma once
// The socket of evaluation: a question is asked of a subject (what a model made of some objects), with labels (what is
// true of them) and a split, and gives an answer: figures with intervals, baselines beside them, plots as data.
//
// Rows are objects, the same in all three. N objects, D width of a vector, K bins.

#include <ATen/ATen.h>

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "eval/at_truth.h"
#include "eval/bootstrap.h"
#include "eval/drawn/ensemble_score.h"
#include "modalities/block.h"
#include "report/figure.h"
#include "report/gallery.h"

namespace asterism::eval {

// Vectors of one kind: "image_legacy", "spectrum_desi", "all".
struct Vectors {
  at::Tensor vectors_ND;         // float32
  std::vector<uint8_t> present;  // [N]; rows that are not hold zeros
};

// Predicted distributions of one scalar, on common bins.
struct Posteriors {
  std::string given;                     // "flux_g flux_r flux_i flux_z"
  std::vector<double> edges;             // [K + 1]
  at::Tensor probability_MK;             // float64, rows sum to 1; of the M objects that were asked about
  std::vector<int64_t> row;              // [N] of probability_MK, -1: not asked about; empty: M = N, in order
  std::vector<uint8_t> present;          // [N]
  std::vector<std::string> inputs = {};  // the modalities of `given`, sorted
  AtTruth continuous = {};               // [M], of continuous ones: they are judged by it, not by their bins
};

// ln p of the true values of two scalars, factored both ways: p(a) p(b|a) and p(b) p(a|b), which are one joint
// distribution where a model is consistent.
struct FactoredPair {
  std::string a, b;
  std::vector<int64_t> rows;  // objects
  std::vector<double> ln_a, ln_b_given_a, ln_b, ln_a_given_b;
};

// Draws of several scalars together, of test objects that have all of them: M objects, S draws, D scalars.
struct DrawnTogether {
  std::vector<std::string> names;  // D
  std::string given;               // "flux_g flux_r flux_i flux_z"
  std::vector<int64_t> rows;       // M objects
  at::Tensor draws_MSD;            // float64
};

// Draws of one image or spectrum given something else, judged by its pixels: M objects, S draws.
struct DrawnMethod {
  std::string name;
  bool baseline = false;
  std::map<std::string, std::vector<EnsembleScore>> scores;  // by region, "" for all pixels: [M]; empty: has no pixels
  std::vector<double> ln_p_token;  // [M]: ln P of the tokens of the truth, per token, NaN unknown; empty: has none
};
struct DrawnBlocks {
  std::string target, given;  // "spectrum_desi", "flux_g flux_r flux_i flux_z"
  int64_t draws = 0;          // S
  std::vector<int64_t> rows;  // M objects
  int64_t train = 0;          // objects that neighbours were looked for among
  std::vector<DrawnMethod> methods;
  std::vector<std::string> notes;
};

// What was observed, and what came back through a tokenizer or model.
struct Reconstruction {
  std::vector<int64_t> rows;  // objects that these are of: row i of the blocks is object rows[i]
  modalities::Block observed,
      rebuilt;                // on the same grid or pixels; rebuilt values may be masked where nothing came back
  bool border_noise = false;  // of images: the files give no variance, and the noise is that of each one's border
  double bits = 0;            // per object: what the baseline gets too
  at::Tensor ids_NT;          // int64: the tokens, a row for each of `rows`; undefined: not kept
  int64_t vocabulary = 0;     // of these
  at::Tensor redshift_N;      // float64: what the tokens say of it; undefined: they do not
};

// Plain numbers that anyone would try before training anything.
struct Features {
  at::Tensor values_NF;          // float64, without gaps: missing values are column means
  std::vector<uint8_t> present;  // [N]: has any value of its own
};

// Of one modality, each object observed twice with half of the light (halves.h): what the model and plain features make
// of either. M objects.
struct Halves {
  std::vector<int64_t> rows;       // M objects
  at::Tensor first_MD, second_MD;  // vectors
  std::string features;            // name of the table; empty: there is none
  at::Tensor first_MF, second_MF;  // float64
};

struct Subject {
  std::string name;                                           // of the model, for headings
  std::vector<modalities::ObjectKey> objects;                 // N
  std::map<std::string, Vectors> vectors;                     // by what was given
  std::map<std::string, std::vector<Posteriors>> posteriors;  // by target, one for each set of inputs
  std::vector<FactoredPair> factored;
  std::vector<DrawnTogether> drawn;
  std::vector<DrawnBlocks> drawn_blocks;
  std::map<std::string, Reconstruction> reconstructions;  // by modality
  // Of models that rebuild what was hidden from them: rebuilt values have mask 0 where they were hidden, and only
  // there.
  std::map<std::string, Reconstruction> hidden;  // by modality
  // Median over the good pixels of flux / error of each spectrum, NaN where there is none, by modality: [N].
  std::map<std::string, std::vector<double>> signal_to_noise;
  std::map<std::string, Features> features;  // for the baselines: "magnitudes and colours", say
  std::map<std::string, Features> levels;    // by modality: how bright it is, for pairs too few for more (level.h)
  std::map<std::string, Halves> halves;      // by modality
  std::vector<std::string> not_asked;        // labels that are no question: flags, and what is the same of every object
};

// One true quantity. Class labels are whole numbers.
struct Label {
  std::vector<double> value;     // [N]
  std::vector<uint8_t> present;  // [N]
  bool is_class = false;
  std::string unit;
};
using Labels = std::map<std::string, Label>;

// Which rows may be learned from and which are judged. Nothing is chosen on `test`.
struct Split {
  std::vector<int64_t> train, test;
};

// One number of the answer: a method's score in a measure.
struct Score {
  std::string method;   // "model: vectors of image_legacy, k-NN", "mean of train", ...
  std::string measure;  // "R2", "sigma_NMAD", "recall@10"
  Interval interval;
  bool baseline = false;
  bool lower_is_better = false;
  std::string subject;  // the label or pair of modalities that is scored: "redshift", "image_legacy -> spectrum_desi"
};

// Where each query's own was found, 1 the best: so that folds, whose vectors are of different models, can be joined.
struct Ranks {
  std::string subject, method;
  bool baseline = false;
  int64_t among = 0;  // observations it was looked for among
  std::vector<double> rank;
};

struct Answer {
  std::string question, sentence;  // its name, and what it asks in a sentence
  int64_t train = 0, test = 0;     // objects; of the first subject where they differ
  std::vector<Score> scores;
  std::vector<Ranks> ranks;
  std::vector<report::Figure> plots;
  std::vector<report::Gallery> galleries;  // some of what was judged, as pictures
  std::vector<std::string> notes;          // caveats, what was left out and why
};

class Question {
 public:
  virtual ~Question() = default;
  virtual std::string name() const = 0;
  virtual std::string sentence() const = 0;
  // Does the subject hold what this asks about?
  virtual bool applies(const Subject& subject, const Labels& labels) const = 0;
  // Only after applies(). DataError where there are too few objects to say anything (fewer than 10 on a side).
  virtual Answer ask(const Subject& subject, const Labels& labels, const Split& split) const = 0;
};

struct AskOptions {
  BootstrapOptions bootstrap;
  int64_t neighbours = 15;  // k of k-NN
  int64_t folds = 5;        // of cross-validation within the training rows
  std::vector<int64_t> recall = {1, 5, 10};
  int64_t pairs = 1000;  // among which an object's other observation is looked for; recall depends on it
};

// What of a subject takes time to make: it is there only where a question that is asked reads it. All else always is.
struct Reads {
  bool vectors = false, halves = false;  // halves are vectors too
  bool reconstructions = false, hidden = false;
  bool drawn_blocks = false;  // these take as long as all else together
};

struct QuestionEntry {
  const char* name;
  std::unique_ptr<Question> (*make)(const AskOptions& options);
  const char* sentence;
  Reads reads = {};
  bool by_name = false;  // takes its time: only where it is asked for
};
std::span<const QuestionEntry> all_questions();

}  // namespace asterism::eval
