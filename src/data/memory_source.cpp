#include "data/memory_source.h"

#include "base/error.h"
#include "data/epoch_order.h"
#include "data/prefetch.h"
#include "data/split.h"

namespace asterism::data {

MemorySource::MemorySource(modalities::Batch objects, MemoryOptions options)
    : objects_(std::move(objects)), options_(std::move(options)) {
  const Split split(options_.split);
  const auto numbers = split.all() ? std::vector<uint8_t>(objects_.objects.size(), 0) : split_numbers(objects_);
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (split.contains(numbers[i])) rows_.push_back(int64_t(i));
  }
  batches_of(num_objects(), options_.batch_size, options_.drop_last);
}

int64_t MemorySource::num_objects() const { return int64_t(rows_.size()); }

int64_t MemorySource::batches_per_epoch() const {
  return batches_of(num_objects(), options_.batch_size, options_.drop_last);
}

std::optional<modalities::Batch> MemorySource::next() {
  if (position_.batch >= batches_per_epoch()) return std::nullopt;
  if (order_epoch_ != position_.epoch) {
    const EpochOrder order(num_objects(), options_.seed, position_.epoch, options_.shuffle);
    order_.resize(rows_.size());
    for (int64_t i = 0; i < num_objects(); ++i) order_[size_t(i)] = rows_[size_t(order[i])];
    order_epoch_ = position_.epoch;
  }
  const int64_t first = position_.batch * options_.batch_size,
                last = std::min(first + options_.batch_size, num_objects());
  modalities::Batch batch = modalities::select(objects_, {order_.begin() + first, order_.begin() + last});
  position_ = position_after(position_, batches_per_epoch(), options_.shuffle)
                  .value_or(Position{position_.epoch, position_.batch + 1});
  return batch;
}

void MemorySource::seek(Position position) {
  position_ = checked_position(position, batches_per_epoch(), options_.shuffle);
}

struct GeneratedSource::State {
  Generator generator;
  GeneratedOptions options;
  int64_t batches = 0;
  BatchSource::Position position;
  std::unique_ptr<Prefetcher> prefetcher;

  modalities::Batch make(BatchSource::Position p) const {
    int64_t first = options.first;
    if (options.fresh) {
      first += p.epoch * options.num_objects + p.batch * options.batch_size;
    } else {
      first += EpochOrder(batches, options.seed, p.epoch, true)[p.batch] * options.batch_size;
    }
    modalities::Batch batch = generator(first, options.batch_size);
    ASTERISM_CHECK(batch.size() <= options.batch_size, "the generator made {} objects, not {}", batch.size(),
                   options.batch_size);
    return batch;
  }
};

GeneratedSource::GeneratedSource(Generator generator, GeneratedOptions options) : state_(std::make_unique<State>()) {
  state_->generator = std::move(generator);
  state_->options = options;
  state_->batches = batches_of(options.num_objects, options.batch_size, true);
  const State* state = state_.get();
  state_->prefetcher = std::make_unique<Prefetcher>([state](Position p) { return state->make(p); });
}

GeneratedSource::~GeneratedSource() {
  if (state_) state_->prefetcher.reset();
}

int64_t GeneratedSource::num_objects() const { return state_->options.num_objects; }
int64_t GeneratedSource::batches_per_epoch() const { return state_->batches; }

std::optional<modalities::Batch> GeneratedSource::next() {
  State& s = *state_;
  if (s.position.batch >= s.batches) return std::nullopt;
  const auto after = position_after(s.position, s.batches, s.options.endless);
  modalities::Batch batch = s.prefetcher->take(s.position, after);
  s.position = after.value_or(Position{s.position.epoch, s.position.batch + 1});
  return batch;
}

BatchSource::Position GeneratedSource::position() const { return state_->position; }
void GeneratedSource::seek(Position position) {
  state_->position = checked_position(position, state_->batches, state_->options.endless);
}

}  // namespace asterism::data
