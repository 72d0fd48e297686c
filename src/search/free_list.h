#pragma once
// Work memory that threads take, use and give back, so that there are never more of it than threads at work.

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace asterism::search {

template <class T>
class FreeList {
 public:
  // One that is free, or make() where there is none.
  template <class Make>
  std::unique_ptr<T> take(Make&& make) {
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        auto one = std::move(free_.back());
        free_.pop_back();
        return one;
      }
    }
    return std::forward<Make>(make)();
  }
  void give_back(std::unique_ptr<T> one) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(one));
  }
  // All, once every one has been given back.
  std::vector<std::unique_ptr<T>>& all() { return free_; }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<T>> free_;
};

}  // namespace asterism::search
