#include "data/loader.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "data/epoch_order.h"
#include "data/prefetch.h"
#include "data/row_store.h"
#include "data/split.h"
#include "io/place.h"

namespace asterism::data {
namespace {

using modalities::Batch;

bool has_pixels(const Batch& batch) {
  return std::any_of(batch.blocks.begin(), batch.blocks.end(),
                     [](const auto& entry) { return modalities::kind(entry.second) != "scalar"; });
}

// A dataset named twice would count every object twice, as several that agree. UserError naming what weighs a dataset.
void check_distinct(const std::vector<std::filesystem::path>& datasets) {
  std::set<std::filesystem::path> seen;
  for (const auto& path : datasets) {
    auto place = io::is_remote(path) ? path : std::filesystem::weakly_canonical(path / "");
    if (!seen.insert(std::move(place)).second)
      base::user_error(
          "{} is named twice, and each of its objects would count twice: name it once (in training, data.repeats makes "
          "a dataset weigh more)",
          path.string());
  }
}

// The modalities of those asked for that each dataset has; {} asks for all. UserError when none has one.
std::vector<std::vector<std::string>> share_out(const LoaderOptions& options) {
  std::vector<std::vector<std::string>> out;
  std::set<std::string> known;
  for (const auto& path : options.datasets) {
    auto names = HatsReader::open(path).layout().names();
    known.insert(names.begin(), names.end());
    if (options.modalities.empty()) names.erase(std::remove(names.begin(), names.end(), kSplitColumn), names.end());
    std::vector<std::string> mine;
    for (const auto& name : names) {
      const auto& asked = options.modalities;
      if (asked.empty() || std::find(asked.begin(), asked.end(), name) != asked.end()) mine.push_back(name);
    }
    out.push_back(mine);
  }
  for (const auto& name : options.modalities) {
    if (known.count(name) == 0)
      base::user_error("no dataset has a modality '{}'; the nearest is '{}'", name,
                       base::nearest(name, {known.begin(), known.end()}));
  }
  return out;
}

}  // namespace

struct Loader::State {
  explicit State(LoaderOptions given) : options(std::move(given)) {
    if (options.datasets.empty()) base::user_error("no dataset was named");
    check_distinct(options.datasets);
    check_repeats();
    const auto shares = share_out(options);
    for (size_t i = 0; i < options.datasets.size(); ++i) {
      // A dataset with none of the modalities still counts: its objects come with everything absent.
      stores.push_back(open_store(
          options.datasets[i], shares[i].empty() ? HatsReader::open(options.datasets[i]).layout().names() : shares[i],
          {.memory_bytes = options.memory_bytes, .cache = options.cache}));
      Batch prototype = stores.back()->gather({});
      if (shares[i].empty()) prototype.blocks.clear();
      prototypes.push_back(std::move(prototype));
      first_row.push_back(first_row.back() + stores.back()->num_rows());
    }
    modalities::concatenate(prototypes);  // datasets that cannot be joined are refused now
    choose_rows();
    if (rows.empty() && options.allow_empty) return;  // next() gives nothing
    batches = batches_of(int64_t(rows.size()), options.batch_size, options.drop_last);
    if (std::any_of(prototypes.begin(), prototypes.end(), has_pixels))
      prefetcher = std::make_unique<Prefetcher>([this](BatchSource::Position p) { return make(p); });
  }

  void check_repeats() const {
    if (options.repeats.empty()) return;
    if (options.repeats.size() != options.datasets.size())
      base::user_error("{} repeats for {} datasets: give one number a dataset, or none", options.repeats.size(),
                       options.datasets.size());
    for (int64_t repeat : options.repeats)
      if (repeat < 1) base::user_error("a dataset cannot be repeated {} times: give 1 or more", repeat);
  }

  void choose_rows() {
    const Split split(options.split);
    for (size_t s = 0; s < stores.size(); ++s) {
      const auto& numbers = stores[s]->splits();
      const auto repeat = size_t(options.repeats.empty() ? 1 : options.repeats[s]);
      for (size_t i = 0; i < numbers.size(); ++i) {
        if (split.contains(numbers[i])) rows.insert(rows.end(), repeat, first_row[s] + int64_t(i));
      }
    }
    if (options.limit <= 0 || options.limit >= int64_t(rows.size())) return;
    const EpochOrder chosen(int64_t(rows.size()), options.limit_seed, 0, true);
    std::vector<int64_t> some;
    for (int64_t i = 0; i < options.limit; ++i) some.push_back(rows[size_t(chosen[i])]);
    std::sort(some.begin(), some.end());
    rows = std::move(some);
  }

  Batch make(BatchSource::Position p) {
    if (!order || order_epoch != p.epoch) {
      order = std::make_unique<EpochOrder>(int64_t(rows.size()), options.seed, p.epoch, options.shuffle);
      order_epoch = p.epoch;
    }
    std::vector<std::vector<int64_t>> wanted(stores.size());
    const int64_t first = p.batch * options.batch_size,
                  last = std::min(first + options.batch_size, int64_t(rows.size()));
    for (int64_t i = first; i < last; ++i) {
      const int64_t row = rows[size_t((*order)[i])];
      const size_t s = size_t(std::upper_bound(first_row.begin(), first_row.end(), row) - first_row.begin()) - 1;
      wanted[s].push_back(row - first_row[s]);
    }
    if (stores.size() == 1) return gather(0, wanted[0]);
    std::vector<Batch> parts;
    for (size_t s = 0; s < stores.size(); ++s) parts.push_back(gather(s, wanted[s]));
    return modalities::concatenate(parts);
  }

  Batch gather(size_t s, const std::vector<int64_t>& wanted) const {
    Batch batch = stores[s]->gather(wanted);
    if (prototypes[s].blocks.empty()) batch.blocks.clear();
    return batch;
  }

  LoaderOptions options;
  std::vector<std::unique_ptr<RowStore>> stores;
  std::vector<Batch> prototypes;  // no rows: what each dataset brings
  std::vector<int64_t> first_row = {0};
  std::vector<int64_t> rows;  // numbered over all datasets, ascending, each as often as its dataset is repeated
  int64_t batches = 0;
  BatchSource::Position position;
  std::unique_ptr<EpochOrder> order;  // of order_epoch
  int64_t order_epoch = -1;
  std::unique_ptr<Prefetcher> prefetcher;  // last: its thread ends before the rest goes
};

Loader::Loader(LoaderOptions options) : state_(std::make_unique<State>(std::move(options))) {}
Loader::~Loader() = default;
Loader::Loader(Loader&&) noexcept = default;

int64_t Loader::num_objects() const { return int64_t(state_->rows.size()); }
int64_t Loader::batches_per_epoch() const { return state_->batches; }

std::optional<modalities::Batch> Loader::next() {
  State& s = *state_;
  if (s.position.batch >= s.batches) return std::nullopt;
  const auto after = position_after(s.position, s.batches, s.options.shuffle);
  modalities::Batch batch = s.prefetcher ? s.prefetcher->take(s.position, after) : s.make(s.position);
  s.position = after.value_or(Position{s.position.epoch, s.position.batch + 1});
  return batch;
}

BatchSource::Position Loader::position() const { return state_->position; }
void Loader::seek(Position position) {
  state_->position = checked_position(position, state_->batches, state_->options.shuffle);
}

}  // namespace asterism::data
