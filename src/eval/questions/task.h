#pragma once
// What the questions share: the rows of a label that can be learned from and judged, and the scores of a prediction of
// them.

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "eval/question.h"

namespace asterism::eval {

inline constexpr int64_t kFewest = 10;  // objects on a side, below which nothing is said

// One label on the rows where it and every `needed` flag is present.
struct Task {
  std::string name;  // of the label
  bool is_class = false, is_redshift = false;
  std::vector<int64_t> train, test;  // rows
  std::vector<double> y_train, y_test;
  std::vector<int64_t> class_train, class_test;
  std::vector<uint64_t> train_hashes;  // of the objects: folds of cross-validation
  bool enough() const { return int64_t(train.size()) >= kFewest && int64_t(test.size()) >= kFewest; }
  bool nobody() const { return train.empty() && test.empty(); }  // it is not asked of these data at all
  std::string too_few() const;                                   // a note, where there is somebody
};
Task make_task(const std::string& name, const Label& label, const Subject& subject, const Split& split,
               const std::vector<const std::vector<uint8_t>*>& needed);

// Tasks of one label for several sets of inputs ("image_legacy", "all"), in groups that are judged on the same objects,
// so that a baseline can be judged on those too. Where there are several groups the name of each says which.
struct JudgedGroup {
  std::vector<std::pair<size_t, Task>> tasks;  // which set, and its task; never empty
  const Task& judged() const { return tasks.front().second; }
};
struct InputSet {
  std::string given;
  const std::vector<uint8_t>* present;
};
std::vector<InputSet> input_sets(const std::map<std::string, Vectors>& vectors);
std::vector<InputSet> input_sets(const std::vector<Posteriors>& posteriors);
// Sets with too few objects to judge (or, `learns`, to learn from) are left out with a note; those of which no object
// has anything without.
std::vector<JudgedGroup> group_by_objects(const std::string& name, const Label& label, const Subject& subject,
                                          const Split& split, const std::vector<InputSet>& sets, bool learns,
                                          Answer& answer);
// The objects of `judged`, learning from those of `all` (a task of the same label) that have the features.
Task baseline_task(const Task& judged, const Task& all, const std::vector<uint8_t>* present = nullptr);

// Of the objects that are judged: the mean over the k nearest that can be learned from, by inverse distance of scaled
// features.
std::vector<double> neighbour_prediction(const at::Tensor& x_NF, const Task& task, int64_t k);

// "redshift", "z", "zspec": scored by |dz| / (1 + z) too. What only begins so ("redshift_confidence") is no redshift.
bool is_redshift(const std::string& label);

// What a table of numbers is put to: judge(answer, task, name of the method, is a baseline, the table).
using Judge = std::function<void(Answer&, const Task&, const std::string&, bool, const at::Tensor& x_ND)>;
// Every label from every kind of vectors and, as baselines, from plain features and from nothing. `how` ("linear") ends
// the names of the methods.
void ask_of_labels(Answer& answer, const Subject& subject, const Labels& labels, const Split& split,
                   const std::string& how, const Judge& judge, const BootstrapOptions& options);

at::Tensor take_rows(const at::Tensor& x_ND, const std::vector<int64_t>& rows);

// Regression: R2, MAE and, of redshifts, sigma_NMAD, outliers, bias. Classes: accuracy and balanced accuracy. Each with
// its interval.
void add_scores(Answer& answer, const Task& task, const std::string& method, bool baseline,
                const std::vector<double>& predicted, const BootstrapOptions& options);
void add_class_scores(Answer& answer, const Task& task, const std::string& method, bool baseline,
                      const std::vector<int64_t>& predicted, const BootstrapOptions& options);

// The mean of the training values, or the most frequent class: what knows nothing of the object.
void add_trivial_scores(Answer& answer, const Task& task, const BootstrapOptions& options);

// A score that is an average, or the median, of one number an object.
Score mean_score(const std::string& subject, const std::string& method, const std::string& measure,
                 const std::vector<double>& of_object, bool baseline, bool lower_is_better,
                 const BootstrapOptions& options);
Score median_score(const std::string& subject, const std::string& method, const std::string& measure,
                   const std::vector<double>& of_object, bool baseline, bool lower_is_better,
                   const BootstrapOptions& options);

// 1.4826 x median |x - median x| of them.
Score scatter_score(const std::string& subject, const std::string& method, const std::string& measure,
                    const std::vector<double>& of_object, bool baseline, const BootstrapOptions& options);

// How evenly the code book is used by the tokens of these rows of a reconstruction: "codes used" (share of the code
// book) and "perplexity" (exp of the entropy of use), without intervals. Nothing where the tokens were not kept.
void add_code_use(Answer& answer, const std::string& subject, const std::string& method, const Reconstruction& made,
                  const std::vector<int64_t>& rows);

}  // namespace asterism::eval
