// AION-1's codecs through the one interface: blocks in, tokens out, and back. ASTERISM_AION_FOLDER names a folder of
// codecs (codecs/image, codecs/spectrum, codecs/scalar_0.., codecs/xp); without it the codecs have the published shapes
// and random weights. Counters: objects/s, from blocks in memory to tokens in memory, whatever the device. `product` is
// the peak of the same processor on one product of matrices, `memory` that of a copy. Beside the package of the
// authors: bench/peers/aion_codec_speed.py, which also runs this program with ASTERISM_AION_ONCE=1: load the image
// codec, encode one image, print the seconds since the start of the program and the peak of its memory, and end.
// ASTERISM_AION_PRECISION: as --precision, which on_device.h explains with --device and --batch (images and spectra).
//
//   OMP_NUM_THREADS=2 ASTERISM_AION_FOLDER=DIR build/bin/bench_aion_codec_bench
//   build/bin/bench_aion_codec_bench --device cuda --precision bf16 --batch 256
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "base/keep_memory.h"
#include "base/random.h"
#include "nn/autocast.h"
#include "on_device.h"
#include "tokenizers/aion/multi_scalar.h"
#include "tokenizers/aion/published_codec.h"
#include "tokenizers/aion/scalar.h"
#include "tokenizers/aion/spectrum.h"
#include "tokenizers/all.h"

namespace {

using namespace asterism;

constexpr int kScalars = 32;
constexpr int64_t kCoefficients = 55;

bench::Where where;

std::vector<modalities::Block> scalars(int64_t n);
modalities::Block coefficients(int64_t n);

// Of the published shape.
std::shared_ptr<tokenizers::Tokenizer> random_codec(const std::string& name) {
  if (name == "image") return tokenizers::make_tokenizer("aion_image", "{}", 1);
  if (name == "spectrum")
    return tokenizers::make_tokenizer("aion_spectrum",
                                      R"({"encoder_depths": [3, 3, 27, 3], "encoder_dims": [64, 128, 256, 512],
      "decoder_depths": [3, 9, 3, 3], "decoder_dims": [256, 128, 64, 2]})",
                                      1);
  const bool vector = name == "xp";
  std::shared_ptr<tokenizers::Tokenizer> out =
      vector ? tokenizers::make_tokenizer(
                   "aion_multi_scalar",
                   R"({"num_quantizers": 55, "compression_fns": ["arcsinh"], "decompression_fns": ["sinh"]})")
             : tokenizers::make_tokenizer("aion_scalar", "{}");
  out->fit(vector ? coefficients(10000) : scalars(10000)[0]);
  return out;
}

std::shared_ptr<tokenizers::Tokenizer> codec(const std::string& name) {
  static std::map<std::string, std::shared_ptr<tokenizers::Tokenizer>> made;
  const char* folder = std::getenv("ASTERISM_AION_FOLDER");
  static tokenizers::aion::CodecSet set(std::filesystem::path(folder != nullptr ? folder : "") / "codecs");
  auto& held = made[name];
  if (!held) {
    held = folder != nullptr ? set.codec(name) : random_codec(name);
    held->to(where.device);
  }
  return held;
}

modalities::Block images(int64_t n, const std::vector<std::string>& bands) {
  modalities::ImageBlock b;
  b.n = n;
  b.height = b.width = 96;
  b.unit = "nanomaggy";
  b.pixel_scale_arcsec = 0.262;
  for (const auto& band : bands) b.bands.push_back({band, 0, 0});
  const size_t values = size_t(n) * bands.size() * 96 * 96;
  b.present.assign(size_t(n), 1);
  b.ivar.assign(values, 1000.0f);
  b.mask.assign(values, 0);
  b.psf_fwhm_arcsec.assign(size_t(n) * bands.size(), 0);
  base::Random random(1, 0, 0, "bench");
  for (size_t i = 0; i < values; ++i) b.flux.push_back(float(0.3 * random.normal()));
  return b;
}

modalities::Block spectra(int64_t n) {
  modalities::SpectrumBlock b;
  b.n = n;
  b.length = 7781;  // of DESI
  b.unit = "1e-17 erg/s/cm^2/Angstrom";
  const size_t values = size_t(n * b.length);
  b.present.assign(size_t(n), 1);
  b.ivar.assign(values, 1.0f);
  b.mask.assign(values, 0);
  b.lsf_sigma_angstrom.assign(values, 0);
  base::Random random(1, 0, 0, "bench");
  for (size_t i = 0; i < values; ++i) {
    b.wavelength_angstrom.push_back(3600 + 0.8f * float(i % size_t(b.length)));
    b.flux.push_back(float(3 + random.normal()));
  }
  return b;
}

