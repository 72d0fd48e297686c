#pragma once
// All questions at once, of a model folder on a dataset: what `asterism evaluate` does.

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "eval/collect.h"
#include "eval/question.h"
#include "report/page.h"
#include "train/recipe.h"

namespace asterism::eval {

// Every question of the table that applies, or those named (UserError naming the nearest for one that does not exist; a
// note in the answer for one that does not apply).
std::vector<Answer> ask_all(const Collected& collected, const AskOptions& options,
                            const std::vector<std::string>& questions = {});

// {"answers": [{"question", "sentence", "train", "test", "scores": [{"subject", "method", "measure", "value", "low",
// "high", "baseline"}], "notes"}], ...}
// `request`: what was asked, name and value.
using RequestWords = std::vector<std::pair<std::string, std::string>>;
std::string answers_json(const std::vector<Answer>& answers, const std::string& subject,
                         const RequestWords& request = {});

// One section an answer, or one heading within the section that is open: a table of scores, baselines in their own
// rows, the plots and the pictures.
enum class AnswerLevel { kSection, kHeading };
// `side`: which was judged.
void add_answers(report::Page& page, const std::vector<Answer>& answers, AnswerLevel level,
                 const std::string& side = "test");

// What is judged: all objects in order, with the column that says which side each is on where the data have one. Where
// the labels are named, of the rest only what is in `read` is opened; labels empty: everything.
std::unique_ptr<data::BatchSource> open_source(const train::DataSettings& data, const std::vector<std::string>& read,
                                               const std::vector<std::string>& labels);

struct EvaluateRequest {
  std::filesystem::path model;  // a model's or tokenizer's folder, or a run's
  std::vector<std::filesystem::path> datasets;
  std::vector<std::filesystem::path> learn_from;  // heads and baselines learn from these instead, but for objects that
                                                  // are judged; empty: the training side
  train::MockSettings mock;               // instead of datasets: objects of the mock sky, where mock.objects > 0
  std::map<std::string, double> require;  // only objects whose scalars have these values: {"redshift_ok", 1}
  int64_t batch_size = 256;
  std::string device = "auto";         // where the model computes: nn::choose_device
  std::string precision = "fp32";      // or "bf16", "int8", "auto": nn::choose_precision
  std::filesystem::path out;           // folder: answers.json and report.html
  bool replace = false;                // an evaluation that is at `out`
  std::string modality;                // for a tokenizer: what it reads; empty: as it was trained
  std::vector<std::string> questions;  // empty: all that apply
  std::vector<std::string> told = {};  // options that were given, "--draws": those that nothing uses are refused
  CollectOptions collect;
  AskOptions ask;
};

// UserError: no such model, dataset or question, `out` exists. Both files appear together.
std::vector<Answer> evaluate(const EvaluateRequest& request);

}  // namespace asterism::eval
