// What a GPU makes of the large models, beside its own ceilings in the same run: products of bf16 matrices and copies.
// Published shapes, random weights, bf16 with fp32 weights. Counters: objects/s, TFLOP/s (multiplications and additions
// that the model needs, counted on paper: no work done twice, nothing for padding) and their share of the ceiling.
//
//   build/bin/bench_device_bench --benchmark_format=json
//
// The first GPU, or what ASTERISM_DEVICE names; a CPU takes minutes for each and is run only where it is named.
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <numeric>

#include "base/error.h"
#include "base/keep_memory.h"
#include "base/random.h"
#include "base/temporary_folder.h"
#include "modalities/image.h"
#include "models/any_to_any.h"
#include "models/astroclip.h"
#include "models/dino.h"
#include "nn/autocast.h"
#include "nn/device.h"
#include "nn/narrow_weights.h"
#include "nn/optim.h"
#include "on_device.h"
#include "tokenizers/image_codec.h"
#include "tokenizers/spectrum_codec.h"
#include "train/any_to_any_objective.h"
#include "train/dino_objective.h"
#include "train/recipe.h"
#include "train/source.h"

namespace {

using namespace asterism;

constexpr int64_t kWarmUp = 3;

at::Device device() {
  const char* named = std::getenv("ASTERISM_DEVICE");
  static const auto chosen = nn::choose_device(named != nullptr ? named : "auto");
  return chosen;
}

// FLOP/s of bf16 products of 8192 x 8192 matrices of random numbers.
double peak() {
  static const double found = [] {
    const int64_t n = device().is_cpu() ? 512 : 8192, times = 20;
    const auto a = at::randn({n, n}, at::TensorOptions(at::kBFloat16).device(device()));
    for (int i = 0; i < 3; ++i) at::mm(a, a);
    nn::synchronise(device());
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < times; ++i) at::mm(a, a);
    nn::synchronise(device());
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    return double(times) * 2 * double(n * n * n) / took.count();
  }();
  return found;
}

bool nowhere_to_run() { return device().is_cpu() && std::getenv("ASTERISM_DEVICE") == nullptr; }

// Runs `work` until the clock is sure; what one run makes of `objects` with `flops` in all. The device is waited for
// after every `at_once` runs: training and embedding go on while it works.
template <class Work>
void measure(benchmark::State& state, const std::string& name, int64_t objects, double flops, const Work& work) {
  constexpr int64_t at_once = 4;
  base::keep_freed_memory();
  const double ceiling = peak();
  for (int64_t i = 0; i < kWarmUp; ++i) work();
  nn::synchronise(device());
  bench::trace(name, device(), work);
  for (auto _ : state) {
    for (int64_t i = 0; i < at_once; ++i) work();
    nn::synchronise(device());
  }
  const auto rate = [&](double each) {
    return benchmark::Counter(each * double(state.iterations() * at_once), benchmark::Counter::kIsRate);
  };
  state.counters["objects/s"] = rate(double(objects));
  state.counters["TFLOP/s"] = rate(flops / 1e12);
  state.counters["share_of_peak"] = rate(flops / ceiling);
  state.counters["peak_TFLOP/s"] = ceiling / 1e12;
}

// Of a block of a plain transformer for `tokens` that each see `seen` others.
double block_flops(double width, double hidden_products, double tokens, double seen) {
  return tokens * (8 * width * width + 2 * hidden_products * width * width + 4 * seen * width);
}

void fill(nn::Parameters& parameters) {
  at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : parameters.parameters()) tensor.normal_(0, 0.02);
}

models::VisionTransformerSettings vit_large(int64_t patch, int64_t size) {
  models::VisionTransformerSettings s;
  s.patch = patch;
  s.image_size = size;
  s.width = 1024;
  s.depth = 24;
  s.heads = 16;
  s.hidden = 4096;
  return s;
}

double vit_flops(const models::VisionTransformerSettings& s) {
  const int64_t patches = s.image_size / s.patch;  // a side
  const double side = double(patches), tokens = 1 + side * side, width = double(s.width);
  return double(s.depth) * block_flops(width, 2 * double(s.hidden) / width, tokens, tokens) +
         2 * side * side * double(s.patch * s.patch * s.channels) * width;
}

void vit_embed(benchmark::State& state) {
  if (nowhere_to_run()) return state.SkipWithError("no GPU");
  const auto s = vit_large(state.range(0), state.range(1));
  const int64_t images = state.range(2);
  nn::Parameters parameters;
  const models::VisionTransformer model(nn::Scope(parameters).blank(), s);
  fill(parameters);
  parameters.to(device());
  const auto pixels = at::rand({images, 3, s.image_size, s.image_size}, at::TensorOptions(device()));
  at::NoGradGuard no_grad;
  measure(state, "vit", images, double(images) * vit_flops(s), [&] {
    const nn::Autocast autocast(nn::Precision::bf16, device().type());
    benchmark::DoNotOptimize(model(pixels).cls_BD.sum());
  });
}
BENCHMARK(vit_embed)
    ->Args({16, 224, 256})
    ->Args({14, 224, 256})
    ->Args({12, 144, 512})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

