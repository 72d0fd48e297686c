// What AION-1 does beside encoding tokens that are there: `sample` draws an image (576 tokens) given the tokens of a
// DESI spectrum in eight rounds of MaskGIT (cosine schedule, temperature 1, no guidance); `end_to_end` turns images of
// four bands and spectra into tokens and encodes these. Counter: objects/s. ASTERISM_AION_FOLDER names a folder with
// model, codecs/image and codecs/spectrum; bench/peers/aion_generation.py makes one of random weights, and sets the
// package of the authors beside this. on_device.h explains --device and --precision.
//
//   OMP_NUM_THREADS=2 ASTERISM_AION_FOLDER=DIR build/bin/bench_aion_sample_bench
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "base/keep_memory.h"
#include "base/random.h"
#include "modalities/image.h"
#include "models/aion.h"
#include "models/aion_sample.h"
#include "on_device.h"

namespace {

using namespace asterism;

constexpr int64_t kPixels = 7781;  // of a DESI spectrum

bench::Where where;

const models::Aion& model() {
  static const auto held = [] {
    auto out = models::Aion::load(std::getenv("ASTERISM_AION_FOLDER"));
    out->to(where.device);
    return out;
  }();
  return *held;
}

void rate(benchmark::State& state) {
  state.counters["objects/s"] =
      benchmark::Counter(double(state.range(0) * int64_t(state.iterations())), benchmark::Counter::kIsRate);
}

void sample(benchmark::State& state) {
  const auto& facts = *models::find_aion_modality("tok_spectrum_desi");
  const auto generator = at::detail::createCPUGenerator(1);
  const std::vector<models::AionTokens> given{
      {facts.key, at::randint(0, facts.vocabulary, {state.range(0), facts.tokens()}, generator, at::kLong)}};
  std::vector<uint64_t> objects;
  for (int64_t i = 0; i < state.range(0); ++i) objects.push_back(uint64_t(i));
  models::AionSampling how;
  how.steps = 1;
  models::sample_aion(model(), given, "tok_image", objects, how);
  how.steps = 8;
  for (auto _ : state) benchmark::DoNotOptimize(models::sample_aion(model(), given, "tok_image", objects, how));
  rate(state);
}

modalities::Batch observations(int64_t n) {
  modalities::Batch out;
  for (int64_t i = 0; i < n; ++i) out.objects.push_back({"bench", std::to_string(i)});
  base::Random random(1, 0, 0, "bench");
  auto images = modalities::make_images(n, {{"des-g", 0, 0}, {"des-r", 0, 0}, {"des-i", 0, 0}, {"des-z", 0, 0}}, 96, 96,
                                        "nanomaggy", 0.262, true);
  images.present.assign(size_t(n), 1);
  images.ivar.assign(images.flux.size(), 1000.0f);
  images.mask.assign(images.flux.size(), 0);
  for (auto& flux : images.flux) flux = float(0.3 * random.normal());
  modalities::SpectrumBlock spectra;
  spectra.n = n;
  spectra.length = kPixels;
  spectra.unit = "1e-17 erg/s/cm^2/Angstrom";
  const auto values = size_t(n * kPixels);
  spectra.present.assign(size_t(n), 1);
  spectra.ivar.assign(values, 1.0f);
  spectra.mask.assign(values, 0);
  spectra.lsf_sigma_angstrom.assign(values, 0);
  for (size_t i = 0; i < values; ++i) {
    spectra.wavelength_angstrom.push_back(3600 + 0.8f * float(i % size_t(kPixels)));
    spectra.flux.push_back(float(3 + random.normal()));
  }
  out.blocks.emplace("image_legacy", std::move(images));
  out.blocks.emplace("spectrum_desi", std::move(spectra));
  return out;
}

void end_to_end(benchmark::State& state) {
  const auto batch = observations(state.range(0));
  const auto once = [&] {
    at::NoGradGuard no_grad;
    const auto encoded = model().encode(model().inputs().tokens(batch, {"image_legacy", "spectrum_desi"}));
    nn::synchronise(where.device);
    return encoded.objects.rows();
  };
  if (const int64_t rows = once(); rows != 849 * state.range(0)) std::abort();
  for (auto _ : state) benchmark::DoNotOptimize(once());
  rate(state);
}

BENCHMARK(sample)->Arg(1)->Arg(4)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(end_to_end)->Arg(1)->Arg(4)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

int main(int argc, char** argv) {
  base::keep_freed_memory();
  where = bench::where_of(argc, argv, nn::Work::inference);
  const nn::Autocast autocast(where.precision, where.device.type());
  if (std::getenv("ASTERISM_AION_FOLDER") == nullptr) {
    std::fprintf(stderr, "set ASTERISM_AION_FOLDER to a folder with a model and its codecs\n");
    return 0;
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
