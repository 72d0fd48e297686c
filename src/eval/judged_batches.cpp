#include "eval/judged_batches.h"

#include <algorithm>
#include <numeric>
#include <unordered_set>

#include "base/error.h"
#include "base/progress.h"
#include "base/signals.h"
#include "data/split.h"

namespace asterism::eval {
namespace {

using modalities::Batch;
using Rows = std::vector<int64_t>;

// Which rows of a batch are used, and which of those (numbers into `rows`) are judged.
struct Chosen {
  Rows rows, test;
};

// Objects of either side of the split.
class Sides {
 public:
  explicit Sides(const CollectOptions& options)
      : train_(options.train), test_(options.test), most_(options.test_limit > 0 ? options.test_limit : INT64_MAX) {}

  // `learns`: objects of the training side are wanted too.
  Chosen choose(const Batch& batch, bool learns) {
    Chosen out;
    const auto numbers = data::split_numbers(batch);
    for (int64_t i = 0; i < batch.size(); ++i) {
      const bool is_test = test_.contains(numbers[size_t(i)]);
      if (is_test ? tested_ == most_ : !learns || !train_.contains(numbers[size_t(i)])) continue;
      if (is_test) out.test.push_back(int64_t(out.rows.size()));
      tested_ += is_test;
      out.rows.push_back(i);
    }
    return out;
  }

 private:
  data::Split train_, test_;
  int64_t most_, tested_ = 0;
};

Rows first_rows(int64_t n) {
  Rows rows(static_cast<size_t>(n));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  return rows;
}

// f(objects that are used, rows of the test side), in the order of the source; choose(batch) says which those are.
template <class Choose, class F>
void for_each_batch(data::BatchSource& source, int64_t limit, Choose&& choose, F&& f) {
  at::NoGradGuard no_grad;
  source.seek({0, 0});
  const int64_t total = limit > 0 ? std::min(limit, source.num_objects()) : source.num_objects();
  base::Progress progress("evaluating", uint64_t(total));
  int64_t done = 0;
  for (int64_t b = 0; b < source.batches_per_epoch() && done < total; ++b) {
    base::stop_if_requested("stopped by a signal; nothing was written");
    auto batch = source.next();
    if (!batch) break;
    if (batch->size() == 0) continue;
    if (done + batch->size() > total) batch = modalities::select(*batch, first_rows(total - done));
    const Chosen chosen = choose(*batch);
    const bool whole = int64_t(chosen.rows.size()) == batch->size();
    if (!chosen.rows.empty()) f(whole ? *batch : modalities::select(*batch, chosen.rows), chosen.test);
    done += batch->size();
    progress.add(uint64_t(batch->size()));
  }
  if (done == 0) base::user_error("there are no objects to evaluate on");
}

}  // namespace

int64_t for_each_judged_batch(data::BatchSource* learn, data::BatchSource& source, const CollectOptions& options,
                              const EachBatch& f, const std::function<void()>& between) {
  Sides sides(options);
  std::unordered_set<uint64_t> judged;
  const auto wanted = [&](const Batch& batch) { return sides.choose(batch, learn == nullptr); };
  const auto judge = [&](const Batch& batch, const Rows& test) {
    for (const int64_t row : test) judged.insert(batch.objects[size_t(row)].hash());
    f(batch, test);
  };
  for_each_batch(source, options.limit, wanted, judge);
  if (learn == nullptr) return 0;
  between();
  int64_t left_out = 0, learned = 0;
  const auto others = [&](const Batch& batch) {
    Chosen out;
    for (int64_t i = 0; i < batch.size(); ++i)
      if (!judged.contains(batch.objects[size_t(i)].hash())) out.rows.push_back(i);
    learned += int64_t(out.rows.size());
    left_out += batch.size() - int64_t(out.rows.size());
    return out;
  };
  for_each_batch(*learn, options.limit, others, f);
  if (learned == 0)
    base::user_error(
        "all {} objects to learn from are judged too: give others (--learn-from), or none, to learn from the other "
        "side of the split",
        left_out);
  return left_out;
}

}  // namespace asterism::eval
