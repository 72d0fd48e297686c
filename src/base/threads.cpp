#include "base/threads.h"

#include <sched.h>

#include <atomic>
#include <charconv>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "base/error.h"

namespace asterism::base {
namespace {

constexpr int kMaxThreads = 4096;

// Set on pool threads always, and on a caller while its own chunks run.
thread_local bool inside_parallel_for = false;

struct Job {
  std::size_t n, grain, chunks;
  detail::ChunkFunction function;
  void* context;
  std::atomic<std::size_t> next{0};
  std::mutex error_mutex{};
  std::size_t error_chunk = std::numeric_limits<std::size_t>::max();
  std::exception_ptr error{};

  // Chunks are handed out in order, so every chunk below one that failed has been started and is finished too: the
  // lowest failure found is the lowest there is.
  void work() {
    for (std::size_t chunk; (chunk = next.fetch_add(1)) < chunks;) {
      const std::size_t begin = chunk * grain;
      try {
        function(context, begin, n - begin > grain ? begin + grain : n);
      } catch (...) {
        next = chunks;
        const std::lock_guard lock(error_mutex);
        if (chunk < error_chunk) error_chunk = chunk, error = std::current_exception();
      }
    }
  }
};

class Pool {
 public:
  explicit Pool(int workers) {
    for (int i = 0; i < workers; ++i) threads_.emplace_back([this] { serve(); });
  }
  ~Pool() {
    {
      const std::lock_guard lock(mutex_);
      leaving_ = true;
    }
    wake_.notify_all();
    for (auto& thread : threads_) thread.join();
  }
  int workers() const { return int(threads_.size()); }

  void run(Job& job) {
    {
      const std::lock_guard lock(mutex_);
      job_ = &job;
      ++job_number_;
    }
    wake_.notify_all();
    job.work();
    std::unique_lock lock(mutex_);
    job_ = nullptr;  // a worker that wakes late finds nothing and never touches the job
    idle_.wait(lock, [this] { return busy_ == 0; });
  }

 private:
  void serve() {
    inside_parallel_for = true;
    uint64_t seen = 0;
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [&] { return leaving_ || (job_ != nullptr && job_number_ != seen); });
      if (leaving_) return;
      seen = job_number_;
      Job& job = *job_;
      ++busy_;
      lock.unlock();
      job.work();
      lock.lock();
      if (--busy_ == 0) idle_.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_, idle_;
  Job* job_ = nullptr;
  uint64_t job_number_ = 0;
  int busy_ = 0;
  bool leaving_ = false;
  std::vector<std::thread> threads_;
};

int default_threads() {
  const char* text = std::getenv("ASTERISM_THREADS");
  if (text == nullptr || *text == '\0') return hardware_threads();
  int n = 0;
  const char* end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, n);
  if (error != std::errc{} || stop != end || n < 1 || n > kMaxThreads)
    user_error("ASTERISM_THREADS is '{}'; it must be a number from 1 to {}", text, kMaxThreads);
  return n;
}

std::atomic<int> chosen_threads{0};
std::mutex pool_mutex;  // held by the one parallel_for that uses the pool
std::unique_ptr<Pool>& pool() {
  // Never destroyed: joining threads while the process exits can hang when one of them is inside exit() itself.
  static auto* kept = new std::unique_ptr<Pool>;
  return *kept;
}

}  // namespace

int hardware_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1, int(std::thread::hardware_concurrency()));  // more than 1,024 processors
}

int threads() {
  const int chosen = chosen_threads;
  if (chosen > 0) return chosen;
  static const int by_default = default_threads();
  return by_default;
}

void set_threads(int n) {
  ASTERISM_CHECK(n >= 0 && n <= kMaxThreads, "n = {}", n);
  chosen_threads = n;
}

void detail::run_chunks(std::size_t n, std::size_t grain, ChunkFunction function, void* context) {
  ASTERISM_CHECK(grain >= 1);
  if (n == 0) return;
  const std::size_t chunks = (n - 1) / grain + 1;
  const int wanted = inside_parallel_for || chunks == 1 ? 1 : threads();
  std::unique_lock lock(pool_mutex, std::defer_lock);
  if (wanted == 1 || !lock.try_lock()) {
    for (std::size_t begin = 0; begin < n; begin += grain) {
      function(context, begin, n - begin > grain ? begin + grain : n);
      if (n - begin <= grain) break;  // begin + grain may not fit
    }
    return;
  }
  if (pool() == nullptr || pool()->workers() != wanted - 1) pool() = std::make_unique<Pool>(wanted - 1);
  Job job{n, grain, chunks, function, context};
  inside_parallel_for = true;
  pool()->run(job);
  inside_parallel_for = false;
  if (job.error) std::rethrow_exception(job.error);
}

}  // namespace asterism::base
