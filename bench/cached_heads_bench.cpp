// A step of AstroCLIP's heads over frozen encoders of the published shapes (random weights), fp32: with what the
// encoders make of each object kept in a file, as `feature_cache` of a recipe does, and with the encoders run again in
// each step. Counter: pairs/s. The same in PyTorch, run again as the reference does: bench/peers/cached_heads.py.
//
//   OMP_NUM_THREADS=2 build/bin/bench_cached_heads_bench       # 1.4 GiB in the folder for temporary files
#include <benchmark/benchmark.h>

#include "base/keep_memory.h"
#include "base/random.h"
#include "base/temporary_folder.h"
#include "modalities/image.h"
#include "modalities/spectrum.h"
#include "models/astroclip.h"
#include "models/contrastive.h"
#include "nn/optim.h"

namespace {

using namespace asterism;

constexpr int64_t kPairs = 16, kPixels = 7781;

// Images and spectra of noise.
modalities::Batch pairs() {
  base::Random random(1, 0, 0, "bench");
  modalities::Batch batch;
  auto image = modalities::make_images(kPairs, {{"des-g", 4800, 1500}, {"des-r", 6400, 1500}, {"des-z", 9200, 1500}},
                                       144, 144, "nanomaggy", 0.262, true);
  auto spectrum = modalities::make_spectra(kPairs, kPixels, "1e-17 erg/s/cm^2/Angstrom");
  for (int64_t i = 0; i < kPairs; ++i) batch.objects.push_back({"bench", std::to_string(i), false, 0, 0});
  for (auto& flux : image.flux) flux = float(0.03 * random.normal());
  for (size_t k = 0; k < spectrum.flux.size(); ++k) {
    spectrum.flux[k] = float(random.normal());
    spectrum.wavelength_angstrom[k] = float(3600 + 0.8 * double(k % size_t(kPixels)));
  }
  image.present.assign(size_t(kPairs), 1);
  image.ivar.assign(image.ivar.size(), 1e3);
  image.mask.assign(image.mask.size(), 0);
  spectrum.present.assign(size_t(kPairs), 1);
  spectrum.ivar.assign(spectrum.ivar.size(), 1);
  spectrum.mask.assign(spectrum.mask.size(), 0);
  batch.blocks["image_legacy"] = std::move(image);
  batch.blocks["spectrum_desi"] = std::move(spectrum);
  return batch;
}

// Both encoders as published, in a folder.
void save_encoders(const std::filesystem::path& folder) {
  models::AstroClipSettings s;
  s.image.patch = 12;
  s.image.image_size = 144;
  s.image.width = 1024;
  s.image.depth = 24;
  s.image.heads = 16;
  s.image.hidden = 4096;
  const auto model = models::AstroClip::blank(s);
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : model->parameters().parameters()) tensor.normal_(0, 0.02);
  model->save(folder);
}

models::ContrastiveSettings heads(const std::filesystem::path& encoders) {
  models::ContrastiveSettings s;
  s.projection = 1024;
  s.modalities["image_legacy"].kind = "image";
  s.modalities["spectrum_desi"].kind = "spectrum";
  for (const char* modality : {"image_legacy", "spectrum_desi"}) {
    auto& tower = s.towers[modality];
    tower.modalities = {modality};
    tower.backbone = encoders.string();
    tower.head_hidden = 4096;
  }
  return s;
}

void heads_step(benchmark::State& state) {
  base::keep_freed_memory();
  const base::TemporaryFolder folder;
  save_encoders(folder / "encoders");
  models::Contrastive model(heads(folder / "encoders"));
  if (state.range(0) != 0) model.keep_features(folder / "features");
  const auto batch = pairs();
  nn::AdamW optimiser(model.parameters(), {});
  int64_t epoch = 0;
  const auto step = [&] {
    model.parameters().zero_grad();
    model.loss(batch, {1, epoch++, true}).loss.backward();
    nn::clip_gradients(model.parameters().trainable(), 1);
    optimiser.step(1e-4);
  };
  step();  // with a cache: this one fills it
  for (auto _ : state) step();
  state.counters["pairs/s"] =
      benchmark::Counter(double(kPairs * int64_t(state.iterations())), benchmark::Counter::kIsRate);
}
BENCHMARK(heads_step)->ArgName("cached")->Arg(1)->Arg(0)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
