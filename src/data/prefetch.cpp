#include "data/prefetch.h"

#include "base/error.h"

namespace asterism::data {

Prefetcher::Prefetcher(Make make) : make_(std::move(make)), thread_([this] { run(); }) {}

Prefetcher::~Prefetcher() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Prefetcher::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || stage_ == Stage::kAsked; });
    if (stop_) return;
    stage_ = Stage::kMaking;
    const BatchSource::Position position = position_;
    lock.unlock();
    std::optional<modalities::Batch> batch;
    std::exception_ptr failure;
    try {
      batch = make_(position);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    batch_ = std::move(batch);
    failure_ = failure;
    stage_ = Stage::kReady;
    changed_.notify_all();
  }
}

void Prefetcher::request(BatchSource::Position position, std::unique_lock<std::mutex>& lock) {
  changed_.wait(lock, [this] { return stage_ != Stage::kMaking; });
  batch_.reset();
  failure_ = nullptr;
  position_ = position;
  stage_ = Stage::kAsked;
  changed_.notify_all();
}

modalities::Batch Prefetcher::take(BatchSource::Position wanted, std::optional<BatchSource::Position> after) {
  std::unique_lock lock(mutex_);
  if (stage_ == Stage::kIdle || position_ != wanted) request(wanted, lock);
  changed_.wait(lock, [this] { return stage_ == Stage::kReady; });
  const std::exception_ptr failure = failure_;
  std::optional<modalities::Batch> batch = std::move(batch_);
  stage_ = Stage::kIdle;
  batch_.reset();
  failure_ = nullptr;
  if (failure) std::rethrow_exception(failure);
  if (after) request(*after, lock);
  return std::move(*batch);
}

std::optional<BatchSource::Position> position_after(BatchSource::Position position, int64_t batches_per_epoch,
                                                    bool endless) {
  if (position.batch + 1 < batches_per_epoch) return BatchSource::Position{position.epoch, position.batch + 1};
  if (!endless) return std::nullopt;
  return BatchSource::Position{position.epoch + 1, 0};
}

int64_t batches_of(int64_t objects, int64_t batch_size, bool drop_last) {
  if (batch_size < 1) base::user_error("a batch of {} objects; at least 1 is needed", batch_size);
  const int64_t batches = drop_last ? objects / batch_size : (objects + batch_size - 1) / batch_size;
  if (batches == 0)
    base::user_error("{} objects make no batch of {}: set data.batch_size lower, or give more objects", objects,
                     batch_size);
  return batches;
}

BatchSource::Position checked_position(BatchSource::Position position, int64_t batches_per_epoch, bool endless) {
  const bool outside = position.epoch < 0 || position.batch < 0 || position.batch > batches_per_epoch ||
                       (!endless && position.epoch > 0);
  if (outside)
    base::user_error("there is no batch {} in epoch {}: an epoch has {}", position.batch, position.epoch,
                     batches_per_epoch);
  if (endless && position.batch == batches_per_epoch) return {position.epoch + 1, 0};
  return position;
}

}  // namespace asterism::data
