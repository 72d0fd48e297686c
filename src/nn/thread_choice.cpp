#include "nn/thread_choice.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "base/log.h"

namespace asterism::nn {
namespace {

constexpr size_t kWarm = 1, kTimed = 2;  // steps; timed ones with all threads first, then with one

}  // namespace

ThreadChoice::ThreadChoice(int64_t most, int64_t wanted)
    : most_(std::max<int64_t>(1, most)), before_(at::get_num_threads()) {
  if (wanted > 0) settled_ = std::min(wanted, most_);
  if (most_ == 1) settled_ = 1;
}

ThreadChoice::~ThreadChoice() { at::set_num_threads(int(before_)); }

void ThreadChoice::begin() {
  const bool alone = seconds_.size() >= kWarm + kTimed;
  const int64_t now = settled_ > 0 ? settled_ : alone ? 1 : most_;
  if (at::get_num_threads() != now) at::set_num_threads(int(now));
}

void ThreadChoice::end(double seconds) {
  if (settled_ > 0) return;
  seconds_.push_back(seconds);
  if (seconds_.size() < kWarm + 2 * kTimed) return;
  const auto all = seconds_.begin() + kWarm, one = all + kTimed;
  const double with_all = *std::min_element(all, one), with_one = *std::min_element(one, seconds_.end());
  settled_ = with_one < with_all ? 1 : most_;
  base::log_info("{:.3g} s with {} threads and {:.3g} s with one: {}", with_all, most_, with_one,
                 settled_ == 1 ? "one is used" : "all are used");
}

}  // namespace asterism::nn
