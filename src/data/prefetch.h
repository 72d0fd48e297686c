#pragma once
// Makes the next batch on a thread of its own while the caller works on the last one. At most one batch waits.

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "data/batch_source.h"
#include "modalities/block.h"

namespace asterism::data {

class Prefetcher {
 public:
  // `make` is called on the thread, never twice at once.
  using Make = std::function<modalities::Batch(BatchSource::Position)>;
  explicit Prefetcher(Make make);
  ~Prefetcher();  // waits for the batch that is being made
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  // The batch of `wanted`; then the thread goes on to `after` if there is one. What make() throws is thrown here.
  modalities::Batch take(BatchSource::Position wanted, std::optional<BatchSource::Position> after);

 private:
  void run();
  void request(BatchSource::Position position, std::unique_lock<std::mutex>& lock);

  Make make_;
  std::mutex mutex_;
  std::condition_variable changed_;
  enum class Stage { kIdle, kAsked, kMaking, kReady } stage_ = Stage::kIdle;
  bool stop_ = false;
  BatchSource::Position position_;
  std::optional<modalities::Batch> batch_;
  std::exception_ptr failure_;
  std::thread thread_;
};

// How a source goes on: the position after this one, nothing when a source that does not go on has ended.
std::optional<BatchSource::Position> position_after(BatchSource::Position position, int64_t batches_per_epoch,
                                                    bool endless);

// Number of batches of an epoch; UserError naming both numbers when there would be none.
int64_t batches_of(int64_t objects, int64_t batch_size, bool drop_last);

// A seek's target, with a batch at the end of an epoch taken as the first of the next when the source is endless.
// UserError when it lies outside the epoch.
BatchSource::Position checked_position(BatchSource::Position position, int64_t batches_per_epoch, bool endless);

}  // namespace asterism::data