// Legacy Survey stamps of noise.
modalities::Batch stamps(int64_t n, int64_t side) {
  base::Random random(1, 0, 0, "bench");
  modalities::Batch batch;
  auto image = modalities::make_images(n, {{"des-g", 4800, 1500}, {"des-r", 6400, 1500}, {"des-z", 9200, 1500}}, side,
                                       side, "nanomaggy", 0.262, true);
  for (int64_t i = 0; i < n; ++i) batch.objects.push_back({"bench", std::to_string(i), false, 0, 0});
  for (auto& flux : image.flux) flux = float(0.03 * random.normal());
  image.present.assign(size_t(n), 1);
  image.ivar.assign(image.ivar.size(), 1e5);
  image.mask.assign(image.mask.size(), 0);
  image.psf_fwhm_arcsec.assign(image.psf_fwhm_arcsec.size(), 0.6f);
  batch.blocks["image_legacy"] = std::move(image);
  return batch;
}

// Loss, gradient, clipping, AdamW.
template <class Loss>
void update(nn::Parameters& parameters, nn::AdamW& optimiser, const Loss& loss) {
  parameters.zero_grad();
  {
    const nn::Autocast autocast(nn::Precision::bf16, device().type());
    const nn::NarrowWeights narrow(parameters);
    loss().backward();
  }
  nn::clip_gradients(parameters.trainable(), 1);
  optimiser.step(1e-5);
}

// Of the clone that this was built in, else of where it is started.
std::string recipe(const std::string& name) {
  const std::string own = ASTERISM_SOURCE_DIR "/recipes/" + name;
  return std::filesystem::exists(own) ? own : "recipes/" + name;
}

void dino_step(benchmark::State& state) {
  if (nowhere_to_run()) return state.SkipWithError("no GPU");
  const int64_t images = state.range(0);
  const auto read = train::read_recipe(recipe("dino_large.toml"));
  const auto settings = dynamic_cast<const train::DinoObjectiveSettings&>(*read.settings).model;
  models::Dino model(settings);
  model.to(device());
  const auto batch = stamps(images, settings.augment.field);
  nn::AdamW optimiser(model.parameters(), {});
  int64_t epoch = 0;
  // Student: two global crops and the local ones, forward and backward; teacher: the global ones forward.
  const auto large = vit_large(settings.encoder.patch, settings.encoder.size),
             small = vit_large(settings.encoder.patch, settings.local_size);
  const double flops = 2 * 4 * vit_flops(large) + 3 * double(settings.local_crops) * vit_flops(small);
  measure(state, "dino", images, double(images) * flops, [&] {
    update(model.parameters(), optimiser, [&] { return model.loss(batch, {1, epoch, true}, 0.5).loss; });
    model.after_update(0.5);
    ++epoch;
  });
}
BENCHMARK(dino_step)->Arg(64)->Unit(benchmark::kMillisecond)->UseRealTime();

// AstroCLIP as published, every weight learning.
void clip_step(benchmark::State& state) {
  if (nowhere_to_run()) return state.SkipWithError("no GPU");
  const int64_t pairs = state.range(0);
  models::AstroClipSettings settings;
  settings.image = vit_large(12, 144);
  models::AstroClip model(settings);
  model.to(device());
  nn::AdamW optimiser(model.parameters(), {});
  const auto images = at::rand({pairs, 3, 144, 144}, at::TensorOptions(device())),
             flux = at::rand({pairs, 7781}, at::TensorOptions(device()));
  const double tokens = double(model.spectrum_encoder().tokens(flux.narrow(0, 0, 1)).size(1));
  const auto& spectrum = settings.spectrum;
  const double flops = 3 * (vit_flops(settings.image) +
                            double(spectrum.layers) * block_flops(double(spectrum.width), 8, tokens, tokens));
  measure(state, "clip", pairs, double(pairs) * flops, [&] {
    update(model.parameters(), optimiser, [&] {
      const auto a = model.image_vectors(images), b = model.spectrum_vectors(flux);
      const auto unit = [](const at::Tensor& x) { return x.to(at::kFloat) / x.to(at::kFloat).norm(2, {1}, true); };
      const auto scores = at::mm(unit(a), unit(b).t()) * settings.logit_scale;
      const auto own = at::arange(pairs, at::TensorOptions(at::kLong).device(device()));
      return at::cross_entropy_loss(scores, own) + at::cross_entropy_loss(scores.t(), own);
    });
  });
}
BENCHMARK(clip_step)->Arg(256)->Unit(benchmark::kMillisecond)->UseRealTime();

