#pragma once
// How many threads the steps of a long piece of work use (training steps, batches of a dataset), measured on its own
// first steps. More threads make large steps faster; small ones they slow down, by a factor of ten and more where a
// processor takes long to wake up or is shared with others.

#include <cstdint>
#include <vector>

namespace asterism::nn {

// threads.begin(); ...one step...; threads.end(seconds). The first step warms up with all threads, the next two are
// timed with all, two more with one; from then on the faster of the two does all steps.
class ThreadChoice {
 public:
  // At most `most` threads are to be had; `wanted` of them: 0 measures. What is chosen is set for the calling thread
  // (at::set_num_threads) until this object goes.
  ThreadChoice(int64_t most, int64_t wanted);
  ~ThreadChoice();
  ThreadChoice(const ThreadChoice&) = delete;
  ThreadChoice& operator=(const ThreadChoice&) = delete;

  void begin();
  void end(double seconds);                     // of the step, or for one object where steps differ in size
  int64_t settled() const { return settled_; }  // the number of threads; 0 while it measures

 private:
  int64_t most_, settled_ = 0;
  int64_t before_ = 0;  // threads of the process
  std::vector<double> seconds_;
};

}  // namespace asterism::nn
