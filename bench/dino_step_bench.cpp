// A step of DINO (two global and eight local crops, hidden patches, KoLeo, clipping, AdamW, the teacher's average) of
// DINOv2's ViT-S at 96 pixels, patches of 8, on a CPU; crops are drawn in it. Counter: images/s. The same in PyTorch,
// its crops ready in memory: bench/peers/dino_step.py, which also runs this program. on_device.h explains --precision.
//
//   OMP_NUM_THREADS=2 build/bin/bench_dino_step_bench        # ASTERISM_TRACE_dino=FILE: one step as the profiler sees
//   it
#include <benchmark/benchmark.h>

#include "base/keep_memory.h"
#include "base/random.h"
#include "modalities/image.h"
#include "models/dino.h"
#include "nn/optim.h"
#include "on_device.h"

namespace {

using namespace asterism;

models::DinoSettings small() {
  models::DinoSettings s;
  s.encoder.input = "picture";
  s.encoder.size = 96;
  s.encoder.width = 384;
  s.encoder.layers = 12;
  s.encoder.drop_path = 0.1;
  s.local_size = 48;
  s.prototypes = 16384;
  s.head_hidden = 1024;
  s.bottleneck = 256;
  s.augment.field = 128;
  return s;
}

// Pictures of noise, red, green and blue.
modalities::Batch pictures(int64_t n, int64_t side) {
  base::Random random(1, 0, 0, "bench");
  modalities::Batch batch;
  auto image = modalities::make_images(n, {{"blue", 4800, 1500}, {"green", 6400, 1500}, {"red", 9200, 1500}}, side,
                                       side, "display", 0.262, true);
  for (int64_t i = 0; i < n; ++i) batch.objects.push_back({"bench", std::to_string(i), false, 0, 0});
  for (auto& flux : image.flux) flux = float(random.uniform());
  image.present.assign(size_t(n), 1);
  image.ivar.assign(image.ivar.size(), 100);
  image.mask.assign(image.mask.size(), 0);
  image.psf_fwhm_arcsec.assign(image.psf_fwhm_arcsec.size(), 1.2F);
  batch.blocks["image_legacy"] = std::move(image);
  return batch;
}

bench::Where where;

void dino_step(benchmark::State& state) {
  base::keep_freed_memory();
  const int64_t images = state.range(0);
  models::Dino model(small());
  const auto batch = pictures(images, 160);
  nn::AdamW optimiser(model.parameters(), {});
  int64_t epoch = 0;
  const auto step = [&] {
    model.parameters().zero_grad();
    const auto loss = [&] {
      const nn::Autocast autocast(where.precision, at::kCPU);
      return model.loss(batch, {1, epoch++, true}, 0.5).loss;
    };
    loss().backward();
    nn::clip_gradients(model.parameters().trainable(), 3);
    optimiser.step(1e-5);
    model.after_update(0.5);
  };
  for (int i = 0; i < 3; ++i) step();  // memory is the process's from then on
  bench::trace("dino", at::kCPU, step);
  for (auto _ : state) step();
  state.counters["images/s"] =
      benchmark::Counter(double(images * int64_t(state.iterations())), benchmark::Counter::kIsRate);
}
BENCHMARK(dino_step)->Arg(8)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

int main(int argc, char** argv) {
  where = bench::where_of(argc, argv, nn::Work::training);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
