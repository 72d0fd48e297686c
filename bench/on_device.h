#pragma once
// Where a benchmark computes, and in which numbers: the words that the programs of networks take besides those of
// Google Benchmark.
//
//   --device cpu|cuda|cuda:1   --precision fp32|tf32|bf16|int8|auto   --batch N   --autotune yes|no
//
// autotune: cuDNN tries its convolutions on the first of each shape, and keeps the fastest.
// tf32: fp32 whose products and convolutions on a GPU keep ten bits, as PyTorch has convolutions unless told otherwise.

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <benchmark/benchmark.h>
#include <torch/csrc/autograd/profiler_kineto.h>

#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

#include "nn/autocast.h"
#include "nn/device.h"

namespace asterism::bench {

struct Where {
  at::Device device = at::kCPU;
  nn::Precision precision = nn::Precision::fp32;
  int64_t batch = 0;  // 0: each benchmark's own
};

// Takes its words out of the command line; those it does not know stay.
inline Where where_of(int& argc, char** argv, nn::Work work, const std::string& precision_unless_told = "fp32") {
  Where out;
  std::string device = "cpu", precision = precision_unless_told;
  int kept = 1;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (i + 1 < argc && word == "--device")
      device = argv[++i];
    else if (i + 1 < argc && word == "--precision")
      precision = argv[++i];
    else if (i + 1 < argc && word == "--autotune")
      at::globalContext().setBenchmarkCuDNN(std::string(argv[++i]) == "yes");
    else if (i + 1 < argc && word == "--batch")
      out.batch = std::strtoll(argv[++i], nullptr, 10);
    else
      argv[kept++] = argv[i];
  }
  argc = kept;
  out.device = nn::choose_device(device);
  nn::set_tf32(precision == "tf32");
  out.precision = precision == "tf32" ? nn::Precision::fp32 : nn::choose_precision(precision, out.device, work);
  std::fprintf(stderr, "%s, %s\n", nn::describe(out.device).c_str(), precision.c_str());
  return out;
}

// One run of `work` as PyTorch's profiler sees it, for chrome://tracing or bench/read_trace.py: ASTERISM_TRACE_<name>
// names the file.
template <class Work>
void trace(const std::string& name, const at::Device& device, const Work& work) {
  const char* file = std::getenv(("ASTERISM_TRACE_" + name).c_str());
  if (file == nullptr) return;
  namespace profiler = torch::profiler::impl;
  const std::set<profiler::ActivityType> seen = {profiler::ActivityType::CPU, profiler::ActivityType::CUDA};
  const profiler::ProfilerConfig config(profiler::ProfilerState::KINETO);
  torch::autograd::profiler::prepareProfiler(config, seen);
  torch::autograd::profiler::enableProfiler(config, seen);
  work();
  nn::synchronise(device);
  torch::autograd::profiler::disableProfiler()->save(file);
}

// What one product of matrices reaches: the roof of a network's rate. FLOP count both multiplications and additions.
inline void product(benchmark::State& state, const Where& where) {
  at::NoGradGuard no_grad;
  const int64_t rows = state.range(0), in = state.range(1), out = state.range(2);
  const auto type = where.precision == nn::Precision::bf16 ? at::kBFloat16 : at::kFloat;
  const auto options = at::TensorOptions(where.device).dtype(type);
  const auto x = at::randn({rows, in}, options), weight = at::randn({out, in}, options);
  for (int i = 0; i < 3; ++i) at::linear(x, weight);
  nn::synchronise(where.device);
  for (auto _ : state) {
    benchmark::DoNotOptimize(at::linear(x, weight));
    nn::synchronise(where.device);
  }
  state.counters["GFLOP/s"] =
      benchmark::Counter(2e-9 * double(rows * in * out) * double(state.iterations()), benchmark::Counter::kIsRate);
}

// What the memory reaches on a copy: the other roof. Bytes read and written.
inline void memory(benchmark::State& state, const Where& where) {
  const auto from = at::ones({state.range(0)}, at::TensorOptions(where.device).dtype(at::kFloat));
  auto to = at::empty_like(from);
  for (int i = 0; i < 3; ++i) to.copy_(from);
  nn::synchronise(where.device);
  for (auto _ : state) {
    to.copy_(from);
    nn::synchronise(where.device);
  }
  state.counters["GB/s"] =
      benchmark::Counter(8e-9 * double(state.range(0)) * double(state.iterations()), benchmark::Counter::kIsRate);
}

}  // namespace asterism::bench
