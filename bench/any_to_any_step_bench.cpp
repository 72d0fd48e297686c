// One training step of the any-to-any model: loss, gradient, AdamW. Counter: tokens/s (given and asked for, padding not
// counted). Codes of images and spectra come from the cache after the first step, as in training from the second epoch
// on. The same shapes in PyTorch: bench/peers/any_to_any_step.py.
//
// on_device.h explains --device, --precision and --batch (objects at once). On a GPU, or with --batch, there are steps
// of AION-1's Base shape besides. GFLOP/s are of the blocks' products, forward and backward; the peak is that of one
// product in fp32, measured after the steps.
//
//   OMP_NUM_THREADS=2 build/bin/bench_any_to_any_step_bench
//   build/bin/bench_any_to_any_step_bench --device cuda --precision bf16 --batch 256
#include <benchmark/benchmark.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "base/keep_memory.h"
#include "base/random.h"
#include "modalities/image.h"
#include "models/any_to_any.h"
#include "nn/optim.h"
#include "on_device.h"
#include "tokenizers/image_codec.h"
#include "tokenizers/spectrum_codec.h"

namespace {

using namespace asterism;

bench::Where where;

int64_t objects_at_once() { return where.batch > 0 ? where.batch : 32; }

constexpr int64_t kSide = 64, kPixels = 2048, kScalars = 10;

modalities::SpectrumBlock spectra(base::Random& random) {
  modalities::SpectrumBlock s;
  s.n = objects_at_once();
  s.length = kPixels;
  s.unit = "1e-17 erg/s/cm^2/Angstrom";
  s.present.assign(size_t(objects_at_once()), 1);
  for (int64_t i = 0; i < objects_at_once() * kPixels; ++i) {
    s.wavelength_angstrom.push_back(float(3600 + 3 * (i % kPixels)));
    s.flux.push_back(float(3 + random.normal()));
  }
  s.ivar.assign(s.flux.size(), 1);
  s.mask.assign(s.flux.size(), 0);
  s.lsf_sigma_angstrom.assign(s.flux.size(), 0);
  return s;
}

// full: every object has everything, budgets of 128. mixed: a quarter has everything, a quarter image and scalars, half
// scalars alone; budgets uniform from 1 to 128. scalars: scalars alone.
enum class Objects { full, mixed, scalars };

modalities::Batch batch_of(int64_t scalars, Objects objects) {
  const bool grids = objects != Objects::scalars;
  base::Random random(1, 0, 0, "bench");
  modalities::Batch batch;
  for (int64_t i = 0; i < objects_at_once() * (grids ? 1 : 16); ++i)
    batch.objects.push_back({"bench", std::to_string(i), false, 0, 0});
  const auto n = batch.objects.size();
  for (int64_t k = 0; k < scalars; ++k) {
    modalities::ScalarBlock s;
    s.n = int64_t(n);
    s.has_error = true;
    s.present.assign(n, 1);
    s.error.assign(n, 0.05);
    for (size_t i = 0; i < n; ++i) s.value.push_back(random.normal());
    batch.blocks["scalar_" + std::to_string(k)] = s;
  }
  if (!grids) return batch;
  auto image = modalities::make_images(
      objects_at_once(), {{"des-g", 4800, 1500}, {"des-r", 6400, 1500}, {"des-i", 7800, 1500}, {"des-z", 9200, 1500}},
      kSide, kSide, "nanomaggy", 0.262, true);
  for (auto& flux : image.flux) flux = float(0.03 * random.normal());
  image.present.assign(size_t(objects_at_once()), 1);
  image.ivar.assign(image.ivar.size(), 1000);
  image.mask.assign(image.mask.size(), 0);
  auto spectrum = spectra(random);
  for (size_t i = 0; objects == Objects::mixed && i < size_t(objects_at_once()); ++i) {
    image.present[i] = i % 4 < 2;
    spectrum.present[i] = i % 4 < 1;
  }
  batch.blocks["image_legacy"] = image;
  batch.blocks["spectrum_desi"] = spectrum;
  return batch;
}

models::AnyToAny model_of(const modalities::Batch& batch, Objects objects, int64_t width, int64_t layers) {
  models::AnyToAnySettings s;
  s.width = width;
  s.heads = width >= 768 ? width / 64 : 4;
  s.encoder_layers = s.decoder_layers = layers;
  models::Codecs codecs;
  for (const auto& [name, block] : batch.blocks) {
    auto& m = s.modalities[name];
    m.kind = modalities::kind(block);
    if (m.kind == "image") codecs[name] = std::make_shared<tokenizers::ImageCodec>(tokenizers::ImageCodecSettings{});
    if (m.kind == "spectrum")
      codecs[name] = std::make_shared<tokenizers::SpectrumCodec>(tokenizers::SpectrumCodecSettings{});
    if (m.kind == "spectrum") m.patch = 32;
    if (codecs.contains(name)) codecs[name]->fit(block);
  }
  auto& part = s.mixture["all"];
  part.input_alpha = part.target_alpha = 10;
  part.input_low = part.target_low = objects == Objects::full ? 128 : 1;
  models::AnyToAny model(s, codecs);
  model.fit(batch);
  return model;
}

// Products of the blocks in a step, forward and backward: 2 operations for each number of a weight and each token,
// three times. An encoder block has 12 width^2 of them, a decoder block 16, of which keys and values of the
// cross-attention (2) go by the tokens given.
double operations(int64_t width, int64_t layers, double given, double asked) {
  const double square = double(width * width * layers);
  return 6 * square * (12 * given + 14 * asked + 2 * given);
}

double peak_of_products() {
  const at::NoGradGuard no_grad;
  const auto x = at::ones({1024, 1024});
  auto y = at::empty_like(x);
  double best = 0;
  for (int i = 0; i < 10; ++i) {
    const auto start = std::chrono::steady_clock::now();
    at::mm_out(y, x, x);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    best = std::max(best, 2.0 * 1024 * 1024 * 1024 / taken.count());
  }
  return best;
}

void step(benchmark::State& state, Objects objects_of, int64_t width, int64_t layers) {
  base::keep_freed_memory();  // as the program does
  const auto batch = batch_of(kScalars, objects_of);
  auto model = model_of(batch, objects_of, width, layers);
  model.to(where.device);
  nn::AdamW optimiser(model.parameters(), {});
  double tokens = 0, objects = 0, products = 0;
  int64_t epoch = 0;
  model.loss(batch, {1, epoch++, true});  // fills the cache of codes
  const auto loss = [&] {
    const nn::Autocast autocast(where.precision, where.device.type());
    return model.loss(batch, {1, epoch++, true});
  };
  for (auto _ : state) {
    model.parameters().zero_grad();
    const auto outcome = loss();
    outcome.loss.backward();
    nn::clip_gradients(model.parameters().trainable(), 1);
    optimiser.step(1e-4);
    const double given = outcome.figures.at("input_tokens").item<double>(),
                 asked = outcome.figures.at("target_tokens").item<double>();
    tokens += given + asked;
    products += operations(width, layers, given, asked);
    objects += double(batch.size());
    nn::synchronise(where.device);
  }
  state.counters["tokens/s"] = benchmark::Counter(tokens, benchmark::Counter::kIsRate);
  state.counters["GFLOP/s"] = benchmark::Counter(products / 1e9, benchmark::Counter::kIsRate);
  if (where.device.is_cpu()) state.counters["peak GFLOP/s"] = peak_of_products() / 1e9;
  state.counters["objects/s"] = benchmark::Counter(objects, benchmark::Counter::kIsRate);
}

BENCHMARK_CAPTURE(step, full, Objects::full, 256, 6)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(step, mixed, Objects::mixed, 256, 6)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(step, scalars_small, Objects::scalars, 32, 1)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

int main(int argc, char** argv) {
  where = bench::where_of(argc, argv, nn::Work::training);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  const auto base = [](benchmark::State& state, Objects objects) { step(state, objects, 768, 12); };
  if (!where.device.is_cpu() || where.batch > 0)
    for (const auto& [name, objects] : {std::pair("full_base", Objects::full), std::pair("mixed_base", Objects::mixed)})
      benchmark::RegisterBenchmark((std::string("step/") + name).c_str(), base, objects)
          ->Unit(benchmark::kMillisecond)
          ->UseRealTime();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
