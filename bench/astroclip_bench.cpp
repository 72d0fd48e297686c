// Embedding with published architectures and random weights, fp32: DINOv2 ViT-L/14 of 224 x 224 pixel images, and
// SpecFormer (43 M) of 7,781 pixel spectra, slicing included. Counter: objects/s. The same in PyTorch:
// bench/peers/astroclip_embed.py; both in turn: bench/astroclip.py.
//
//   OMP_NUM_THREADS=2 build/bin/bench_astroclip_bench
#include <benchmark/benchmark.h>

#include "base/keep_memory.h"
#include "models/specformer.h"
#include "models/vision_transformer.h"

namespace {

using namespace asterism;

// Weights of any values will do, but zeros and denormals would not: their products are faster or slower.
void fill(nn::Parameters& parameters) {
  at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : parameters.parameters()) tensor.normal_(0, 0.02);
}

void vit_large(benchmark::State& state) {
  base::keep_freed_memory();
  at::NoGradGuard no_grad;
  models::VisionTransformerSettings s;
  s.width = 1024;
  s.depth = 24;
  s.heads = 16;
  s.hidden = 4096;
  nn::Parameters parameters;
  const models::VisionTransformer model(nn::Scope(parameters).blank(), s);
  fill(parameters);
  const auto images = at::rand({state.range(0), 3, 224, 224});
  for (auto _ : state) benchmark::DoNotOptimize(model(images).cls_BD.sum().item<float>());
  state.counters["objects/s"] =
      benchmark::Counter(double(state.iterations() * state.range(0)), benchmark::Counter::kIsRate);
}
BENCHMARK(vit_large)->Arg(1)->Arg(4)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();

void specformer(benchmark::State& state) {
  base::keep_freed_memory();
  at::NoGradGuard no_grad;
  nn::Parameters parameters;
  const models::SpecFormer model(nn::Scope(parameters).blank(), {});
  fill(parameters);
  const auto flux = at::rand({state.range(0), 7781});
  for (auto _ : state) benchmark::DoNotOptimize(model(model.tokens(flux)).mean(1).sum().item<float>());
  state.counters["objects/s"] =
      benchmark::Counter(double(state.iterations() * state.range(0)), benchmark::Counter::kIsRate);
}
BENCHMARK(specformer)->Arg(1)->Arg(4)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime()->UseRealTime();

}  // namespace
