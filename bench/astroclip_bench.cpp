// Embedding and training with published architectures and random weights. Counter: objects/s. The same in PyTorch:
// bench/peers/astroclip_embed.py; both in turn: bench/astroclip.py.
//
//   OMP_NUM_THREADS=2 build/bin/bench_astroclip_bench        # CPU, fp32 and int8: DINOv2 ViT-L/14 of 224 x 224 pixels
//                                                            # and SpecFormer (43 M) of 7,781 pixels, slicing included;
//                                                            # counter cosine: of int8's vectors and those of fp32
//   build/bin/bench_astroclip_bench --device cuda            # the encoders of AstroCLIP (ViT-L/12 of 144 x 144 pixels
//                                                            # and SpecFormer), batches of 256, fp32, TF32 and bf16
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>

#include "base/error.h"
#include "base/keep_memory.h"
#include "models/specformer.h"
#include "models/vision_transformer.h"
#include "nn/autocast.h"
#include "nn/device.h"
#include "nn/optim.h"

namespace {

using namespace asterism;

constexpr int64_t kWarmUp = 3;

struct Case {
  at::Device device = at::kCPU;
  std::string precision = "fp32";  // "int8" on a CPU, "bf16"; "tf32": fp32 whose products may run in TF32
  int64_t batch = 1;
  bool trains = false;
  bool fewer_bits() const { return device.is_cpu() && precision != "fp32"; }
};

// Weights of any values will do, but zeros and denormals would not: their products are faster or slower.
void fill(nn::Parameters& parameters, const Case& c) {
  at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : parameters.parameters()) tensor.normal_(0, 0.02);
  parameters.to(c.device);
}

// The least cosine, over the objects, of what comes out in this precision and in fp32: vectors [B, D].
double cosine(const Case& c, const std::function<at::Tensor()>& vectors) {
  const at::NoGradGuard no_grad;
  const auto exact = vectors();
  const nn::Autocast autocast(nn::choose_precision(c.precision, c.device, nn::Work::inference));
  return at::cosine_similarity(vectors(), exact, 1).min().item<double>();
}

// `work`: a forward pass to one number, which a step of training learns from.
void measure(benchmark::State& state, nn::Parameters& parameters, const Case& c,
             const std::function<at::Tensor()>& work) {
  base::keep_freed_memory();
  nn::set_tf32(c.precision == "tf32");
  const auto precision =
      c.precision == "tf32" ? nn::Precision::fp32 : nn::choose_precision(c.precision, c.device, nn::Work::inference);
  std::unique_ptr<nn::AdamW> optimiser;
  if (c.trains) optimiser = std::make_unique<nn::AdamW>(parameters, nn::AdamWSettings());
  const auto once = [&] {
    at::Tensor out;
    {
      const at::AutoGradMode records(c.trains);
      const nn::Autocast autocast(precision, c.device.type());
      out = work();
    }
    if (c.trains) {
      parameters.zero_grad();
      out.backward();
      optimiser->step(1e-5);
    } else if (c.device.is_cpu()) {
      benchmark::DoNotOptimize(out.item<float>());
    }
  };
  for (int64_t i = 0; i < (c.device.is_cpu() ? 0 : kWarmUp); ++i) once();
  nn::synchronise(c.device);
  for (auto _ : state) {
    once();
    nn::synchronise(c.device);
  }
  state.counters["objects/s"] = benchmark::Counter(double(state.iterations() * c.batch), benchmark::Counter::kIsRate);
}

void vision(benchmark::State& state, int64_t patch, int64_t size, const Case& c) {
  models::VisionTransformerSettings s;
  s.patch = patch;
  s.image_size = size;
  s.width = 1024;
  s.depth = 24;
  s.heads = 16;
  s.hidden = 4096;
  nn::Parameters parameters;
  const models::VisionTransformer model(nn::Scope(parameters).blank(), s);
  fill(parameters, c);
  const auto images = at::rand({c.batch, 3, size, size}).to(c.device);
  if (c.fewer_bits()) state.counters["cosine"] = cosine(c, [&] { return model(images).cls_BD; });
  measure(state, parameters, c, [&] {
    const auto cls = model(images).cls_BD;
    return c.trains ? cls.to(at::kFloat).square().mean() : cls.sum();
  });
}

void specformer(benchmark::State& state, const Case& c) {
  nn::Parameters parameters;
  const models::SpecFormer model(nn::Scope(parameters).blank(), {});
  fill(parameters, c);
  const auto flux = at::rand({c.batch, 7781}).to(c.device);
  if (c.fewer_bits()) state.counters["cosine"] = cosine(c, [&] { return model(model.tokens(flux)).mean(1); });
  measure(state, parameters, c, [&] {
    const auto tokens = model.tokens(flux), encoded = model(tokens);
    return c.trains ? (model.rebuild(encoded).to(at::kFloat) - tokens).square().mean() : encoded.mean(1).sum();
  });
}

void enter(const std::string& name, const std::function<void(benchmark::State&)>& run) {
  benchmark::RegisterBenchmark(name.c_str(), run)
      ->Unit(benchmark::kMillisecond)
      ->MeasureProcessCPUTime()
      ->UseRealTime();
}

void enter_all(const at::Device& device) {
  if (device.is_cpu()) {
    for (const char* precision : {"fp32", "int8", "bf16"})
      for (const int64_t batch : {1, 4}) {
        const Case c{device, precision, batch, false};
        const std::string end = (c.precision == "fp32" ? "/" : "_" + c.precision + "/") + std::to_string(batch);
        enter("vit_large" + end, [=](auto& state) { vision(state, 14, 224, c); });
        enter("specformer" + end, [=](auto& state) { specformer(state, c); });
      }
    return;
  }
  for (const bool trains : {false, true})
    for (const char* precision : {"bf16", "tf32", "fp32"}) {
      const int64_t images = trains ? 128 : 256, spectra = trains ? 64 : 256;
      const Case of_images{device, precision, images, trains}, of_spectra{device, precision, spectra, trains};
      const std::string end = std::string(trains ? "_step_" : "_") + precision + "/";
      enter("vit_large_12" + end + std::to_string(images), [=](auto& state) { vision(state, 12, 144, of_images); });
      enter("specformer" + end + std::to_string(spectra), [=](auto& state) { specformer(state, of_spectra); });
    }
}

// Takes "--device NAME" out of the arguments.
std::string device_of(int& count, char** arguments) {
  for (int i = 1; i + 1 < count; ++i) {
    if (std::strcmp(arguments[i], "--device") != 0) continue;
    std::string out = arguments[i + 1];
    for (int k = i; k + 2 < count; ++k) arguments[k] = arguments[k + 2];
    count -= 2;
    return out;
  }
  return "cpu";
}

}  // namespace

int main(int count, char** arguments) {
  try {
    enter_all(nn::choose_device(device_of(count, arguments)));
  } catch (const base::UserError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  benchmark::Initialize(&count, arguments);
  if (benchmark::ReportUnrecognizedArguments(count, arguments)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