std::vector<modalities::Block> scalars(int64_t n) {
  std::vector<modalities::Block> out;
  base::Random random(1, 0, 0, "bench");
  for (int s = 0; s < kScalars; ++s) {
    modalities::ScalarBlock b;
    b.n = n;
    b.present.assign(size_t(n), 1);
    b.error.assign(size_t(n), 0);
    for (int64_t i = 0; i < n; ++i) b.value.push_back(random.normal());
    out.push_back(std::move(b));
  }
  return out;
}

modalities::Block coefficients(int64_t n) {
  modalities::VectorBlock b;
  b.n = n;
  b.width = kCoefficients;
  b.present.assign(size_t(n), 1);
  base::Random random(1, 0, 0, "bench");
  for (int64_t i = 0; i < n * kCoefficients; ++i) b.value.push_back(float(random.normal()));
  return b;
}

void rate(benchmark::State& state, int64_t objects) {
  state.counters["objects/s"] =
      benchmark::Counter(double(objects * int64_t(state.iterations())), benchmark::Counter::kIsRate);
}

void encode(benchmark::State& state, const std::string& name, const modalities::Block& block, int64_t n) {
  const auto model = codec(name);
  for (int i = 0; i < 2; ++i) model->encode(block);
  bench::trace(name + "_encode", where.device, [&] { model->encode(block); });
  for (auto _ : state) benchmark::DoNotOptimize(model->encode(block));
  rate(state, n);
}

void decode(benchmark::State& state, const std::string& name, const modalities::Block& block, int64_t n,
            const tokenizers::DecodeRequest& request) {
  const auto model = codec(name);
  const auto tokens = model->encode(block);
  for (int i = 0; i < 2; ++i) model->decode(tokens, request);
  bench::trace(name + "_decode", where.device, [&] { model->decode(tokens, request); });
  for (auto _ : state) benchmark::DoNotOptimize(model->decode(tokens, request));
  rate(state, n);
}

const std::vector<std::string> kBands{"des-g", "des-r", "des-i", "des-z"};

int64_t batch() { return where.batch > 0 ? where.batch : 8; }

void image_encode(benchmark::State& state) { encode(state, "image", images(batch(), kBands), batch()); }

void image_decode(benchmark::State& state) {
  const auto block = images(batch(), kBands);
  tokenizers::DecodeRequest request;
  request.bands = std::get<modalities::ImageBlock>(block).bands;
  decode(state, "image", block, batch(), request);
}

void spectrum_encode(benchmark::State& state) { encode(state, "spectrum", spectra(batch()), batch()); }
void spectrum_decode(benchmark::State& state) { decode(state, "spectrum", spectra(batch()), batch(), {}); }
void gaia_xp(benchmark::State& state) { encode(state, "xp", coefficients(state.range(0)), state.range(0)); }

void many_scalars(benchmark::State& state) {
  const int64_t n = state.range(0);
  const auto blocks = scalars(n);
  std::vector<std::shared_ptr<tokenizers::Tokenizer>> codecs;
  codecs.reserve(kScalars);
  for (int s = 0; s < kScalars; ++s) codecs.push_back(codec("scalar_" + std::to_string(s)));
  for (auto _ : state)
    for (size_t s = 0; s < codecs.size(); ++s) benchmark::DoNotOptimize(codecs[s]->encode(blocks[s]));
  rate(state, n);
}

void product(benchmark::State& state) { bench::product(state, where); }
void memory(benchmark::State& state) { bench::memory(state, where); }

BENCHMARK(image_encode)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(image_decode)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(spectrum_encode)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(spectrum_decode)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(many_scalars)->Arg(65536)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(gaia_xp)->Arg(65536)->Unit(benchmark::kMillisecond)->UseRealTime();

// The roofs, at sizes that fill the device.
void register_roofs() {
  const bool here = where.device.is_cpu();
  const std::vector<std::vector<int64_t>> shapes =
      here ? std::vector<std::vector<int64_t>>{{1024, 1024, 1024}, {4096, 512, 2048}}
           : std::vector<std::vector<int64_t>>{{8192, 8192, 8192}};
  for (const auto& shape : shapes)
    benchmark::RegisterBenchmark("product", product)->Args(shape)->Unit(benchmark::kMillisecond)->UseRealTime();
  benchmark::RegisterBenchmark("memory", memory)
      ->Arg(here ? 1 << 24 : 1 << 28)
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
}

int once(std::chrono::steady_clock::time_point start) {
  codec("image")->encode(images(1, kBands));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("{\"first_token_s\": %.3f}\n", seconds.count());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto start = std::chrono::steady_clock::now();
  base::keep_freed_memory();
  const char* asked = std::getenv("ASTERISM_AION_PRECISION");
  where = bench::where_of(argc, argv, nn::Work::inference_by_convolutions, asked != nullptr ? asked : "fp32");
  const nn::Autocast autocast(where.precision, where.device.type());
  if (std::getenv("ASTERISM_AION_ONCE")) return once(start);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  register_roofs();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
