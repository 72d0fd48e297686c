#include "train/alike_source.h"

#include <algorithm>
#include <limits>
#include <tuple>

#include "base/random.h"
#include "train/named_scalar.h"

namespace asterism::train {
namespace {

// Rows by value, those without one last; equal ones by who they are, so that nothing depends on the order before.
std::vector<int64_t> sorted_rows(const modalities::Batch& batch, const modalities::ScalarBlock& scalar) {
  struct Key {
    double value;
    uint64_t hash;
    int64_t row;
  };
  std::vector<Key> keys;
  for (int64_t i = 0; i < batch.size(); ++i) {
    const bool there = scalar.present[size_t(i)] != 0;
    keys.push_back({there ? scalar.value[size_t(i)] : std::numeric_limits<double>::infinity(),
                    batch.objects[size_t(i)].hash(), i});
  }
  std::sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) {
    return std::tie(a.value, a.hash, a.row) < std::tie(b.value, b.hash, b.row);
  });
  std::vector<int64_t> out;
  out.reserve(keys.size());
  for (const auto& key : keys) out.push_back(key.row);
  return out;
}

}  // namespace

AlikeSource::AlikeSource(std::unique_ptr<data::BatchSource> from, std::string scalar, int64_t pool, uint64_t seed,
                         std::vector<std::string> modalities)
    : WrappedSource(std::move(from)),
      scalar_(std::move(scalar)),
      pool_(pool),
      seed_(seed),
      modalities_(std::move(modalities)),
      position_(WrappedSource::position()) {}

void AlikeSource::fill(int64_t epoch, int64_t group) {
  const int64_t first = group * pool_, last = std::min(first + pool_, batches_per_epoch());
  held_.clear();
  epoch_ = epoch;
  group_ = group;
  if (from().position() != Position{epoch, first}) from().seek({epoch, first});
  std::vector<modalities::Batch> batches;
  // a source that leaves out objects may pass over whole batches: where it stands says when the group is done
  while (from().position().epoch == epoch && from().position().batch < last) {
    auto batch = from().next();
    if (!batch) break;
    const auto after = from().position();
    if ((after.epoch - epoch) * batches_per_epoch() + after.batch > last) break;  // of a later group: read again there
    batches.push_back(std::move(*batch));
  }
  const int64_t count = last - first;
  held_.resize(size_t(count));
  if (batches.empty()) return;
  auto all = modalities::concatenate(batches);
  batches.clear();
  const auto rows = sorted_rows(all, named_scalar(all, scalar_, "data.hard_negatives"));
  if (!modalities_.empty() && std::find(modalities_.begin(), modalities_.end(), scalar_) == modalities_.end())
    all.blocks.erase(scalar_);
  std::vector<int64_t> order(static_cast<size_t>(count));
  for (int64_t b = 0; b < count; ++b) order[size_t(b)] = b;
  base::Random random(seed_, uint64_t(epoch), uint64_t(group), "hard negatives");
  random.shuffle(order);
  const auto n = int64_t(rows.size());
  for (int64_t b = 0; b < count; ++b)
    held_[size_t(order[size_t(b)])] =
        modalities::select(all, {rows.begin() + n * b / count, rows.begin() + n * (b + 1) / count});
}

std::optional<modalities::Batch> AlikeSource::next() {
  if (position_.batch >= batches_per_epoch()) return std::nullopt;
  if (epoch_ != position_.epoch || group_ != position_.batch / pool_) fill(position_.epoch, position_.batch / pool_);
  auto out = held_[size_t(position_.batch - group_ * pool_)];
  if (++position_.batch == batches_per_epoch()) position_ = {position_.epoch + 1, 0};
  return out;
}

void AlikeSource::seek(Position position) {
  from().seek(position);  // refuses what is outside of the epoch
  position_ = position;
}

}  // namespace asterism::train