// The any-to-any models of recipes/, on objects of the mock sky that fill budgets of 256 and 128 tokens as AION-1's do:
// each with an image of 24 x 24 patches and a spectrum.
struct AnyToAnyStep {
  explicit AnyToAnyStep(const char* name, int64_t objects) {
    const base::TemporaryFolder folder;
    const auto read = train::read_recipe(
        recipe(name), {"data.datasets=[]", "data.mock.objects=" + std::to_string(2 * objects),
                       "data.mock.surveys=[\"legacy\",\"desi\"]", "data.batch_size=" + std::to_string(objects),
                       "data.mock.spectroscopic_share=1", "model.modalities.image_legacy.size=96",
                       "model.modalities.image_legacy.patch=4"});
    auto settings = dynamic_cast<const train::AnyToAnyObjectiveSettings&>(*read.settings).model;
    tokenizers::ImageCodecSettings image;
    image.size = settings.modalities.at("image_legacy").size;
    for (auto& [part, mixture] : settings.mixture) {
      mixture.input_alpha = mixture.target_alpha = 10;
      mixture.input_low = mixture.input_high;
      mixture.target_low = mixture.target_high;
    }
    std::vector<std::string> wanted;
    for (const auto& [modality, unused] : settings.modalities) wanted.push_back(modality);
    batch = train::make_source(read.data, wanted, "train", true, 1)->next().value();
    ASTERISM_CHECK(batch.size() >= objects, "{} objects for {}", batch.size(), objects);
    std::vector<int64_t> first(static_cast<size_t>(objects));  // batches of one size may hold more
    std::iota(first.begin(), first.end(), 0);
    batch = modalities::select(batch, first);
    models::Codecs codecs;
    for (auto& [modality, m] : settings.modalities) {
      if (m.kind == "scalar") continue;
      if (m.kind == "image")
        codecs[modality] = std::make_shared<tokenizers::ImageCodec>(image);
      else
        codecs[modality] = std::make_shared<tokenizers::SpectrumCodec>(tokenizers::SpectrumCodecSettings{});
      codecs[modality]->fit(batch.blocks.at(modality));
      m.codec.clear();
    }
    width = double(settings.width);
    encoder_layers = double(settings.encoder_layers);
    decoder_layers = double(settings.decoder_layers);
    model = std::make_unique<models::AnyToAny>(settings, codecs);
    model->fit(batch);
    model->to(device());
    optimiser = std::make_unique<nn::AdamW>(model->parameters(), nn::AdamWSettings{});
  }
  // Three times forward. Every object has `in` tokens given and `out` asked for; heads are left out.
  double flops(double objects, double in, double out) const {
    const double gated = 8;  // three products of 8/3 the width
    const double encoder = encoder_layers * block_flops(width, gated, in, in);
    const double decoder = decoder_layers * (block_flops(width, gated, out, out) +
                                             out * (4 * width * width + 4 * in * width) + in * 4 * width * width);
    return 3 * objects * (encoder + decoder);
  }
  modalities::Batch batch;
  std::unique_ptr<models::AnyToAny> model;
  std::unique_ptr<nn::AdamW> optimiser;
  double width = 0, encoder_layers = 0, decoder_layers = 0;
};

// threads: of the CPU, which prepares.
void measure_any_to_any(benchmark::State& state, const char* name) {
  static std::unique_ptr<AnyToAnyStep> step;
  static std::pair<std::string, int64_t> made;
  if (const std::pair wanted(std::string(name), state.range(0)); made != wanted) {
    step.reset();  // before the next: both may be too large
    step = std::make_unique<AnyToAnyStep>(name, state.range(0));
    made = wanted;
  }
  at::set_num_threads(int(state.range(1)));
  int64_t epoch = 0;
  const auto first = step->model->loss(step->batch, {1, epoch, true});  // fills the cache of codes
  const double objects = double(step->batch.size()), in = first.figures.at("input_tokens").item<double>() / objects,
               out = first.figures.at("target_tokens").item<double>() / objects;
  measure(state, "any_to_any", int64_t(objects), step->flops(objects, in, out), [&] {
    update(step->model->parameters(), *step->optimiser, [&] {
      return step->model->loss(step->batch, {1, epoch++, true}).loss;
    });
  });
  state.counters["tokens"] = in + out;
}

// What does not fit the GPU is left out, and said.
void any_to_any_step(benchmark::State& state, const char* name) {
  if (nowhere_to_run()) return state.SkipWithError("no GPU");
  try {
    measure_any_to_any(state, name);
  } catch (const c10::OutOfMemoryError& error) {
    state.SkipWithError("out of the GPU's memory");
  }
}
BENCHMARK_CAPTURE(any_to_any_step, base, "any_to_any_base.toml")
    ->ArgNames({"objects", "threads"})
    ->Args({128, 1})
    ->Args({128, 4})
    ->Args({192, 4})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(any_to_any_step, large, "any_to_any_large.toml")
    ->ArgNames({"objects", "threads"})
    ->Args({32, 4})
    ->Args({48, 4})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
